"""Load models: from a name or a card to a network with its weights."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache, partial
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from core import memory
from core.settings import BadSetting, Settings
from core.steps import drain
from core.textbook import TEXTBOOK, TextbookNetwork
from core.zoo import installed, trained
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
# Ends of the names of a BatchNorm's statistics.
STATISTICS = ("running_mean", "running_var")

# torch has one random generator per process: two threads that draw weights at the same time would
# each receive part of the other's random numbers.
_random_weights_lock = threading.Lock()


def load(name: str, pretrained: bool = True, seed: int = 0) -> Model:
    """Load a model by its name, and download its weights if they are not cached.

    Each call returns a new model; nothing else in Zooscope uses it.

    Args:
        name: "resnet18.a1_in1k" (from the hub's cache or the hub; without a tag, timm's default
            weights), "installed/NAME", "bundled/NAME", "local/FOLDER", "trained/DIGEST" or
            "untrained/resnet18".
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
        WeightsUnavailable: The weights are not on this machine, don't fit the architecture, or are
            not finite.
    """
    identity = weights_id(card)
    if card.source == installed.SOURCE and card.folder:
        ensure_converted(installed.PACKAGES[card.title], card.config, card.folder)
    memory.keep_freed_memory()
    _check_size(card)  # without the lock that other networks have to wait for
    with _seeded_random_weights(card.seed):
        net = _create_network(card)
    _check_finite(card, net)
    net = net.eval().requires_grad_(False).to(device)
    if device.type == "cuda":
        net.to(memory_format=torch.channels_last)  # in which its tensor cores compute
    return Model(card, net, device, identity)


def weights_id(card: Card) -> str:
    """Return the identity of a model's weights: a SHA-256 of the weights file and the config, hex.

    The config is a folder's config.json or, for a hub model, timm's own pretrained config, which is
    the one that is loaded. The identity of an untrained network is the SHA-256 of its architecture,
    its seed, and the versions of timm and torch, which determine the weights that a seed produces.
    That of an installed package is made of the known SHA-256 of its file and of the preprocessing,
    so that it is the same on every machine, and is known without reading the file.

    Raises:
        WeightsUnavailable: The weights are not on this machine, or the model is not opened.
    """
    card.check_openable()
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
        setting: "auto" (a GPU if there is one), "cpu", "cuda", "cuda:1" or "mps" (Apple's GPU).

    Raises:
        BadSetting: The value is unknown, or this machine has no such device.
    """
    if setting == "auto":
        present = [name for name, count in _gpu_counts().items() if count]
        return torch.device(present[0] if present else "cpu")
    unknown = BadSetting(
        f"ZOOSCOPE_DEVICE is {setting!r}; set it to auto, cpu, cuda, cuda:1 or mps."
    )
    try:
        result = torch.device(setting)
    except RuntimeError as error:
        raise unknown from error
    if result.type == "cpu":
        return result
    if result.type not in _gpu_counts():
        raise unknown
    if (result.index or 0) >= _gpu_counts()[result.type]:
        raise BadSetting(
            f"ZOOSCOPE_DEVICE is {setting!r}, but this machine has no such GPU; set it to auto."
        )
    return result


def _gpu_counts() -> dict[str, int]:
    """Return the number of GPUs of each type in this machine, the preferred type first."""
    cuda = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return {"cuda": cuda, "mps": int(torch.backends.mps.is_available())}


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
    if card.source == "untrained":
        return
    with _unusable_weights(card):
        header = read_weights_header(card.available_weights())
        if card.folder:
            check_construction(_constructor(card), header)


def _constructor(card: Card) -> Callable[[], nn.Module]:
    """Return a function that constructs the network of a card with a folder, without its weights.

    Raises:
        ValueError: The config does not describe a network.
    """
    import timm

    if card.architecture != TEXTBOOK:
        return partial(timm.create_model, f"local-dir:{card.folder}")
    _, height, width = card.input_size
    if height != width:
        raise ValueError(f"the input has {height} × {width} pixels and has to be square")
    blocks = card.config["model_args"].get("blocks")
    return partial(TextbookNetwork, blocks, width, card.config.get("num_classes") or 0)


def _create_network(card: Card) -> nn.Module:
    import timm

    if card.source == "untrained":
        return timm.create_model(card.architecture, pretrained=False)
    with _unusable_weights(card):
        if card.architecture == TEXTBOOK:
            net = _constructor(card)()
            net.load_state_dict(load_file(card.available_weights()))
            return net
        if card.folder:
            return timm.create_model(f"local-dir:{card.folder}", pretrained=True)
        overlay = {"file": str(card.available_weights()), "custom_load": False}
        return timm.create_model(card.name, pretrained=True, pretrained_cfg_overlay=overlay)


def _check_finite(card: Card, net: nn.Module) -> None:
    """Refuse weights with NaN or infinite values: every result would be NaN.

    A buffer may be infinite unless it holds a BatchNorm's statistics: some networks keep the limits
    of a clipping in buffers, which are infinite where nothing is clipped.
    """
    weights = {name for name, _ in net.named_parameters()}
    for name, values in net.state_dict().items():
        if not values.is_floating_point():
            continue
        may_be_infinite = name not in weights and not name.endswith(STATISTICS)
        usable = ~values.isnan() if may_be_infinite else values.isfinite()
        if not usable.all():
            raise WeightsUnavailable(
                f"The weights of {card.name} have values in {name} that are NaN or infinite, so"
                f" every result would be. {_ways_out(card, card.name)}"
            )


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
            f" {_ways_out(card, weights.name)}"
        ) from error


def _ways_out(card: Card, replaced: str) -> str:
    """Return what a visitor can do instead of opening a card's weights."""
    if card.source == trained.SOURCE:
        return "Choose another step of the training, or another file."
    if card.architecture == TEXTBOOK:
        return f"Replace {replaced}, or train such a network on the page Train."
    return f"Replace {replaced}, choose other weights, or open untrained/{card.architecture}."
