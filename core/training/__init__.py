"""Train small CNNs on drawn scenes."""

from core.training.configs import CONFIGS, TrainingConfig
from core.training.loop import train_steps

__all__ = ["CONFIGS", "TrainingConfig", "train_steps"]
