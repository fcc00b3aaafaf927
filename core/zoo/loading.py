"""From a card to a loaded model."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import torch
from torch import nn

from core import memory
from core.settings import BadSetting, Settings
from core.steps import drain
from core.zoo.card import CONFIG, Card, describe
from core.zoo.errors import WeightsUnavailable
from core.zoo.hub import Hub
from core.zoo.model import Model

# torch's generator is one for the whole process: two untrained networks drawn at once would mix.
_drawing = threading.Lock()


def load(name: str, pretrained: bool = True, seed: int = 0) -> Model:
    """Load a network of timm; it belongs to the caller.

    Args:
        name: "resnet18.a1_in1k" (from the hub's cache or the hub; without a tag, timm's default),
            "bundled/NAME", "local/FOLDER" or "untrained/resnet18".
        pretrained: False draws random weights for the architecture.
        seed: Of the random weights.

    Raises:
        UnknownModel: No such architecture, tag or folder.
        WeightsUnavailable: They can't be had or don't fit.
        ModelTooLarge: The download is larger than the settings or the disk allow.
    """
    settings = Settings.from_environment()
    if not pretrained:
        known = describe(name, settings).architecture if "/" in name else name.partition(".")[0]
        name = f"untrained/{known}"
    card = describe(name, settings, seed)
    if card.where == "hub":
        limit = settings.download_mb * 1_000_000
        drain(Hub.from_environment().fetch_steps(card.repository, limit))
    return build(card, device(settings.device))


def build(card: Card, on: torch.device) -> Model:
    """Build a model whose weights lie on this machine.

    Raises:
        WeightsUnavailable: They don't, or they don't fit the architecture.
    """
    weights = weights_id(card)
    memory.keep_freed()
    with _seeded(card.seed):
        net = _network(card)
    return Model(card, net.eval().requires_grad_(False).to(on), on, weights)


def weights_id(card: Card) -> str:
    """What a model's weights are, in hex: SHA-256 of the weights file and the config.

    The config is a folder's config.json and, for the hub, timm's own pretrained config, which is
    what is loaded. For an untrained network: of the architecture, the seed, and timm's and torch's
    versions, which decide what the seed gives.

    Raises:
        WeightsUnavailable: They are not on this machine.
    """
    if card.source == "untrained":
        import timm

        facts = (card.architecture, card.seed, timm.__version__, torch.__version__)
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    path = card.available_weights()
    try:
        if card.folder:
            config = (card.folder / CONFIG).read_bytes()
        else:
            config = json.dumps(dict(card.config), sort_keys=True, default=str).encode()
        state = path.stat()
        digest = _digest(path, state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise WeightsUnavailable(f"{card.name} can't be read ({error.strerror}).") from error
    return hashlib.sha256(digest + config).hexdigest()


def device(setting: str) -> torch.device:
    """The device a setting names: "auto", "cpu", "cuda" or "cuda:1".

    Raises:
        BadSetting: Unknown, or not on this machine.
    """
    if setting == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(setting)
    except RuntimeError as error:
        raise BadSetting(f"ZOOSCOPE_DEVICE is {setting!r}; give auto, cpu or cuda.") from error
    if chosen.type not in ("cpu", "cuda"):
        raise BadSetting(f"ZOOSCOPE_DEVICE is {setting!r}; give auto, cpu or cuda.")
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise BadSetting(f"ZOOSCOPE_DEVICE is {setting!r}, which this machine has not; give auto.")
    return chosen


@lru_cache(maxsize=256)
def _digest(path: Path, size: int, modified: int) -> bytes:
    """A file's SHA-256; size and time of change tell when it has to be read again."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Random weights from a seed, the caller's random state left as it was."""
    with _drawing, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # the CPU's alone: weights are drawn there
        yield


def _network(card: Card) -> nn.Module:
    import timm

    if card.source == "untrained":
        return timm.create_model(card.architecture, pretrained=False)
    weights = card.available_weights()
    try:
        if card.folder:
            return timm.create_model(f"local-dir:{card.folder}", pretrained=True)
        overlay = {"file": str(weights), "custom_load": False}
        return timm.create_model(card.name, pretrained=True, pretrained_cfg_overlay=overlay)
    except Exception as error:
        # timm raises what its loader, safetensors and the model's own constructor raise.
        reason = str(error).partition("\n")[0]
        raise WeightsUnavailable(
            f"The weights of {card.name} do not fit {card.architecture}, or are damaged ({reason})."
            f" Replace {weights.name}, choose other weights, or open"
            f" untrained/{card.architecture}."
        ) from error
