"""What a network says of the pictures of a set at each step of a dial."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from PIL import Image

from core.compare import normalise_label
from core.corruptions.answers import dial_input_steps
from core.corruptions.dial import Dial
from core.predict import require_classes, softmax
from core.sets import PictureSet
from core.steps import Progress, Steps, as_step, map_progress
from core.zoo import Model


@dataclass(frozen=True)
class JudgedAnswers:
    """A network's answers to some pictures at step 0 to 5 of a dial, and whether they are right.

    Attributes:
        logits: The logits.
        accepted: Which classes are right for each picture.
        groups: The group of each picture, from 0: views of one photograph are a group.
        top: Index of the most probable class.
        confidence: Its probability.
        right: Whether it is right.
    """

    logits: Float[np.ndarray, "n steps classes"]
    accepted: Bool[np.ndarray, "n classes"]
    groups: Int[np.ndarray, " n"]
    top: Int[np.ndarray, "n steps"]
    confidence: Float[np.ndarray, "n steps"]
    right: Bool[np.ndarray, "n steps"]

    @classmethod
    def judge(
        cls,
        logits: Float[np.ndarray, "n steps classes"],
        accepted: Bool[np.ndarray, "n classes"],
        groups: Int[np.ndarray, " n"],
    ) -> "JudgedAnswers":
        """Judge answers. Arguments: see the attributes."""
        top = logits.argmax(2)
        right = np.take_along_axis(accepted, top, 1)
        return cls(logits, accepted, groups, top, softmax(logits).max(2), right)


def accepted_classes(
    class_names: Sequence[str], right: Sequence[Sequence[str]]
) -> Bool[np.ndarray, "n classes"]:
    """Return which of a network's classes are right for each picture, compared by name.

    Args:
        class_names: Names of the network's classes.
        right: Names of the classes that are right for each picture.
    """
    indices: dict[str, list[int]] = {}
    for index, name in enumerate(class_names):
        indices.setdefault(normalise_label(name), []).append(index)
    found = np.zeros((len(right), len(class_names)), bool)
    for row, names in enumerate(right):
        for name in names:
            found[row, indices.get(normalise_label(name), [])] = True
    return found


def first_answers(logits: Float[np.ndarray, "n steps classes"]) -> Bool[np.ndarray, "n classes"]:
    """Return as the right class of each picture what the network says of it unchanged."""
    accepted = np.zeros((len(logits), logits.shape[2]), bool)
    accepted[np.arange(len(logits)), logits[:, 0].argmax(1)] = True
    return accepted


def set_answer_steps(
    m: Model, pictures: PictureSet, dial: Dial
) -> Steps[Float[np.ndarray, "n values"]]:
    """Ask a network about each picture of a set at each step of a dial; a step is a picture.

    Args:
        m: The network.
        pictures: The set.
        dial: The dial.

    Returns:
        The logits of each picture, step after step; the preview of the progress has those of the
        latest picture.

    Raises:
        NoClassifier: The network has no classes.
    """
    require_classes(m.card)
    rows: list[np.ndarray] = []
    for img in _read(m, pictures):
        yield Progress(len(rows), len(pictures), preview=rows[-1:] or None)
        steps = dial_input_steps(m, img, dial)
        colours = yield from map_progress(steps, as_step(len(rows), len(pictures)))
        x = m.preprocessing.normalised(colours)
        with m.borrow() as net, torch.no_grad():
            rows.append(m.in_batches(net, x).float().cpu().numpy().ravel())
    yield Progress(len(rows), len(rows), preview=rows[-1:])
    return np.stack(rows)


def _read(m: Model, pictures: PictureSet) -> Iterator[Image.Image]:
    """Yield the pictures of a set; scenes are drawn as large as the network's input."""
    side = max(m.input_size[1:])
    return (pictures.image(index, side) for index in range(len(pictures)))
