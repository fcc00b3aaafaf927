"""A visitor's own pictures for training: checked, made small, split, and put into the run's folder.

The folder then has what the child process needs, in small copies only, and is deleted with the run.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save as to_bytes

from core.atomic_file import write_atomically
from core.errors import ZooscopeError
from core.sets import PictureSet
from core.steps import Progress, Steps
from core.train_lab.experiment import MAX_OWN_CLASSES, MIN_CLASSES, Experiment
from core.train_lab.pictures import FILE_NAME, TRAINING, VALIDATION, labels_name, pictures_name
from core.train_lab.split import copies, split, thumbnail, validation_count
from core.zoo import Preprocessing

# The fewest pictures, and the most that are read of each class: 400 take about 5 s.
MIN_PICTURES, MAX_CLASS_PICTURES = 20, 400
# A class needs a picture for training and one for validation.
MIN_CLASS_PICTURES = 2


# Names of folders that hold parts of a data set rather than classes.
PARTS = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})


class BadPictures(ZooscopeError):
    """A set of pictures can't be trained on; the message says why."""


def check_pictures(chosen: PictureSet) -> dict[str, int]:
    """Return the number of labelled pictures of each class, if a network can be trained on them.

    Raises:
        BadPictures: There are too few or too many classes, or too few pictures.
    """
    labels = [chosen.label(index) for index in range(len(chosen))]
    counts = dict(sorted(Counter(filter(None, labels)).items()))
    if len(counts) < MIN_CLASSES:
        raise BadPictures(
            "The pictures have only one class, or none. Put the pictures of each class into a"
            f" folder of its own, {MIN_CLASSES} to {MAX_OWN_CLASSES} folders in all: dogs/1.jpg,"
            " cats/1.jpg."
        )
    if all(name.lower() in PARTS for name in counts):
        raise BadPictures(
            f"The folders {' and '.join(counts)} are no classes. Upload one of them only: the"
            " pictures are split into training and validation pictures here."
        )
    if len(counts) > MAX_OWN_CLASSES:
        raise BadPictures(
            f"There are {len(counts)} classes; a network learns {MIN_CLASSES} to {MAX_OWN_CLASSES}"
            " here. Take some folders out of the zip."
        )
    few = [name for name, count in counts.items() if count < MIN_CLASS_PICTURES]
    if few:
        raise BadPictures(
            f"The class {few[0]!r} has one picture only: a network learns from some pictures and is"
            " tested on others. Add pictures of it."
        )
    if sum(counts.values()) < MIN_PICTURES:
        raise BadPictures(
            f"There are {sum(counts.values())} pictures; a network needs {MIN_PICTURES} or more."
            " Add some to each class."
        )
    return counts


def training_count(counts: Mapping[str, int]) -> int:
    """Return how many training pictures the largest class has.

    Args:
        counts: The number of pictures of each class.
    """
    largest = min(max(counts.values()), MAX_CLASS_PICTURES)
    return largest - validation_count(min(counts.values()), len(counts))


def prepare_steps(chosen: PictureSet, experiment: Experiment, folder: Path) -> Steps[None]:
    """Write the training and validation pictures of an experiment into a run's folder.

    A step reads a picture. Classes with fewer pictures than the experiment asks for repeat theirs,
    so that all classes weigh the same.

    Args:
        chosen: The set of pictures.
        experiment: The experiment, whose classes are those of the set.
        folder: The run's folder, which exists.

    Raises:
        BadPictures: The set can't be trained on.
        CannotSplit: All pictures of a class are copies of one another.
        BrokenFile: A picture can no longer be read.
        OSError: The pictures can't be written, as on a full disk.
    """
    if (folder / FILE_NAME).is_file():
        return
    check_pictures(chosen)
    indices = _chosen_indices(chosen, experiment.classes)
    as_input_size = _preprocessing(experiment.size)
    pixels, thumbnails = [], []
    for number, index in enumerate(indices):
        yield Progress(0, 1, note=f"reading pictures: {number} of {len(indices)}")
        img = chosen.image(index)
        pixels.append(torch.from_numpy(np.array(as_input_size.crop(img))).permute(2, 0, 1))
        thumbnails.append(thumbnail(img))
    labels = [experiment.classes.index(chosen.label(index)) for index in indices]
    parts = split(labels, copies(np.stack(thumbnails)), experiment.classes)
    tensors: dict[str, torch.Tensor] = {}
    for part, by_class in ((TRAINING, parts.training), (VALIDATION, parts.validation)):
        rows = _in_turn(by_class, experiment.pictures if part == TRAINING else None)
        tensors[pictures_name(part)] = torch.stack([pixels[row] for row in rows])
        tensors[labels_name(part)] = torch.tensor([labels[row] for row in rows])
    write_atomically(folder / FILE_NAME, to_bytes(tensors))


def _chosen_indices(chosen: PictureSet, classes: Sequence[str]) -> list[int]:
    """Return the indices of at most `MAX_CLASS_PICTURES` pictures of each class.

    Keys are digests: their order has nothing to do with what the pictures show.
    """
    by_key = sorted(range(len(chosen)), key=lambda index: (chosen.keys[index], index))
    kept: list[int] = []
    for name in classes:
        kept += [index for index in by_key if chosen.label(index) == name][:MAX_CLASS_PICTURES]
    return kept


def _in_turn(by_class: Sequence[Sequence[int]], count: int | None) -> list[int]:
    """Return pictures of the classes in turn: `count` of each, repeated where there are fewer."""
    most = max(map(len, by_class)) if count is None else count
    return [
        rows[number % len(rows)]
        for number in range(most)
        for rows in by_class
        if count is not None or number < len(rows)
    ]


def _preprocessing(size: int) -> Preprocessing:
    """Return how pictures are made small: as pages do it later for the trained network."""
    return Preprocessing((3, size, size), "bilinear", (0.5,) * 3, (0.5,) * 3, 1.0, "center")
