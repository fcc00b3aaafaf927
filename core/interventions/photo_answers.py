"""What a network says of a photograph and of its changed copies."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from PIL import Image

from core import predict
from core.interventions.area import Cells
from core.interventions.photo_changes import PHOTO_CHANGES, UNCHANGED, changed_photographs
from core.steps import Steps
from core.zoo import Model


@dataclass(frozen=True)
class PhotoAnswers:
    """The answers to a photograph and to its changed copies.

    Attributes:
        logits: The logits of each picture.
        keys: What was changed in each: `UNCHANGED` first, then keys of `PHOTO_CHANGES`.
    """

    logits: Float[np.ndarray, "pictures classes"]
    keys: tuple[str, ...]

    def probabilities(self) -> Float[np.ndarray, "pictures classes"]:
        """Return the class probabilities of each picture."""
        return predict.softmax(self.logits)

    def kept(self) -> dict[str, float]:
        """Return the probability of the first answer by change; "unchanged" is the photograph's."""
        found = self.probabilities()
        return dict(zip(self.keys, found[:, found[0].argmax()].tolist(), strict=True))

    def mean_kept(self, group: str) -> float | None:
        """Return the mean share of the first answer's probability that a group of changes keeps.

        None where no change of the group was made.
        """
        kept = self.kept()
        shares = [kept[key] / kept[UNCHANGED] for key in self.keys[1:]
                  if PHOTO_CHANGES[key].group == group]  # fmt: skip
        return float(np.mean(shares)) if shares else None


def photo_answer_steps(m: Model, img: Image.Image, cells: Cells) -> Steps[PhotoAnswers]:
    """Ask a network about a photograph and its changed copies; the progress counts pictures.

    Args:
        m: The network.
        img: The photograph.
        cells: The marked area; changes that need one are left out where no cell is marked.

    Raises:
        NoClassifier: The network has no classes.
    """
    predict.require_classes(m.card)
    changed = changed_photographs(img, cells)
    found = yield from predict.scores_steps(m, list(changed.values()))
    return PhotoAnswers(found.logits, tuple(changed))
