"""How often methods point at the object of drawn scenes, where the truth is known."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core import scenes
from core.saliency import GroundTruthScores, Method
from core.workbench.tasks.saliency_truth import saliency_truth_recipe
from core.zoo import Card
from core.zoo.titles import distinct_titles
from pages.parts.shared import downloads
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.results import Results
from pages.parts.trust.columns import EXPLANATIONS, HEADINGS

LINKED = Linked("trust")
COUNTS = (28, 56, 112, 280)
PLACEHOLDER = 300


def show(results: Results, models: Mapping[str, Card], methods: Sequence[Method]) -> None:
    """Show each network's best method, and the table of all."""
    able = {name: card for name, card in models.items() if tuple(card.labels) == scenes.CLASSES}
    if not able:
        st.info(
            "In drawn scenes the position of the object is known exactly. Choose networks that were"
            " trained on them: those with the badge “drawn scenes”.",
            icon=":material/draw:",
        )
        return
    count = LINKED.select_slider("New scenes, balanced over the classes", COUNTS, "scenes")
    recipes = {
        (name, method.key): saliency_truth_recipe(card, method.key, count)
        for name, card in able.items()
        for method in methods
    }
    results.ask(list(recipes.values()))
    results.show_errors(list(recipes.values()))
    truths = {
        (name, method.title): truth
        for name in able
        for method in methods
        if (truth := results.value(recipes[name, method.key])) is not None
    }
    if not truths:
        results.placeholder(list(recipes.values()), PLACEHOLDER)
        return
    for name in able:
        own = {method: truth for (network, method), truth in truths.items() if network == name}
        if len(own) == len(methods):
            _show_best(able[name], own, count)
    _show_table(truths, distinct_titles(models))


def _show_best(card: Card, truths: Mapping[str, GroundTruthScores], count: int) -> None:
    """Say which methods of a network hit the object most often; all that are equal."""
    pointed = {method: truth.pointed.mean() for method, truth in truths.items()}
    most = max(pointed.values())
    best = " and ".join(method for method, share in pointed.items() if share == most)
    area = next(iter(truths.values())).area.mean()
    st.markdown(
        f"{with_badge(card)} Hits the object most often: {escape_markdown(best)}, in {most:.0%} of"
        f" {count} scenes. A random place would hit it in {area:.0%}."
    )


def _show_table(
    truths: Mapping[tuple[str, str], GroundTruthScores], titles: Mapping[str, str]
) -> None:
    table = pd.DataFrame(
        [
            {
                "network": titles[name], "method": method, "points": truth.pointed.mean(),
                "energy": truth.energy.mean(), "object": truth.area.mean(),
                "insertion": truth.inserted.mean(), "deletion": truth.deleted.mean(),
            }
            for (name, method), truth in truths.items()
        ]
    )  # fmt: skip
    formats = {"points": "percent", "energy": "percent", "object": "percent",
               "insertion": "%.2f", "deletion": "%.2f"}  # fmt: skip
    columns: dict[str, Any] = {
        name: st.column_config.NumberColumn(
            HEADINGS[name], format=shown_as, help=EXPLANATIONS[name]
        )
        for name, shown_as in formats.items()
    }
    for name in ("network", "method"):
        columns[name] = st.column_config.TextColumn(HEADINGS[name])
    st.dataframe(table, hide_index=True, column_config=columns, key="_truth")
    downloads.csv(table, "truth", index=False)
