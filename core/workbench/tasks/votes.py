"""What each unit of the last features adds to the score of a class."""

from core import dissect, predict
from core.dissect import Votes
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task, one_by_one
from core.zoo import Card


def votes_recipe(card: Card, picture: str) -> Recipe[Votes]:
    """Recipe of what each unit of the last features adds to the top class of a picture.

    Args:
        card: The network's card.
        picture: The picture's id.

    Raises:
        NoClassifier: The network has no classes.
        WeightsUnavailable: The network's weights have to be downloaded first, or do not exist.
    """
    predict.require_classes(card)
    return VOTES.recipe(card, [picture])


def _compute(call: Call) -> Steps[list[StoredResult]]:
    pictures = call.pictures()

    def votes(index: int) -> StoredResult:
        found = dissect.votes(call.model, pictures[index])
        record = {
            "class_index": found.class_index, "bias": found.bias, "layer": found.layer,
            "grid": list(found.grid),
        }  # fmt: skip
        return StoredResult({"summands": found.summands, "places": found.places}, record)

    return (yield from one_by_one(call, votes))


def _read(stored: StoredResult) -> Votes:
    record = stored.record
    height, width = record["grid"]
    return Votes(
        record["class_index"], stored.arrays["summands"], record["bias"], record["layer"],
        (height, width), stored.arrays["places"],
    )  # fmt: skip


VOTES = Task("votes", version=1, compute=_compute, read=_read, cost=0.15)
