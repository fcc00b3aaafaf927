"""Which CNNs there are, where their weights come from, and loading them."""

from core.zoo.card import Card, describe
from core.zoo.catalog import catalog
from core.zoo.errors import ModelTooLarge, UnknownModel, WeightsUnavailable
from core.zoo.hub import Hub
from core.zoo.loading import build, device, load, weights_id
from core.zoo.model import Model
from core.zoo.pool import Pool
from core.zoo.preprocessing import Preprocessing

__all__ = [
    "Card",
    "Hub",
    "Model",
    "ModelTooLarge",
    "Pool",
    "Preprocessing",
    "UnknownModel",
    "WeightsUnavailable",
    "build",
    "catalog",
    "describe",
    "device",
    "load",
    "weights_id",
]
