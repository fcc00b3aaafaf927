"""A network on the page Bias."""

from dataclasses import dataclass

from core.interventions import Answers, Verdict
from core.workbench.recipes import Recipe
from core.zoo import Card


@dataclass(frozen=True)
class TestedNetwork:
    """A network, and the recipes of what the page shows of it.

    Attributes:
        card: The network's card.
        answers: What it says of scenes and of their changed copies.
        verdict: Which shortcuts it uses.
    """

    __test__ = False  # not a test of pytest

    card: Card
    answers: Recipe[Answers]
    verdict: Recipe[Verdict]
