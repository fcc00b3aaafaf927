"""The CNNs that can be opened: their catalog, their weights, and loading them."""

import core.timm_import  # noqa: F401 - before any other module imports timm
from core.zoo.card import Card, describe
from core.zoo.catalog import catalog, refused_folders
from core.zoo.errors import HubUnreachable, ModelTooLarge, UnknownModel, WeightsUnavailable
from core.zoo.hub import Hub, suggest_alternatives
from core.zoo.loading import build, device, load, weights_id
from core.zoo.model import Model
from core.zoo.pool import Pool
from core.zoo.preprocessing import Preprocessing
from core.zoo.startable import can_open
from core.zoo.starters import Starter, starters
from core.zoo.titles import distinct_titles

__all__ = [
    "Card",
    "Hub",
    "HubUnreachable",
    "Model",
    "ModelTooLarge",
    "Pool",
    "Preprocessing",
    "Starter",
    "UnknownModel",
    "WeightsUnavailable",
    "build",
    "can_open",
    "catalog",
    "describe",
    "device",
    "distinct_titles",
    "load",
    "refused_folders",
    "starters",
    "suggest_alternatives",
    "weights_id",
]
