"""How a network's prediction changes as pixels come and go, and how similar the maps are."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
import streamlit as st

from core import figures, saliency
from core.saliency import Method
from core.zoo import Card, distinct_titles
from pages.parts.shared.layer_picker import pick_model
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.method_picker import pick_method
from pages.parts.trust.evaluated_map import RANKS, TOP_TENTH, EvaluatedMap, map_similarity

LINKED = Linked("trust")
PLACEHOLDER = 300


def show(
    evaluated: Sequence[EvaluatedMap], models: Mapping[str, Card], methods: Sequence[Method]
) -> None:
    """Show the curves of a network's methods, the picture at a step, and which maps are similar.

    Args:
        evaluated: The maps that are there.
        models: All chosen networks by name.
        methods: All chosen methods.
    """
    card = pick_model(models)
    own = {each.method.key: each for each in evaluated if each.card.name == card.name}
    st.subheader("Adding and removing pixels", anchor=False)
    st.caption(
        "Insertion adds the pixels that a map ranks highest to a blurred picture; deletion turns"
        " them grey. With a good map, the probability rises early in the first and falls early in"
        " the second."
    )
    left, right = st.columns(2)
    with left:
        percent = LINKED.slider(
            "Share of pixels changed", 0, 100, "share", 20, step=5, format="%d%%"
        )
    with right:
        method = pick_method("Ranked by", methods)
    if method.key not in own:
        st.container(height=PLACEHOLDER, border=True)
        return
    _show_curves(own, own[method.key], percent / 100)
    _show_randomisation(own)
    _show_similarity(own, [each for each in evaluated if each.method.key == method.key])


def _show_curves(own: Mapping[str, EvaluatedMap], shown: EvaluatedMap, share: float) -> None:
    inserted, deleted = saliency.changed_pictures(
        shown.card.preprocessing, shown.picture.image, shown.map, share
    )
    label = shown.card.labels[shown.explained.class_index]
    for name, picture in (("insertion", inserted), ("deletion", deleted)):
        curves = {each.method.title: _curve(each, name) for each in own.values()}
        title = "Adding pixels" if name == "insertion" else "Removing pixels"
        left, right = st.columns([3, 1], vertical_alignment="center")
        left.plotly_chart(
            figures.pixel_share_curves(curves, share, f"{title}: probability of {label}"),
            key=f"_{name}", config={"displayModeBar": False},
            alt=f"{name.capitalize()} curves of all methods",
        )  # fmt: skip
        curve = _curve(shown, name)
        now = np.interp(share, np.linspace(0, 1, len(curve)), curve)
        right.image(
            picture, width="stretch", output_format="JPEG",
            alt=f"The picture at this step of {name}", caption=f"{shown.method.title}: {now:.0%}",
        )  # fmt: skip


def _curve(evaluated: EvaluatedMap, name: str) -> np.ndarray:
    scores = evaluated.scores
    return scores.insertion[0] if name == "insertion" else scores.deletion[0]


def _show_randomisation(own: Mapping[str, EvaluatedMap]) -> None:
    """Show how the maps change as the weights are randomised, where that was asked for."""
    curves = {
        each.method.title: (each.checks.shares, each.checks.similarity)
        for each in own.values()
        if each.checks
    }
    if not curves:
        return
    st.subheader("Randomising the weights", anchor=False)
    st.caption(
        "The weights are shuffled layer by layer, from the classifier down. The similarity of a map"
        " that shows what the network learned falls to 0; a map that stays similar shows the"
        " picture's own structure (Adebayo et al. 2018)."
    )
    st.plotly_chart(
        figures.randomisation_curves(curves), key="_cascade", config={"displayModeBar": False},
        alt="Similarity to the original map as layers are shuffled, by method",
    )  # fmt: skip


def _show_similarity(own: Mapping[str, EvaluatedMap], same_method: Sequence[EvaluatedMap]) -> None:
    """Show how similar the maps of a network's methods are, and those of a method's networks."""
    st.subheader("Do the maps agree?", anchor=False)
    measure = LINKED.segmented(
        "Measure", [RANKS, TOP_TENTH], "by",
        help="Rank correlation compares the order of all pixels (1: the same, 0: unrelated)."
        " Overlap compares only the tenth of the pixels with the highest saliency.",
    )  # fmt: skip
    left, right = st.columns(2, gap="medium")
    with left:
        by_method = {each.method.title: each for each in own.values()}
        _show_matrix("Methods of this network", by_method, measure)
    if len(same_method) > 1:
        with right:
            titles = distinct_titles({each.card.name: each.card for each in same_method})
            networks = {titles[each.card.name]: each for each in same_method}
            _show_matrix(f"Networks, each by {same_method[0].method.title}", networks, measure)


def _show_matrix(title: str, maps: Mapping[str, EvaluatedMap], measure: str) -> None:
    st.markdown(f"**{escape_markdown(title)}**")
    st.plotly_chart(
        figures.annotated_matrix(_similarity_table(maps, measure), signed=measure == RANKS),
        key=f"_{title}", config={"displayModeBar": False},
        alt=f"Similarity of the maps: {title}",
    )  # fmt: skip


def _similarity_table(maps: Mapping[str, EvaluatedMap], measure: str) -> pd.DataFrame:
    table = pd.DataFrame(np.eye(len(maps)), index=list(maps), columns=list(maps))
    for (name, a), (other, b) in combinations(maps.items(), 2):
        table.loc[name, other] = table.loc[other, name] = map_similarity(a, b, measure)
    return table
