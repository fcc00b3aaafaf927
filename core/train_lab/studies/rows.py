"""The rows of a study: one for each network or pair, a line of JSON each, in a file.

A row is written when it is measured: a study that was stopped goes on with the next one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from core.train_lab.reports import Tiles

FILE_NAME = "rows.jsonl"


@dataclass(frozen=True)
class DepthRow:
    """A network with a number of blocks.

    Attributes:
        blocks: Number of blocks.
        seed: Random seed.
        weights: Number of its weights and biases.
        accuracy: Share of right answers for new scenes.
        training_accuracy: Share of right answers for its training pictures.
        purity: Class purity of new scenes by layer, from the pixels to the class scores; 0 to 1.
        parts: Number of channels that stand for a part, by layer.
        untrained_parts: The same before training.
        channels: Number of channels, by layer.
    """

    blocks: int
    seed: int
    weights: int
    accuracy: float
    training_accuracy: float
    purity: Mapping[str, float]
    parts: Mapping[str, int]
    untrained_parts: Mapping[str, int]
    channels: Mapping[str, int]


@dataclass(frozen=True)
class Likeness:
    """How alike two networks are.

    Attributes:
        filters: Correlation of each pair of matched filters of the first layer, -1 to 1, the
            highest first.
        cka: CKA by block, about 0 to 1.
    """

    filters: tuple[float, ...]
    cka: Mapping[str, float]


@dataclass(frozen=True)
class LateChannels:
    """Channels of the last block that stand for a part most clearly.

    Attributes:
        parts: The part of each.
        overlaps: Their intersection over union with it, 0 to 1.
        pictures: Pictures that excite them, in a row, as a WebP file in base64.
    """

    parts: tuple[str, ...]
    overlaps: tuple[float, ...]
    pictures: str


@dataclass(frozen=True)
class LikenessRow:
    """A network of each group, compared.

    Attributes:
        seed: Random seed.
        accuracies: Share of right answers of the networks for new scenes of their own classes.
        filters: Filters of their first layers; equal places are matched.
        other: How alike the networks of the two groups are.
        same: How alike two networks of the first group with other seeds are.
        untrained: How alike the networks of the two groups are before training.
        late: Late channels of the networks; none but for the first seed.
    """

    seed: int
    accuracies: tuple[float, ...]
    filters: tuple[Tiles, ...]
    other: Likeness
    same: Likeness
    untrained: Likeness
    late: tuple[LateChannels, ...]


class Start(StrEnum):
    """What a network starts with, and which layers learn."""

    SCRATCH = "from scratch"
    RANDOM = "random, frozen"
    FROZEN = "kept, frozen"
    TUNED = "kept, fine-tuned"


@dataclass(frozen=True)
class TransferRow:
    """A network that has learned the second group.

    Attributes:
        start: What it started with.
        kept: Number of kept or frozen blocks; 0 from scratch.
        pictures: Number of training pictures of each class.
        seed: Random seed.
        accuracy: Share of right answers for new scenes.
    """

    start: Start
    kept: int
    pictures: int
    seed: int
    accuracy: float


Row = DepthRow | LikenessRow | TransferRow


def append(file: Path, row: Row) -> None:
    """Add a row to a study's file.

    Raises:
        OSError: It can't be written, as on a full disk.
    """
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(asdict(row), separators=(",", ":"), allow_nan=False) + "\n")


def drop_unfinished_row(file: Path) -> None:
    """Remove what a study that was stopped has left of its last row."""
    if file.is_file():
        whole = file.read_bytes()
        file.write_bytes(whole[: whole.rfind(b"\n") + 1])


def count_rows(file: Path) -> int:
    """Return the number of whole rows; 0 before the study has begun."""
    return len(_read(file))


def read_depth(file: Path) -> Sequence[DepthRow]:
    """Return the rows of a study of depth; none before it has begun."""
    return [DepthRow(**values) for values in _read(file)]


def read_likeness(file: Path) -> Sequence[LikenessRow]:
    """Return the rows of a study of likeness; none before it has begun."""
    return [_likeness_row(values) for values in _read(file)]


def read_transfer(file: Path) -> Sequence[TransferRow]:
    """Return the rows of a study of transfer; none before it has begun."""
    return [TransferRow(**(values | {"start": Start(values["start"])})) for values in _read(file)]


def _read(file: Path) -> list[dict[str, Any]]:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    whole = text[: text.rfind("\n") + 1]
    return [json.loads(line) for line in whole.splitlines()]


def _likeness_row(values: dict[str, Any]) -> LikenessRow:
    pairs = {
        name: Likeness(tuple(values[name]["filters"]), values[name]["cka"])
        for name in ("other", "same", "untrained")
    }
    filters = tuple(Tiles(tuple(each["shape"]), each["pixels"]) for each in values["filters"])
    late = tuple(
        LateChannels(tuple(each["parts"]), tuple(each["overlaps"]), each["pictures"])
        for each in values["late"]
    )
    return LikenessRow(
        seed=values["seed"], accuracies=tuple(values["accuracies"]), filters=filters, late=late,
        **pairs,
    )  # fmt: skip
