"""Load models: from a name or a card to a network with its weights."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache, partial
from pathlib import Path

import torch
from torch import nn

from core import memory
from core.settings import BadSetting, Settings
from core.steps import drain
from core.zoo import installed
from core.zoo.bounded_json import read_bounded
from core.zoo.card import Card, describe
from core.zoo.construction import check_construction
from core.zoo.conversion import ensure_converted
from core.zoo.errors import WeightsUnavailable
from core.zoo.folder_config import CONFIG, MAX_CONFIG_BYTES
from core.zoo.hub import Hub
from core.zoo.model import Model
from core.zoo.weights_header import read_weights_header

MAX_REASON_LENGTH = 300  # characters

# torch has one random generator per process: two threads that draw weights at the same time would
# each receive part of the other's random numbers.
_random_weights_lock = threading.Lock()


def load(name: str, pretrained: bool = True, seed: int = 0) -> Model:
    """Load a model by its name, and download its weights if they are not cached.

    Each call returns a new model; nothing else in Zooscope uses it.

    Args:
        name: "resnet18.a1_in1k" (from the hub's cache or the hub; without a tag, timm's default
            weights), "installed/NAME", "bundled/NAME", "local/FOLDER" or "untrained/resnet18".
        pretrained: If False, the architecture gets random weights.
        seed: The seed of the random weights.

    Raises:
        UnknownModel: No architecture, tag or folder has this name.
        WeightsUnavailable: The weights can't be downloaded or don't fit the architecture.
        ModelTooLarge: The download exceeds the limit of the settings or the free disk space.
    """
    settings = Settings.from_environment()
    if not pretrained:
        if "/" in name:
            architecture = describe(name, settings).architecture
        else:  # `describe` would refuse an architecture that has no pretrained weights
            architecture = name.partition(".")[0]
        name = f"untrained/{architecture}"
    card = describe(name, settings, seed)
    if card.where == "hub":
        limit = settings.download_mb * 1_000_000
        drain(Hub.from_environment().fetch_steps(card.repository, limit))
    return build(card, device(settings.device))


def build(card: Card, device: torch.device) -> Model:
    """Load a model whose weights are on this machine already; nothing is downloaded.

    The weights of an installed package are converted the first time, which takes some seconds.

    Args:
        card: The model's card.
        device: The device that the network is moved to.

    Raises:
        WeightsUnavailable: The weights are not on this machine, or don't fit the architecture.
    """
    identity = weights_id(card)
    if card.source == installed.SOURCE and card.folder:
        ensure_converted(installed.PACKAGES[card.title], card.config, card.folder)
    memory.keep_freed_memory()
    _check_size(card)  # without the lock that other networks have to wait for
    with _seeded_random_weights(card.seed):
        net = _create_network(card)
    return Model(card, net.eval().requires_grad_(False).to(device), device, identity)


def weights_id(card: Card) -> str:
    """Return the identity of a model's weights: a SHA-256 of the weights file and the config, hex.

    The config is a folder's config.json or, for a hub model, timm's own pretrained config, which is
    the one that is loaded. The identity of an untrained network is the SHA-256 of its architecture,
    its seed, and the versions of timm and torch, which determine the weights that a seed produces.
    That of an installed package is made of the known SHA-256 of its file and of the preprocessing,
    so that it is the same on every machine, and is known without reading the file.

    Raises:
        WeightsUnavailable: The weights are not on this machine.
    """
    if card.source == "untrained":
        import timm

        facts = (card.architecture, card.seed, timm.__version__, torch.__version__)
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    if card.source == installed.SOURCE:
        package = installed.PACKAGES[card.title]
        content = [package.sha256, card.architecture, asdict(card.preprocessing)]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    path = card.available_weights()
    try:
        if card.folder:
            config = read_bounded(card.folder / CONFIG, MAX_CONFIG_BYTES)
        else:
            config = json.dumps(dict(card.config), sort_keys=True, default=str).encode()
        status = path.stat()
        digest = _file_digest(path, status.st_size, status.st_mtime_ns)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise WeightsUnavailable(
            f"The files of {card.name} can't be read ({reason}). Check that they exist and are"
            " readable, or choose another model."
        ) from error
    return hashlib.sha256(digest + config).hexdigest()


def device(setting: str) -> torch.device:
    """Return the torch device for a value of ZOOSCOPE_DEVICE.

    Args:
        setting: "auto" (a GPU if there is one), "cpu", "cuda" or "cuda:1".

    Raises:
        BadSetting: The value is unknown, or this machine has no such device.
    """
    if setting == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    unknown = BadSetting(f"ZOOSCOPE_DEVICE is {setting!r}; set it to auto, cpu, cuda or cuda:1.")
    try:
        result = torch.device(setting)
    except RuntimeError as error:
        raise unknown from error
    if result.type not in ("cpu", "cuda"):
        raise unknown
    if result.type == "cuda" and (result.index or 0) >= torch.cuda.device_count():
        raise BadSetting(
            f"ZOOSCOPE_DEVICE is {setting!r}, but this machine has no such GPU; set it to auto."
        )
    return result


@lru_cache(maxsize=256)
def _file_digest(path: Path, size: int, modified: int) -> bytes:
    """Return a file's SHA-256. It is cached until the size or the time of change differs."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


@contextmanager
def _seeded_random_weights(seed: int) -> Iterator[None]:
    """Seed torch's random generator inside the context and restore its state afterwards."""
    with _random_weights_lock, torch.random.fork_rng(devices=[]):
        # Only the CPU's generator is seeded: random weights are drawn on the CPU.
        torch.default_generator.manual_seed(seed)
        yield


def _check_size(card: Card) -> None:
    """Refuse weights and configs that would take far more time or memory than a network does."""
    import timm

    if card.source == "untrained":
        return
    with _unusable_weights(card):
        header = read_weights_header(card.available_weights())
        if card.folder:
            check_construction(partial(timm.create_model, f"local-dir:{card.folder}"), header)


def _create_network(card: Card) -> nn.Module:
    import timm

    if card.source == "untrained":
        return timm.create_model(card.architecture, pretrained=False)
    with _unusable_weights(card):
        if card.folder:
            return timm.create_model(f"local-dir:{card.folder}", pretrained=True)
        overlay = {"file": str(card.available_weights()), "custom_load": False}
        return timm.create_model(card.name, pretrained=True, pretrained_cfg_overlay=overlay)


@contextmanager
def _unusable_weights(card: Card) -> Iterator[None]:
    """Turn the errors of reading weights and constructing their network into one for the user."""
    weights = card.available_weights()
    try:
        yield
    except Exception as error:
        # timm passes on any error of its loader, of safetensors and of the model's constructor.
        reason = error.strerror if isinstance(error, OSError) else str(error).partition("\n")[0]
        # Parts of it come from the files.
        reason = ascii(reason)[1:-1][:MAX_REASON_LENGTH]
        raise WeightsUnavailable(
            f"The weights of {card.name} do not fit {card.architecture}, or are damaged ({reason})."
            f" Replace {weights.name}, choose other weights, or open"
            f" untrained/{card.architecture}."
        ) from error
