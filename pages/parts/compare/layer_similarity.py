"""CKA of all main layers of two networks, and the units that match in two of the layers."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core import compare, figures
from core.sets import PictureSet
from core.workbench.tasks.layer_similarity import (
    LayerSimilarity,
    gram_matrices_recipe,
    layer_similarity_recipe,
)
from core.zoo import Card
from pages.parts.compare.matched_units import show_matched_units
from pages.parts.shared import downloads
from pages.parts.shared.heatmap_picker import pick_cell
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results

LINKED = Linked("compare")
PLACEHOLDER = 420


def show(results: Results, models: Mapping[str, Card], pictures: PictureSet) -> None:
    """Show the heat map, and below it the units that match in the chosen layers."""
    st.caption(
        "Each cell compares a layer of one network with a layer of the other: 1 where both find the"
        " same pictures similar, whatever their channels, and about 0 where they are unrelated"
        " (CKA, centred kernel alignment, Kornblith et al. 2019)."
    )
    try:
        compare.shuffled_batches(len(pictures), seed=0)
    except compare.TooFewPictures as error:
        st.info(escape_markdown(error), icon=":material/photo_library:")
        return
    a, b = _pick_pair(models)
    grams = [gram_matrices_recipe(card, pictures.reference) for card in (a, b)]
    recipe = layer_similarity_recipe(*grams)
    # The Gram matrices are asked as well, since it is they that have progress to show.
    results.ask([*dict.fromkeys(grams), recipe])
    similarity = results.show(recipe, PLACEHOLDER)
    if similarity is None:
        return
    chosen = _show_heatmap(similarity, a, b, len(pictures))
    if chosen:
        show_matched_units(results, (a, b), chosen, pictures)


def _pick_pair(models: Mapping[str, Card]) -> tuple[Card, Card]:
    """Pickers of the two networks; the second may be the first again."""
    names = list(models)
    left, right = st.columns(2)
    with left:
        a = LINKED.select("Rows", names, "one", names[0])
    with right:
        b = LINKED.select(
            "Columns", names, "other", names[min(1, len(names) - 1)],
            help="Choose the same network twice to see which of its layers do the same.",
        )  # fmt: skip
    return models[a], models[b]


def _show_heatmap(
    similarity: LayerSimilarity, a: Card, b: Card, count: int
) -> tuple[str, str] | None:
    """The heat map; returns the layers of the chosen cell."""
    cka, error = similarity.cka, similarity.error
    st.caption(_precision(cka.to_numpy(), error.to_numpy(), count))
    figure = figures.layer_similarity(cka, a.title, b.title, error)
    row_title, column_title = (f"Layer of {escape_markdown(card.title)}" for card in (a, b))
    chosen = pick_cell(
        figure, cka, LINKED, ("row", "column"), (row_title, column_title),
        f"CKA of every main layer of {a.title} with every one of {b.title}",
    )  # fmt: skip
    _offer_downloads(cka, error, figure, f"cka-{a.title}-{b.title}")
    return chosen


def _offer_downloads(cka: pd.DataFrame, error: pd.DataFrame, figure: go.Figure, stem: str) -> None:
    arrays = {
        "cka": cka.to_numpy(), "standard_error": error.to_numpy(),
        "rows": cka.index.to_numpy(str), "columns": cka.columns.to_numpy(str),
    }  # fmt: skip
    with st.container(horizontal=True):
        downloads.csv(cka, stem)
        downloads.npz(arrays, stem)
        downloads.html(figure, stem)


def _precision(values: np.ndarray, errors: np.ndarray, count: int) -> str:
    """How precise the figures are with this number of pictures."""
    if np.isnan(values).all():
        return "All layers find these pictures the same; choose other pictures."
    known = errors[np.isfinite(errors)]
    if not known.size:
        return (
            f"With {count} pictures, one mini-batch, the error of these figures is not known;"
            " choose a hundred pictures or more."
        )
    return (
        f"Typical error ±{np.median(known):.2f}, largest ±{known.max():.2f} over {count:,} pictures"
        " (standard error, jackknife over mini-batches); four times as many pictures halve it."
        " Unrelated layers score about 0. Click a cell for its matching channels."
    )
