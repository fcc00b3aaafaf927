"""What a network says of scenes and of their changed copies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from PIL import Image

from core import predict
from core.interventions.factors import FACTORS
from core.interventions.pairs import Pairs, scene_classes
from core.steps import Progress, Steps
from core.zoo import Model

# Scenes that are drawn at once. Scenes of one class are drawn together.
DRAWN_AT_ONCE = 112


@dataclass(frozen=True)
class Answers:
    """The class probabilities of scenes and of their changed copies.

    Attributes:
        pairs: The scenes.
        classes: The network's classes, in the order of the probabilities.
        before: Probabilities of each scene.
        after: Probabilities of the copies in which a factor is changed, in the order of `FACTORS`.
    """

    pairs: Pairs
    classes: tuple[str, ...]
    before: Float[np.ndarray, "n classes"]
    after: Float[np.ndarray, "factors n classes"]

    @property
    def own(self) -> np.ndarray:
        """Index of each scene's own class, (n,)."""
        return np.array([self.classes.index(name) for name in self.pairs.classes])


def answer_steps(m: Model, pairs: Pairs) -> Steps[Answers]:
    """Draw scenes and their changed copies, and ask a network; the progress counts scenes.

    Args:
        m: The network.
        pairs: The scenes, of classes that the network knows.

    Raises:
        UnknownClasses: The network knows other things than scenes.
    """
    classes = scene_classes(m.labels)
    count, total = len(pairs.classes), len(pairs.classes) * (1 + len(FACTORS))
    before = np.zeros((count, len(classes)), np.float32)
    after = np.zeros((len(FACTORS), count, len(classes)), np.float32)
    done = 0
    for start in range(0, count, DRAWN_AT_ONCE):
        rows = range(start, min(start + DRAWN_AT_ONCE, count))
        part = slice(rows.start, rows.stop)
        imgs = pairs.draw(rows, m.input_size[1])
        before[part] = probabilities(m, imgs)
        for number, key in enumerate(FACTORS):
            done += len(rows)
            yield Progress(done, total)
            after[number, part] = probabilities(m, pairs.change(imgs, rows, key))
        done += len(rows)
    return Answers(pairs, classes, before, after)


def probabilities(m: Model, imgs: Sequence[Image.Image]) -> Float[np.ndarray, "n classes"]:
    """Return the class probabilities of pictures."""
    return predict.softmax(predict.scores(m, imgs).logits)
