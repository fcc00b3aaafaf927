"""Choosing a layer of a model."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import tasks
from core.anatomy import Organ
from core.errors import ZooscopeError
from core.recipes import Result
from core.visualize import LOGITS
from core.zoo import Card
from pages.parts import work

# Where in a network a page opens: parts, neither edges nor whole things.
FIRST_DEPTH = 0.6


def usable(models: dict[str, Card | ZooscopeError]) -> dict[str, Card]:
    """The models whose weights are here, by name."""
    found = {}
    for name, card in models.items():
        if isinstance(card, Card) and card.where not in ("hub", "refused"):
            found[name] = card
    return found


def choose_model(models: Mapping[str, Card]) -> Card:
    """Let one of the chosen models be chosen; the URL keeps it."""
    first = next(iter(models))
    if len(models) == 1:
        return models[first]
    if st.session_state.get("model", st.query_params.get("model")) not in models:
        st.session_state.model = first
    name = st.segmented_control(
        "Network",
        list(models),
        key="model",
        bind="query-params",
        required=True,
        format_func=lambda name: models[name].title if name in models else name,
    )
    return models[name or first]


def body(card: Card) -> Result | None:
    """A model's layers; where they are not there yet the page shows progress."""
    recipe = tasks.body_recipe(card)
    (answer,) = work.answers([recipe], key="body")
    if answer.error:
        work.failed(recipe, answer, "body")
    return answer.result


def choose(card: Card, organs: Sequence[Organ]) -> Organ:
    """Let a layer be chosen; the URL keeps it.

    Of another model's layers one at the same depth is taken.
    """
    all_layers = st.session_state.get("all_layers", False)
    offered = [o for o in organs if (o.main or all_layers) and len(o.shape) == 3]
    if card.labels:
        offered.append(Organ(LOGITS, "classes", (len(card.labels),), 1.0, True))
    by_name = {organ.name: organ for organ in offered}
    if st.session_state.get("layer", st.query_params.get("layer")) not in by_name:
        st.session_state.layer = _nearest(organs, offered).name
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    chosen = left.selectbox(
        "Layer",
        list(by_name),
        key="layer",
        bind="query-params",
        format_func=lambda name: said(by_name[name]) if name in by_name else name,
        help="Blocks in the order of computing; the last are the classes themselves.",
    )
    right.toggle("Inner layers too", key="all_layers", bind="query-params")
    return by_name.get(chosen, offered[-1])


def said(organ: Organ) -> str:
    """A layer in a few words."""
    if organ.name == LOGITS:
        return f"classes · {organ.shape[0]}"
    _, height, width = organ.shape
    return f"{organ.name} · {organ.shape[0]} channels of {height} × {width}"


def _nearest(organs: Sequence[Organ], offered: Sequence[Organ]) -> Organ:
    """The offered layer as deep as the one that was chosen, in whatever network that was."""
    depth = st.session_state.get("_depth", FIRST_DEPTH)
    return min(offered, key=lambda organ: abs(organ.depth - depth))
