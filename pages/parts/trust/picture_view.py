"""How far to trust the maps of the chosen picture."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core import saliency
from core.pictures import Picture, scene
from core.saliency import Method
from core.workbench.recipes import Recipe
from core.workbench.tasks.saliency_checks import saliency_checks_recipe
from core.workbench.tasks.saliency_map import saliency_map_recipe
from core.workbench.tasks.saliency_scores import saliency_scores_recipe
from core.zoo import Card
from core.zoo.titles import distinct_titles
from pages.parts.shared import downloads
from pages.parts.shared.linked import Linked
from pages.parts.shared.results import Results
from pages.parts.trust import detail
from pages.parts.trust.columns import EXPLANATIONS, HEADINGS
from pages.parts.trust.evaluated_map import EvaluatedMap
from pages.parts.trust.verdicts import show_verdicts

LINKED = Linked("trust")
PLACEHOLDER = 300
SCENE = "scene:"


def show(
    results: Results, models: Mapping[str, Card], picture: Picture, methods: Sequence[Method]
) -> None:
    """Show the verdict on each network's maps, the table of all maps, and one network's details."""
    verdicts = st.container()
    with_checks = LINKED.toggle(
        "Run sanity checks (slow)", "checks",
        help="Does the map change when the network's weights are shuffled, and does it stay the"
        " same under noise that nobody can see? Each method runs twelve times more.",
    )  # fmt: skip
    evaluated, recipes = _evaluated(results, models, picture, methods, with_checks)
    with verdicts:
        show_verdicts(models, evaluated, len(methods))
    if evaluated:
        _show_table(_table(models, evaluated))
        detail.show(evaluated, models, methods)
    else:
        results.placeholder(recipes, PLACEHOLDER)


def _evaluated(
    results: Results,
    models: Mapping[str, Card],
    picture: Picture,
    methods: Sequence[Method],
    with_checks: bool,
) -> tuple[list[EvaluatedMap], list[Recipe]]:
    """The maps whose scores are there, and all recipes that were asked."""
    pairs = list(product(models.values(), methods))
    maps = [saliency_map_recipe(card, picture.id, method.key) for card, method in pairs]
    scores = [
        saliency_scores_recipe(card, picture.id, recipe)
        for (card, _), recipe in zip(pairs, maps, strict=True)
    ]
    checks = [
        saliency_checks_recipe(card, picture.id, method.key)
        for card, method in pairs if with_checks
    ]  # fmt: skip
    recipes: list[Recipe] = [*maps, *scores, *checks]
    results.ask(recipes)
    results.show_errors(recipes)
    evaluated = []
    for index, (card, method) in enumerate(pairs):
        explained, scored = results.value(maps[index]), results.value(scores[index])
        checked = results.value(checks[index]) if with_checks else None
        if explained is not None and scored is not None:
            evaluated.append(EvaluatedMap(card, picture, method, explained, scored, checked))
    return evaluated, recipes


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


def _show_table(table: pd.DataFrame) -> None:
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
    st.dataframe(table, hide_index=True, column_config=columns, key="_table")
    downloads.csv(table, "trust", index=False)
