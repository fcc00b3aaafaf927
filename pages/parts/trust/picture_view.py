"""How far to trust the maps of the chosen picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import saliency
from core.pictures import Picture, scene
from core.saliency import Evaluation, Method
from core.workbench.recipes import Recipe
from core.workbench.tasks.saliency_checks import SaliencyChecks, saliency_checks_recipe
from core.workbench.tasks.saliency_map import SaliencyMap, saliency_map_recipe
from core.workbench.tasks.saliency_scores import saliency_scores_recipe
from core.zoo import Card
from core.zoo.titles import distinct_titles
from pages.parts.shared import downloads
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results
from pages.parts.trust import detail
from pages.parts.trust.columns import EXPLANATIONS, HEADINGS
from pages.parts.trust.evaluated_map import EvaluatedMap
from pages.parts.trust.verdicts import Tests, show_verdicts

LINKED = Linked("trust")
SCENE = "scene:"
# Height of a row of a table in pixels, and the rows that are shown without scrolling.
ROW_HEIGHT, MAX_ROWS = 35, 10


def show(
    results: Results,
    models: Mapping[str, Card],
    picture: Picture,
    methods: Sequence[Method],
    progress: DeltaGenerator,
) -> None:
    """Show the verdict on each network's maps, the table of all maps, and one network's details.

    Until all methods are tested, the verdicts say how many are.

    Args:
        results: Of the page.
        models: The networks by name.
        picture: The picture.
        methods: The methods.
        progress: Where to show progress.
    """
    verdicts = st.container()
    with_checks = LINKED.toggle(
        "Run sanity checks (slow)", "checks",
        help="Does the map change when the network's weights are shuffled, and does it stay the"
        " same under noise that nobody can see? Each method runs twelve times more.",
    )  # fmt: skip
    body = st.container()
    tested = [
        MapRecipes.build(card, picture, method, with_checks)
        for card, method in product(models.values(), methods)
    ]
    recipes = [recipe for stage in zip(*(each.all for each in tested), strict=True)
               for recipe in stage]  # fmt: skip
    with progress:
        results.ask(recipes)
    tests = {
        name: _tests(results, picture, [each for each in tested if each.card is card])
        for name, card in models.items()
    }
    with verdicts:
        show_verdicts(models, tests)
    evaluated = [each for of_network in tests.values() for each in of_network.evaluated]
    height = ROW_HEIGHT * (1 + min(len(tested), MAX_ROWS)) + 2
    with body:
        results.show_errors(recipes)
        if evaluated:
            _show_table(_table(models, evaluated), height)
            _explain_agreement(methods)
            detail.show(evaluated, models, methods)
        else:
            results.placeholder(recipes, height)


@dataclass(frozen=True)
class MapRecipes:
    """The recipes of a network's map by a method.

    Attributes:
        card: The network's card.
        method: The method.
        explained: The map.
        scores: Insertion and deletion.
        checks: Sanity and sensitivity; None where they are not requested.
    """

    card: Card
    method: Method
    explained: Recipe[SaliencyMap]
    scores: Recipe[Evaluation]
    checks: Recipe[SaliencyChecks] | None

    @classmethod
    def build(cls, card: Card, picture: Picture, method: Method, checks: bool) -> "MapRecipes":
        """Return the recipes."""
        explained = saliency_map_recipe(card, picture.id, method.key)
        return cls(
            card, method, explained, saliency_scores_recipe(card, picture.id, explained),
            saliency_checks_recipe(card, picture.id, method.key) if checks else None,
        )  # fmt: skip

    @property
    def all(self) -> list[Recipe[Any]]:
        """All of them."""
        return [self.explained, self.scores, *([self.checks] if self.checks else [])]


def _tests(results: Results, picture: Picture, own: Sequence[MapRecipes]) -> Tests:
    """Return what is known of a network's maps."""
    evaluated = []
    for each in own:
        explained, scored = results.value(each.explained), results.value(each.scores)
        checked = results.value(each.checks) if each.checks else None
        if explained is not None and scored is not None:
            evaluated.append(
                EvaluatedMap(each.card, picture, each.method, explained, scored, checked)
            )
    pending = [each.method.title for each in own if not results.done(each.all)]
    return Tests(evaluated, pending, len(own))


def _table(models: Mapping[str, Card], evaluated: Sequence[EvaluatedMap]) -> pd.DataFrame:
    """Return a row for each map."""
    titles = distinct_titles(models)
    rows = []
    for name in models:
        own = [each for each in evaluated if each.card.name == name]
        agreements = _agreements(own)
        rows += [
            {"network": titles[name], **_row(each, agreement)}
            for each, agreement in zip(own, agreements, strict=True)
        ]
    return pd.DataFrame(rows).dropna(axis="columns", how="all")


def _agreements(own: Sequence[EvaluatedMap]) -> list[float]:
    """Return how well each of a network's maps agrees with the others on average.

    NaN for flat maps, which agree with nothing, and where there is no other map.
    """
    shown = [index for index, each in enumerate(own) if not each.explained.flat]
    means = np.full(len(own), np.nan)
    if len(shown) > 1:
        correlations = saliency.rank_agreement(np.stack([own[index].map for index in shown]))
        means[shown] = (correlations.sum(1) - 1) / (len(shown) - 1)
    return means.tolist()


def _row(own: EvaluatedMap, agreement: float) -> dict[str, object]:
    """The table's row for a map."""
    flat = own.explained.flat
    row: dict[str, object] = {
        "method": own.method.title + " · no evidence found" * flat,
        "insertion": own.scores.insertion_area[0], "deletion": own.scores.deletion_area[0],
    }  # fmt: skip
    if own.picture.reference.startswith(SCENE):
        mask = _object_mask(own)
        row["points"] = bool(saliency.peak_in_mask(own.map[None], mask[None])[0])
        row["energy"] = saliency.energy_in_mask(own.map[None], mask[None])[0]
    row["agreement"] = agreement
    if own.checks and not flat:  # whether a flat map is steady means nothing
        row["sanity"] = abs(own.checks.similarity[-1])
        row["sensitivity"] = own.checks.sensitivity
    return row


def _object_mask(own: EvaluatedMap) -> np.ndarray:
    """The mask of a drawn scene's object on the network's input grid."""
    drawn = scene(own.picture.reference.removeprefix(SCENE))
    return saliency.mask_on_grid(own.card.preprocessing, drawn.mask("object"))


def _explain_agreement(methods: Sequence[Method]) -> None:
    """Say why signed maps of single pixels may agree with no other map, where there are any."""
    scattered = [each.title for each in methods if each.family == "gradient" and each.signed]
    if not scattered or len(methods) == len(scattered):
        return
    names = escape_markdown(" and ".join(scattered))
    st.caption(
        f"About the agreement of {names}: near 0.00 is usual, and no fault. Such a map has a value"
        " of either sign for every single pixel, for and against the class side by side; a map by"
        " a CAM is a smooth area. Compared pixel by pixel, the two look unrelated even where they"
        " mark the same part."
    )


def _show_table(table: pd.DataFrame, height: int) -> None:
    columns: dict[str, Any] = {
        name: st.column_config.NumberColumn(
            HEADINGS[name], format="%.2f", help=EXPLANATIONS[name]
        )
        for name in EXPLANATIONS if name in table and name != "points"
    }  # fmt: skip
    for name in ("network", "method"):
        columns[name] = st.column_config.TextColumn(HEADINGS[name])
    if "points" in table:
        columns["points"] = st.column_config.CheckboxColumn(
            HEADINGS["points"], help=EXPLANATIONS["points"]
        )
    st.dataframe(table, hide_index=True, column_config=columns, key="_table", height=height)
    downloads.csv(table, "trust", index=False)
