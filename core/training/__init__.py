"""Train a small CNN on drawn scenes, and watch."""

from core.training.lessons import ZOO, Lesson
from core.training.loop import train_steps

__all__ = ["ZOO", "Lesson", "train_steps"]
