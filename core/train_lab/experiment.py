"""What is trained, on which pictures, and how: the full description of a training run."""

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from core.atomic_file import write_atomically
from core.errors import ZooscopeError, suggest_names
from core.scenes import CLASSES
from core.textbook import MAX_BLOCKS, MIN_BLOCKS, TEXTBOOK

# File of a run's folder that describes its experiment.
EXPERIMENT_FILE = "experiment.json"
OPTIMISERS = ("sgd", "momentum", "adam")
# Sides of the pictures in pixels. Each block halves them.
SIZES = (32, 48, 64)
MIN_CLASSES, MAX_CLASSES = 2, 28
# Classes of a visitor's own pictures, and the length of their names in characters.
MAX_OWN_CLASSES, MAX_CLASS_LENGTH = 10, 60
# Values that may be whole numbers, too: 0 and 0.0 are the same experiment.
FLOATS = ("rate", "decay", "wrong_labels", "goal")
MAX_PICTURES, MAX_EPOCHS, MAX_BATCH = 2000, 200, 256


class BadExperiment(ZooscopeError):
    """The experiment can't be run; the message says what is possible."""


@dataclass(frozen=True)
class Difficulty:
    """How much the drawn scenes of a class differ. Each value is 0 (all alike) to 1.

    Attributes:
        pose: How far objects are turned: up to 20 degrees; above 0 they are also mirrored.
        size: How much smaller than the picture objects may be, and then anywhere in it: down to
            0.35 of its side. This makes questions hardest, and is lower (benchmarks/RESULTS.md).
        background: The share of scenes with a random background; the others have a lawn.
        coat: The share of scenes whose object has a random texture; the others have the plain one.
    """

    pose: float = 0.3
    size: float = 0.2
    background: float = 0.3
    coat: float = 0.3


@dataclass(frozen=True)
class Experiment:
    """A training run. Together with the code it determines the weights on a CPU.

    Attributes:
        classes: Classes of scenes or of the own pictures, the labels of the network's outputs.
        network: "textbook", or the name of an architecture in timm.
        blocks: Number of blocks of the textbook network.
        size: Side of the pictures in pixels.
        pictures: Number of training pictures per class.
        difficulty: How much the scenes differ.
        optimiser: "sgd", "momentum" (SGD with a momentum of 0.9), or "adam".
        rate: Learning rate.
        batch: Number of pictures in a step.
        decay: Weight decay.
        augmented: Whether training pictures are zoomed, turned and recoloured at random.
        wrong_labels: Share of the training pictures that get the label of another class.
        epochs: Most passes over the training pictures.
        goal: Accuracy on the validation pictures at which the run ends.
        seed: Seed of the initial weights, the pictures and the order of the batches.
        picture_set: Reference of a visitor's own pictures; empty for drawn scenes. It is a digest
            of the pictures, so that other pictures make another experiment.
    """

    classes: tuple[str, ...] = ("dog", "wolf", "cat")
    network: str = TEXTBOOK
    blocks: int = 3
    size: int = 48
    pictures: int = 400
    difficulty: Difficulty = field(default_factory=Difficulty)
    optimiser: str = "adam"
    rate: float = 0.002
    batch: int = 32
    decay: float = 0.0
    augmented: bool = False
    wrong_labels: float = 0.0
    epochs: int = 100
    goal: float = 0.9
    seed: int = 0
    picture_set: str = ""

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            BadExperiment: A value is unknown or out of range.
        """
        _check_classes(self.classes, own=bool(self.picture_set))
        _check_choice("optimiser", self.optimiser, OPTIMISERS)
        _check_choice("size", self.size, SIZES)
        _check_whole("blocks", self.blocks, MIN_BLOCKS, MAX_BLOCKS)
        _check_whole("pictures", self.pictures, 1, MAX_PICTURES)
        _check_whole("batch", self.batch, 1, MAX_BATCH)
        _check_whole("epochs", self.epochs, 1, MAX_EPOCHS)
        _check_whole("seed", self.seed, 0, 2**31 - 1)
        _check_number("rate", self.rate, 0, 100)
        _check_number("decay", self.decay, 0, 10)
        _check_number("wrong_labels", self.wrong_labels, 0, 1)
        _check_number("goal", self.goal, 0, 1)
        for factor in fields(Difficulty):
            _check_number(factor.name, getattr(self.difficulty, factor.name), 0, 1)

    @property
    def steps_per_epoch(self) -> int:
        """Number of batches in an epoch."""
        return math.ceil(len(self.classes) * self.pictures / self.batch)

    @property
    def identity(self) -> str:
        """16 hex digits that identify the experiment: equal experiments share a run."""
        text = json.dumps(self.as_json(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def as_json(self) -> dict[str, Any]:
        """Return the experiment as JSON values."""
        numbers = {name: float(getattr(self, name)) for name in FLOATS}
        factors = {name: float(value) for name, value in asdict(self.difficulty).items()}
        values = asdict(self) | numbers | {"difficulty": factors}
        if not self.picture_set:
            del values["picture_set"]  # experiments that are older than this keep their identity
        return values

    def write(self, folder: Path) -> None:
        """Write the experiment into the folder of its run.

        Raises:
            OSError: It can't be written, as on a full disk.
        """
        write_atomically(folder / EXPERIMENT_FILE, json.dumps(self.as_json()).encode())


def from_json(values: dict[str, Any]) -> Experiment:
    """Return the experiment that `Experiment.as_json` described.

    Raises:
        BadExperiment: A value is missing, unknown or out of range.
    """
    try:
        difficulty = Difficulty(**values.pop("difficulty", {}))
        classes = tuple(values.pop("classes"))
        return Experiment(classes=classes, difficulty=difficulty, **values)
    except (TypeError, KeyError, AttributeError) as error:
        raise BadExperiment(f"This is not an experiment: {error}.") from error


def _check_classes(classes: tuple[str, ...], own: bool) -> None:
    most = MAX_OWN_CLASSES if own else MAX_CLASSES
    if not MIN_CLASSES <= len(set(classes)) == len(classes) <= most:
        raise BadExperiment(
            f"An experiment needs {MIN_CLASSES} to {most} different classes; these are"
            f" {', '.join(map(str, classes)) or 'none'}."
        )
    for name in classes:
        if own and not 0 < len(name) <= MAX_CLASS_LENGTH:
            raise BadExperiment(
                f"The class {name[:MAX_CLASS_LENGTH]!r} … has a name of {len(name)} characters;"
                f" give its folder one of at most {MAX_CLASS_LENGTH}."
            )
        if not own and name not in CLASSES:
            nearest = suggest_names(str(name), CLASSES)
            raise BadExperiment(f"There are no drawn scenes of {name!r}.{nearest}")


def _check_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        listed = ", ".join(map(str, choices))
        raise BadExperiment(f"{name} is {value!r}; it must be one of {listed}.")


def _check_whole(name: str, value: object, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadExperiment(f"{name} is {value!r}; it must be a whole number, {low} to {high}.")


def _check_number(name: str, value: object, low: float, high: float) -> None:
    # The comparison is false for NaN.
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadExperiment(f"{name} is {value!r}; it must be from {low:g} to {high:g}.")
