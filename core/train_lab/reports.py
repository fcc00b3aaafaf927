"""What a training run reports while it goes on: one line of JSON for each report, in a file.

A file, so that every session can read a run, also after the page was loaded again or the server was
restarted. A line that was not written to its end is not read yet.
"""

import base64
import io
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from core.atomic_file import write_atomically

FILE_NAME = "reports.jsonl"
SETUP_FILE, PICTURE_FILE = "setup.json", "picture.png"


@dataclass(frozen=True)
class Setup:
    """What stays the same during a run.

    Attributes:
        classes: The classes.
        layers: Names of the layers with weights, in the order of `Report.gradients`.
        maps: Names of the layers whose feature maps are shown, in the order of `Report.maps`.
        parameters: Number of weights and biases.
    """

    classes: tuple[str, ...]
    layers: tuple[str, ...]
    maps: tuple[str, ...]
    parameters: int


class End(StrEnum):
    """Why a run has ended."""

    GOAL = "goal"
    STALLED = "stalled"
    EPOCHS = "epochs"
    STOPPED = "stopped"
    DIVERGED = "diverged"


@dataclass(frozen=True)
class Tiles:
    """Small grey or coloured pictures of one size, such as filters or feature maps.

    Attributes:
        shape: Number, height, width, and channels (1 or 3).
        pixels: The pixels, one byte each, in base64.
    """

    shape: tuple[int, int, int, int]
    pixels: str


@dataclass(frozen=True)
class Report:
    """The state of a run at a step.

    Attributes:
        step: Number of finished steps.
        epoch: Number of finished epochs, with the share of the present one.
        seconds: Seconds of training, drawing the pictures included.
        loss: Mean loss of the batches since the last report; none before the first step.
        accuracy: Mean accuracy of the same batches.
        gradients: Norm of the loss's gradient for the weights of each layer.
        probabilities: Class probabilities of the watched picture.
        filters: Filters of the first layer.
        maps: Feature maps of the watched picture, by layer.
        validation_loss: Mean loss on the validation pictures; none where they were not looked at.
        validation_accuracy: Accuracy on the validation pictures.
        confusion: Number of validation pictures by true class and answer.
        kept: Whether the weights of this step are kept.
        end: Why the run has ended; none while it goes on.
    """

    step: int
    epoch: float
    seconds: float
    loss: float | None
    accuracy: float | None
    gradients: tuple[float, ...]
    probabilities: tuple[float, ...]
    filters: Tiles
    maps: tuple[Tiles, ...]
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    confusion: tuple[tuple[int, ...], ...] | None = None
    kept: bool = False
    end: End | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return asdict(self)


def tiles(pictures: UInt8[np.ndarray, "n h w c"]) -> Tiles:
    """Pack small pictures."""
    number, height, width, channels = pictures.shape
    packed = base64.b64encode(np.ascontiguousarray(pictures).tobytes()).decode()
    return Tiles((number, height, width, channels), packed)


def append(folder: Path, report: Report) -> None:
    """Add a report to a run's file.

    Raises:
        OSError: It can't be written, as on a full disk. Part of a line may stay.
    """
    line = json.dumps(report.as_json(), separators=(",", ":"), allow_nan=False)
    with (folder / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def drop_unfinished_line(folder: Path) -> None:
    """Remove what a run that was interrupted has left of its last line."""
    file = folder / FILE_NAME
    if file.is_file():
        os.truncate(file, file.read_bytes().rfind(b"\n") + 1)


def read(folder: Path, start: int = 0) -> tuple[Sequence[Report], int]:
    """Read a run's reports.

    Args:
        folder: The run's folder.
        start: Position in the file in bytes, 0 or what an earlier call returned.

    Returns:
        The reports since then, and the position to go on from.
    """
    try:
        with (folder / FILE_NAME).open("rb") as stream:
            stream.seek(start)
            data = stream.read()
    except FileNotFoundError:
        return (), start
    whole = data[: data.rfind(b"\n") + 1]
    return [_from_json(json.loads(line)) for line in whole.splitlines()], start + len(whole)


def write_setup(folder: Path, setup: Setup, picture: Image.Image) -> None:
    """Write what stays the same during a run, and the watched picture.

    Raises:
        OSError: They can't be written, as on a full disk.
    """
    encoded = io.BytesIO()
    picture.save(encoded, "PNG")
    write_atomically(folder / PICTURE_FILE, encoded.getvalue())
    write_atomically(folder / SETUP_FILE, json.dumps(asdict(setup)).encode())


def read_setup(folder: Path) -> Setup | None:
    """Read what stays the same during a run; None before it has begun, or after it was deleted."""
    try:
        values = json.loads((folder / SETUP_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    classes, layers, maps = (tuple(values[name]) for name in ("classes", "layers", "maps"))
    return Setup(classes, layers, maps, values["parameters"])


def read_picture(folder: Path) -> Image.Image | None:
    """Read the watched picture; None before the run has begun, or after it was deleted."""
    try:
        with Image.open(folder / PICTURE_FILE) as picture:
            return picture.convert("RGB")
    except FileNotFoundError:
        return None


def _from_json(values: dict[str, Any]) -> Report:
    pixels = {
        "filters": _tiles_from_json(values["filters"]),
        "maps": tuple(_tiles_from_json(each) for each in values["maps"]),
    }
    end = values["end"]
    confusion = values["confusion"]
    fixed = {
        "gradients": tuple(values["gradients"]),
        "probabilities": tuple(values["probabilities"]),
        "confusion": None if confusion is None else tuple(tuple(row) for row in confusion),
        "end": None if end is None else End(end),
    }
    return Report(**{**values, **pixels, **fixed})


def _tiles_from_json(values: dict[str, Any]) -> Tiles:
    number, height, width, channels = values["shape"]
    return Tiles((number, height, width, channels), values["pixels"])
