"""The logits of a picture."""

from dataclasses import dataclass

from core import predict
from core.predict import Logits
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.zoo import Card


@dataclass(frozen=True)
class PictureLogits:
    """The logits of a picture, and how they were computed.

    Attributes:
        logits: The logit of each class.
        seconds: Duration of the forward pass.
        device: Device of the forward pass.
    """

    logits: Logits
    seconds: float
    device: str


def logits_recipe(card: Card, picture: str) -> Recipe[PictureLogits]:
    """Recipe of the logits of a picture.

    Args:
        card: The network's card.
        picture: The picture's id.

    Raises:
        NoClassifier: The network has no classes.
        WeightsUnavailable: The network's weights have to be downloaded first, or do not exist.
    """
    predict.require_classes(card)
    return LOGITS_OF_PICTURE.recipe(card, [picture])


def _compute(call: Call) -> Steps[list[StoredResult]]:
    scores = yield from predict.scores_steps(call.model, call.pictures())
    return [
        StoredResult({"logits": logits}, {"seconds": float(seconds)})
        for logits, seconds in zip(scores.logits, scores.seconds, strict=True)
    ]


def _read(stored: StoredResult) -> PictureLogits:
    return PictureLogits(stored.arrays["logits"], stored.record["seconds"], stored.record["device"])


LOGITS_OF_PICTURE = Task("logits", version=1, compute=_compute, read=_read, cost=0.05, batch=16)
