"""What a study trains: the full description, which together with the code determines its rows."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from core.textbook import MAX_BLOCKS
from core.train_lab.experiment import Experiment

PETS = ("dog", "wolf", "cat")
FACES = ("boy", "girl", "man", "grandmother")
CARS = ("sedan", "sports car", "pickup", "van", "bus", "truck")
# Side of the pictures in pixels, and blocks of the networks where the study does not vary them.
SIZE, BLOCKS = 32, 3
# Networks that should have nothing in common get seeds that are this far apart.
SEED_STEP = 100_000
# Training pictures of each class of a network whose layers are kept or compared.
SOURCE_PICTURES = 400


class Question(StrEnum):
    """What a study is about."""

    DEPTH = "depth"
    LIKENESS = "likeness"
    TRANSFER = "transfer"


# Raise a version whenever the rows of the study change.
VERSIONS: Mapping[Question, int] = MappingProxyType({
    Question.DEPTH: 1, Question.LIKENESS: 1, Question.TRANSFER: 1,
})  # fmt: skip


@dataclass(frozen=True)
class Study:
    """A study.

    Attributes:
        question: What it is about.
        groups: The classes of each kind of network that it trains, such as faces and cars.
        pictures: Training pictures of each class: how many there are, or the numbers to try.
        steps: Training steps of each network; each has 32 pictures or fewer.
        repeats: Number of random seeds.
        seed: The first seed. A seed determines the initial weights, the pictures, and their order.
    """

    question: Question
    groups: tuple[tuple[str, ...], ...]
    pictures: tuple[int, ...]
    steps: int
    repeats: int = 3
    seed: int = 0

    @property
    def seeds(self) -> range:
        """The random seeds."""
        return range(self.seed, self.seed + self.repeats)

    @property
    def row_count(self) -> int:
        """Number of rows. A row is one network; a row of the study of likeness compares three."""
        if self.question is Question.DEPTH:
            return self.repeats * MAX_BLOCKS
        if self.question is Question.LIKENESS:
            return self.repeats
        return self.repeats * len(self.pictures) * (1 + 3 * BLOCKS)

    @property
    def identity(self) -> str:
        """16 hex digits that identify the study."""
        values = self.as_json() | {"version": VERSIONS[self.question]}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]

    def as_json(self) -> dict[str, Any]:
        """Return the study as JSON values."""
        return asdict(self)


def depth_study(classes: tuple[str, ...] = FACES, seed: int = 0) -> Study:
    """Return the study of networks with one to five blocks."""
    return Study(Question.DEPTH, (classes,), (SOURCE_PICTURES,), steps=600, seed=seed)


def likeness_study(seed: int = 0) -> Study:
    """Return the study of what a network of faces and one of cars have in common."""
    return Study(Question.LIKENESS, (FACES, CARS), (SOURCE_PICTURES,), steps=600, seed=seed)


def transfer_study(seed: int = 0) -> Study:
    """Return the study of layers that learned faces and are kept for cars."""
    return Study(Question.TRANSFER, (FACES, CARS), (10, 30, 100, 300), steps=300, seed=seed)


def shipped_studies() -> tuple[Study, ...]:
    """Return the studies that ship with the app."""
    depths = (depth_study(classes) for classes in (FACES, CARS, PETS))
    return (*depths, likeness_study(), transfer_study())


def from_json(values: dict[str, Any]) -> Study:
    """Return the study that `Study.as_json` described."""
    groups = tuple(tuple(group) for group in values["groups"])
    fixed = {"question": Question(values["question"]), "groups": groups,
             "pictures": tuple(values["pictures"])}  # fmt: skip
    return Study(**(values | fixed))


def experiment_of(
    classes: tuple[str, ...], pictures: int, seed: int, blocks: int = BLOCKS
) -> Experiment:
    """Return the experiment of a network of a study: scenes as the page offers them at first."""
    return Experiment(classes=classes, pictures=pictures, seed=seed, blocks=blocks, size=SIZE)
