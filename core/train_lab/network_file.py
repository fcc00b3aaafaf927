"""A trained network as files in timm's hub layout, and as a zip of them that a visitor downloads.

The layout is timm's own but for the network of the textbooks, which timm does not have: its
architecture is "textbook", and `model_args` has the number of its blocks (`core.textbook`).
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from safetensors.torch import load_file, save

from core.errors import ZooscopeError
from core.sets.zip_entries import BadArchive, open_zip
from core.textbook import TEXTBOOK
from core.train_lab.experiment import Experiment
from core.train_lab.kept_weights import weights_file
from core.train_lab.networks import MAX_PARAMETERS
from core.zoo.folder_config import CONFIG, MAX_CONFIG_BYTES
from core.zoo.hub import WEIGHTS

# Bytes of a network's weights: the largest that is trained here, in 32 bits, with its statistics.
MAX_WEIGHTS_BYTES = 5 * MAX_PARAMETERS
# Bytes of a zip; its contents are hardly compressed.
MAX_ZIP_BYTES = MAX_WEIGHTS_BYTES + MAX_CONFIG_BYTES + 100_000
# More files than a folder in timm's layout has.
MAX_FILES = 20
# Characters of the classes in a description; more are counted.
MAX_CLASS_NAMES = 40


class BadNetworkFile(ZooscopeError):
    """A file is no zip of a network in timm's hub layout; the message says why."""


@dataclass(frozen=True)
class NetworkFiles:
    """The files of a network in timm's hub layout.

    Attributes:
        config: The content of config.json.
        weights: The content of model.safetensors.
    """

    config: bytes
    weights: bytes


def network_files(folder: Path, experiment: Experiment, step: int) -> NetworkFiles:
    """Return the files of a run's network as it was after a step.

    Args:
        folder: The run's folder.
        experiment: The run's experiment.
        step: A step whose weights are kept (`kept_weights.kept_steps`).

    Raises:
        BadNetworkFile: The weights of this step are not kept, or no longer.
    """
    file = weights_file(folder, step)
    if not file.is_file():
        raise BadNetworkFile(f"The weights after step {step} are not kept. Choose another step.")
    config = json.dumps(_timm_config(experiment, step), indent=1).encode()
    return NetworkFiles(config, save(load_file(file), {"format": "pt"}))


def pack(files: NetworkFiles) -> bytes:
    """Return a zip of a network's files. Weights can't be compressed, so they are stored."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo(CONFIG), files.config)
        archive.writestr(zipfile.ZipInfo(WEIGHTS), files.weights)
    return packed.getvalue()


def unpack(data: bytes) -> NetworkFiles:
    """Return the network's files from an untrusted zip. Nothing is written, nothing executed.

    Raises:
        BadNetworkFile: The file is no zip, is too large, or has not the two files.
    """
    if len(data) > MAX_ZIP_BYTES:
        raise BadNetworkFile(
            f"The file has {len(data) / 1e6:.0f} MB; networks of up to {MAX_ZIP_BYTES / 1e6:.0f} MB"
            " are opened here. Put a larger one into a folder of ZOOSCOPE_MODELS."
        )
    try:
        archive = open_zip(io.BytesIO(data))
    except BadArchive as error:
        raise BadNetworkFile(f"{error} Choose a zip that was downloaded on this page.") from error
    with archive:
        return NetworkFiles(
            _entry(archive, CONFIG, MAX_CONFIG_BYTES), _entry(archive, WEIGHTS, MAX_WEIGHTS_BYTES)
        )


def _entry(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """Return the content of a file of a zip, in whatever folder, within a limit of bytes."""
    entries = [each for each in archive.infolist() if PurePosixPath(each.filename).name == name]
    if len(entries) != 1 or len(archive.infolist()) > MAX_FILES:
        raise BadNetworkFile(
            f"The zip has {len(entries)} files {name} among {len(archive.infolist())}. It has to"
            f" contain one folder in timm's hub layout: {CONFIG} and {WEIGHTS}."
        )
    try:
        with archive.open(entries[0]) as file:
            content = file.read(limit + 1)
    except Exception as error:
        # zipfile and zlib raise half a dozen types on damaged or encrypted entries.
        raise BadNetworkFile(f"{name} in the zip can't be read ({error}).") from error
    if len(content) > limit:
        raise BadNetworkFile(f"{name} in the zip is larger than {limit / 1e6:.0f} MB.")
    return content


def _timm_config(experiment: Experiment, step: int) -> Mapping[str, Any]:
    """Return the content of config.json, which timm reads."""
    architecture: dict[str, Any] = {"architecture": experiment.network}
    if experiment.network == TEXTBOOK:
        architecture["model_args"] = {"blocks": experiment.blocks}
    return architecture | {
        "num_classes": len(experiment.classes),
        "label_names": list(experiment.classes),
        "pretrained_cfg": {
            "tag": "uploads" if experiment.picture_set else "scenes",
            "description": _description(experiment, step),
            "input_size": [3, experiment.size, experiment.size],
            "fixed_input_size": False,
            "interpolation": "bilinear",
            "crop_pct": 1.0,
            "crop_mode": "center",
            # `as_input` makes values of -1 to 1.
            "mean": [0.5, 0.5, 0.5],
            "std": [0.5, 0.5, 0.5],
            "num_classes": len(experiment.classes),
        },
    }


def _description(experiment: Experiment, step: int) -> str:
    """Return what the network is called on pages."""
    names = ", ".join(experiment.classes).replace("/", " ")
    if len(names) > MAX_CLASS_NAMES:
        names = f"{len(experiment.classes)} classes"
    return f"{names} · step {step}"
