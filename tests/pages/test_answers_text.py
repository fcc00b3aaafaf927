"""What networks say in a sentence: those that know the same things are compared."""

from types import SimpleNamespace
from typing import Any

import pytest

from core import zoo
from core.predict import Prediction
from pages.parts.shared.answers_text import NetworkAnswer, describe_answers

FIRST, SECOND = "resnet18.a1_in1k", "resnet34.a1_in1k"
SCENES, TWIN = "bundled/scenes-regnet", "bundled/scenes-mobilenet"
UNTRAINED = "untrained/resnet18"


def described(reference: str, **labels: str) -> Any:
    picture: Any = SimpleNamespace(reference=reference)
    names = {"first": FIRST, "second": SECOND, "scenes": SCENES, "twin": TWIN, "chance": UNTRAINED}
    answers = [
        NetworkAnswer(key, zoo.describe(names[key]), Prediction(label, 0, 0.25))
        for key, label in labels.items()
    ]
    return describe_answers(answers, picture)


@pytest.mark.parametrize(
    ("reference", "labels", "text", "agree"),
    [
        ("photo:cat", {"first": "cat", "second": "cat"}, "Both say **cat**.", True),
        ("photo:cat", {"first": "cat", "second": "dog"},
         "first says **cat** (25%); second says **dog** (25%).", False),
        # A network of drawn scenes does not know macaws, so it does not disagree about one.
        ("photo:macaw", {"scenes": "rabbit", "first": "macaw", "second": "macaw"},
         "Both ImageNet networks say **macaw**. scenes says **rabbit** (25%), but it knows only"
         " drawn scenes.", True),
        ("scene:cat~1", {"first": "mask", "scenes": "cat", "twin": "cat", "second": "mask"},
         "Both drawn-scene networks say **cat**. Both ImageNet networks say **mask**, but they know"
         " only photographs.", True),
        ("photo:cat", {"first": "cat", "chance": "kite"},
         "first says **cat** (25%). chance says **kite**, by chance: it is untrained.", None),
    ],
)  # fmt: skip
def test_networks_are_compared_with_those_that_know_the_same(
    bundled: list[str], reference, labels, text, agree
):
    said = described(reference, **labels)
    assert said.text == text
    assert said.agree is agree
