"""How many units of each block cover a place, a part or the whole object, by depth."""

from collections.abc import Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from core import dissect, figures
from core.dissect import PartScores
from core.layer_info import LayerInfo
from core.workbench.tasks.part_scores import part_scores_recipe
from core.zoo import Card
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.results import Results

# Blocks of each network whose units are examined, and the overlap from which a unit counts.
BLOCKS, MIN_IOU = 6, 0.1
# Units in the table, and height of the chart's placeholder in pixels.
ROWS, PLACEHOLDER = 50, 300


def show(
    results: Results, models: Mapping[str, Card], layers: Mapping[str, Sequence[LayerInfo]]
) -> None:
    """Show a chart and a table for each network."""
    st.caption(
        "How many channels of each block match something in drawn scenes: a place (background), a"
        f" part, or the whole object. A match has an overlap (IoU) of at least {MIN_IOU} (Network"
        " Dissection, Bau et al. 2017)."
    )
    foreign = [card for card in models.values() if not card.knows_scenes_only]
    if foreign:
        names = ", ".join(escape_markdown(card.title) for card in foreign)
        st.caption(f":material/info: Not trained on drawn scenes, so expect few matches: {names}.")
    recipes = {
        name: {layer.name: part_scores_recipe(card, layer.name) for layer in _some(layers[name])}
        for name, card in models.items()
    }
    every = [recipe for own in recipes.values() for recipe in own.values()]
    results.ask(every)
    results.show_errors(every)
    for place, (name, card) in zip(st.columns(len(models)), models.items(), strict=True):
        scores = results.values(recipes[name])
        with place:
            st.markdown(with_badge(card))
            if scores:
                _show_network(card, scores)
            else:
                results.placeholder(list(recipes[name].values()), PLACEHOLDER)


def _some(layers: Sequence[LayerInfo]) -> Sequence[LayerInfo]:
    """Blocks evenly spread over all, the last one among them."""
    step = max(1, -(-len(layers) // BLOCKS))
    return layers[step - 1 :: step]


def _show_network(card: Card, scores: Mapping[str, PartScores]) -> None:
    counts = dissect.count_kinds(scores, MIN_IOU)
    st.plotly_chart(
        figures.stacked_counts(counts),
        key=f"_kinds_{card.name}",
        config={"displayModeBar": False},
        alt=f"Channels of {card.title} by kind of match and depth",
    )
    table = pd.concat(
        {layer: each.best() for layer, each in scores.items()}, names=["Layer", "Channel"]
    )
    bar = partial(st.column_config.ProgressColumn, format="%.2f", max_value=1.0)
    st.dataframe(
        table.sort_values("part_iou", ascending=False).head(ROWS),
        column_config={
            "concept": "Best match", "iou": bar("Overlap (IoU)"), "part": "Best part",
            "part_iou": bar("Overlap of the part"),
        },
    )  # fmt: skip
