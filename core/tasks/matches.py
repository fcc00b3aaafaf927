"""Which units of two layers are alike, of their responses to the same pictures."""

from collections.abc import Sequence
from typing import cast

from core import compare
from core.compare import OtherPictures, Pairs
from core.recipes import Input, Recipe, Result, Task
from core.steps import Progress, Steps
from core.tasks.units import responses_of
from core.zoo import Model


def _steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    results: list[Result] = []
    for given in inputs:
        yield Progress(len(results), len(recipes))
        a, b = (responses_of(cast(Result, one)).peak for one in given)
        found = compare.pairs(a, b)
        results.append(Result({"units": found.units, "r": found.r}))
    return results


MATCHES = Task("matches", version=1, steps=_steps, cost=0.3)


def matches_recipe(a: Recipe, b: Recipe) -> Recipe:
    """Units of two layers in pairs, by their peaks over the same pictures: of `responses_recipe`s.

    Raises:
        OtherPictures: They are of different pictures.
    """
    if (a.inputs, a.options) != (b.inputs, b.options):
        raise OtherPictures(
            "Units are matched by what they do over the same pictures; ask both layers of one set."
        )
    return Recipe(MATCHES.name, MATCHES.version, inputs=(a, b))


def matches_of(result: Result) -> Pairs:
    """The pairs that such a recipe gave."""
    return Pairs(result.arrays["units"], result.arrays["r"])
