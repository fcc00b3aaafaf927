"""The pictures of an experiment, with labels: drawn scenes, or a visitor's own."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int, UInt8
from safetensors import safe_open
from torch import Tensor

from core import scenes
from core.errors import ZooscopeError
from core.scenes import BACKGROUNDS, SURFACES
from core.train_lab.experiment import Difficulty, Experiment

# Numbers of the sets in the seeds of the scenes: no scene is in two sets.
TRAINING, VALIDATION = 0, 1
VALIDATION_PICTURES = 300
# Scenes of one class are drawn together, which is fast only if there are enough of each class.
DRAWN_AT_ONCE = 120
LAWN, PLAIN = "grass", "plain"
LARGEST, SMALLEST = 0.95, 0.35
MAX_ANGLE = 20.0
# File of a visitor's own pictures in a run's folder.
FILE_NAME = "pictures.safetensors"


class PicturesLost(ZooscopeError):
    """The server no longer holds the pictures of a run."""


@dataclass(frozen=True)
class LabelledPictures:
    """Pictures with labels, all in memory.

    Attributes:
        pictures: The pixels, 0 to 255.
        labels: Indices into the experiment's classes.
    """

    pictures: UInt8[Tensor, "n 3 h w"]
    labels: Int[Tensor, " n"]

    def pictures_at(self, rows: Int[Tensor, " rows"]) -> UInt8[Tensor, "rows 3 h w"]:
        """Return the pictures with these indices."""
        return self.pictures[rows]

    def all(self) -> "LabelledPictures":
        """Return the whole set."""
        return self


class PicturesInTheMaking:
    """A set of scenes that a thread draws, while the first ones are already used.

    Args:
        experiment: The experiment.
        part: TRAINING or VALIDATION.
        artist: Draws the pictures in a single thread, in the order of the calls of `draw`.

    Attributes:
        labels: Indices into the experiment's classes, (n,). Those of training pictures may be
            wrong, where the experiment says so.
    """

    def __init__(self, experiment: Experiment, part: int, artist: Executor):
        labels = true_labels(experiment, part)
        self.labels = with_wrong_labels(experiment, labels) if part == TRAINING else labels
        self._pictures = torch.empty(len(labels), 3, experiment.size, experiment.size,
                                     dtype=torch.uint8)  # fmt: skip
        self._artist = artist
        self._chunks = draw_set(experiment, part)
        self._drawn: list[Future[None]] = []

    def draw(self, count: int | None = None) -> None:
        """Let the thread draw the pictures up to number `count`, or all, after earlier orders."""
        ordered = len(self._drawn) * DRAWN_AT_ONCE
        last = len(self.labels) if count is None else min(count, len(self.labels))
        for start in range(ordered, last, DRAWN_AT_ONCE):
            self._drawn.append(self._artist.submit(self._draw_chunk, start))

    def pictures_at(self, rows: Int[Tensor, " rows"]) -> UInt8[Tensor, "rows 3 h w"]:
        """Return the pictures with these indices, once they are drawn."""
        for chunk in self._drawn[: int(rows.max()) // DRAWN_AT_ONCE + 1]:
            chunk.result()
        return self._pictures[rows]

    def all(self) -> LabelledPictures:
        """Return the whole set, once it is drawn."""
        self.pictures_at(torch.tensor([len(self.labels) - 1]))
        return LabelledPictures(self._pictures, self.labels)

    def _draw_chunk(self, start: int) -> None:
        chunk = next(self._chunks)
        self._pictures[start : start + len(chunk.labels)] = chunk.pictures


def first_pictures(experiment: Experiment, part: int, folder: Path, count: int) -> LabelledPictures:
    """Return the first pictures of a set with their true labels: scenes, or the visitor's own.

    Args:
        experiment: The experiment.
        part: TRAINING or VALIDATION.
        folder: The run's folder, which holds the visitor's own pictures.
        count: Number of pictures.

    Raises:
        PicturesLost: The folder does not hold them.
    """
    if not experiment.picture_set:
        return draw_all(experiment, part, count)
    own = read_own_pictures(folder, part)
    return LabelledPictures(own.pictures[:count], own.labels[:count])


def read_own_pictures(folder: Path, part: int) -> LabelledPictures:
    """Return the visitor's own training or validation pictures from a run's folder.

    Raises:
        PicturesLost: The folder does not hold them.
    """
    file = folder / FILE_NAME
    if not file.is_file():
        raise PicturesLost(
            "The server no longer holds the pictures of this run. Upload them again: the run then"
            " goes on where it was."
        )
    with safe_open(file, framework="pt") as tensors:
        return LabelledPictures(
            tensors.get_tensor(pictures_name(part)), tensors.get_tensor(labels_name(part))
        )


def pictures_name(part: int) -> str:
    """Return the name of a part's pictures in `FILE_NAME`."""
    return f"pictures.{part}"


def labels_name(part: int) -> str:
    """Return the name of a part's labels in `FILE_NAME`."""
    return f"labels.{part}"


def draw_set(
    experiment: Experiment, part: int, count: int | None = None
) -> Iterator[LabelledPictures]:
    """Draw the training or the validation set in chunks. Arguments as for `draw_scenes`."""
    labels = true_labels(experiment, part)
    start = 0
    for drawn in draw_scenes(experiment, part, count):
        stop = start + len(drawn.pictures)
        yield LabelledPictures(drawn.pictures, labels[start:stop])
        start = stop


def draw_scenes(
    experiment: Experiment, part: int, count: int | None = None
) -> Iterator[scenes.Batch]:
    """Draw the scenes of a set in chunks, the classes in turn.

    With the classes in another order, only the objects of the scenes are others.

    Args:
        experiment: The experiment.
        part: TRAINING or VALIDATION.
        count: Number of scenes from the set's beginning; all where None.
    """
    labels = true_labels(experiment, part)[:count].tolist()
    random = np.random.default_rng([experiment.seed, part])
    # An odd factor keeps the seeds of different experiments and sets apart.
    seed = 2 * experiment.seed + part + 1_000_003
    for start in range(0, len(labels), DRAWN_AT_ONCE):
        indices = range(start, min(start + DRAWN_AT_ONCE, len(labels)))
        fixed = [
            _factors(experiment.classes[labels[index]], experiment.difficulty, random)
            for index in indices
        ]
        yield scenes.batch(seed, indices, experiment.size, fixed)


def draw_all(experiment: Experiment, part: int, count: int | None = None) -> LabelledPictures:
    """Return a whole set, or its first pictures. Arguments as for `draw_set`."""
    chunks = list(draw_set(experiment, part, count))
    return LabelledPictures(
        torch.cat([chunk.pictures for chunk in chunks]),
        torch.cat([chunk.labels for chunk in chunks]),
    )


def true_labels(experiment: Experiment, part: int) -> Int[Tensor, " n"]:
    """Return the labels of a set, before some are made wrong."""
    classes = len(experiment.classes)
    total = VALIDATION_PICTURES if part == VALIDATION else experiment.pictures * classes
    return torch.arange(total) % classes


def with_wrong_labels(experiment: Experiment, labels: Int[Tensor, " n"]) -> Int[Tensor, " n"]:
    """Give the experiment's share of the pictures the label of another class, chosen at random."""
    random = np.random.default_rng([experiment.seed, 2])
    count = round(experiment.wrong_labels * len(labels))
    chosen = torch.from_numpy(random.permutation(len(labels))[:count])
    others = torch.from_numpy(random.integers(1, len(experiment.classes), count))
    changed = labels.clone()
    changed[chosen] = (changed[chosen] + others) % len(experiment.classes)
    return changed


def _factors(
    class_: str, difficulty: Difficulty, random: np.random.Generator
) -> Mapping[str, object]:
    """Return the factors of a scene of a class, as varied as the difficulty says."""
    angle, scale, mirror, background, coat, name, surface = random.random(7)
    anywhere, textured = background < difficulty.background, coat < difficulty.coat
    return {
        "class_": class_,
        "angle": float(MAX_ANGLE * difficulty.pose * (2 * angle - 1)),
        "scale": float(LARGEST - (LARGEST - SMALLEST) * difficulty.size * scale),
        "mirrored": bool(difficulty.pose > 0 and mirror < 0.5),
        "background": BACKGROUNDS[int(name * len(BACKGROUNDS))] if anywhere else LAWN,
        "surface": SURFACES[int(surface * len(SURFACES))] if textured else PLAIN,
    }
