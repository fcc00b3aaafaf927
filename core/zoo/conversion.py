"""Convert the weights of an installed package once, and keep them in timm's hub layout.

The folder of a converted network has a config.json, which also states the SHA-256 of
model.safetensors. Both are written to temporary files, which then replace the old ones, the config
last. So a folder is complete, or it is recognised as incomplete and converted again; and processes
that convert at the same time replace files by equal ones.
"""

import hashlib
import json
import threading
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from core.pickled_weights import UnreadableWeights, read_tensors
from core.zoo.bounded_json import parse_bounded, read_bounded
from core.zoo.errors import WeightsUnavailable
from core.zoo.folder_config import CONFIG, MAX_CONFIG_BYTES
from core.zoo.hub import WEIGHTS
from core.zoo.installed import MAX_BYTES, WeightsPackage, read_weights_file

# The key of config.json with the SHA-256 of model.safetensors.
DIGEST = "weights_sha256"
# One conversion at a time; a second thread then finds the files of the first.
_lock = threading.Lock()


def ensure_converted(package: WeightsPackage, config: Mapping[str, Any], folder: Path) -> None:
    """Convert a package's weights into a folder, unless it has them already.

    Args:
        package: The package.
        config: timm's pretrained config, which config.json will hold.
        folder: The folder; it is created where it is missing.

    Raises:
        WeightsUnavailable: The package is missing or damaged, its weights can't be read, or the
            folder can't be written.
    """
    with _lock:
        if is_converted(folder):
            return
        try:
            tensors = read_tensors(read_weights_file(package))
        except UnreadableWeights as error:
            raise WeightsUnavailable(
                f"The weights of the package {package.package} could not be converted: {error}."
                " Try again, or choose a bundled network."
            ) from error
        state = name_tensors(tensors, package.architecture)
        try:
            _write(folder, state, package.architecture, config)
        except OSError as error:
            raise WeightsUnavailable(
                f"The converted weights of the package {package.package} can't be kept"
                f" ({error.strerror}). Set ZOOSCOPE_NETWORKS to a folder in which Zooscope may"
                " write, or choose a bundled network."
            ) from error


def is_converted(folder: Path) -> bool:
    """Return whether a folder has a config and the weights that it describes."""
    try:
        config = parse_bounded(read_bounded(folder / CONFIG, MAX_CONFIG_BYTES))
        digest = hashlib.sha256(read_bounded(folder / WEIGHTS, MAX_BYTES)).hexdigest()
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and config.get(DIGEST) == digest


def name_tensors(tensors: Sequence[Tensor], architecture: str) -> dict[str, Tensor]:
    """Return a state dict of an architecture from tensors in the same order.

    Raises:
        WeightsUnavailable: Their number or a shape differs from the architecture's.
    """
    import timm
    import torch

    with torch.device("meta"):
        own = timm.create_model(architecture).state_dict()
    if [tensor.shape for tensor in tensors] != [tensor.shape for tensor in own.values()]:
        raise WeightsUnavailable(
            f"The tensors of the package do not fit timm's {architecture}. Install the version of"
            " timm that requirements.txt names, or choose a bundled network."
        )
    return dict(zip(own, tensors, strict=True))


def _write(
    folder: Path, state: Mapping[str, Tensor], architecture: str, config: Mapping[str, Any]
) -> None:
    from safetensors.torch import save

    weights = save(dict(state), {"format": "pt"})
    content = {
        "architecture": architecture,
        "num_classes": config["num_classes"],
        "pretrained_cfg": dict(config),
        DIGEST: hashlib.sha256(weights).hexdigest(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / WEIGHTS, weights)
    _replace(folder / CONFIG, json.dumps(content, indent=1).encode())


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that it is there either completely or not at all."""
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
