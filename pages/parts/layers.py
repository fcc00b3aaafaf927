"""Choosing a layer of a model."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import tasks
from core.anatomy import Organ, classes
from core.errors import ZooscopeError
from core.pictures import Picture
from core.recipes import Result
from core.visualize import LOGITS
from core.zoo import Card
from pages.parts import chooser, work
from pages.parts.session import held

# Where in a network a page opens: parts, neither edges nor whole things.
FIRST_DEPTH = 0.6


def usable(models: dict[str, Card | ZooscopeError]) -> dict[str, Card]:
    """The models whose weights are here, by name."""
    found = {}
    for name, card in models.items():
        if isinstance(card, Card) and card.where not in ("hub", "refused"):
            found[name] = card
    return found


def classifiers_and_picture() -> tuple[dict[str, Card], Picture] | None:
    """The chosen models that name classes, and the picture; None, and said so, where one lacks."""
    models = {name: card for name, card in usable(chooser.models()).items() if card.labels}
    picture = chooser.picture()
    if models and picture is not None:
        return models, picture
    say_none("a picture and ")
    return None


def say_none(more: str = "") -> None:
    """Say that there is no model to look into, and how to get one."""
    st.info(
        f"Choose {more}a model whose weights are here; Predict fetches weights from the hub.",
        icon=":material/left_panel_open:",
    )


def choose_model(models: Mapping[str, Card]) -> Card:
    """Let one of the chosen models be chosen; the URL keeps it."""
    first = next(iter(models))
    if len(models) == 1:
        return models[first]
    if held("model") not in models:
        st.session_state.model = first
    name = st.segmented_control(
        "Network", list(models), key="model", bind="query-params", required=True
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
    inner = held("inner") in (True, "true")
    offered = [o for o in organs if (o.main or inner) and len(o.shape) == 3]
    if card.labels:
        offered.append(classes(card))
    by_name = {organ.name: organ for organ in offered}
    if held("layer") not in by_name:
        st.session_state.layer = _nearest(offered).name
    name = st.selectbox(
        "Layer",
        list(by_name),
        key="layer",
        bind="query-params",
        help="Blocks in the order of computing; the last, logits, are the classes' scores.",
    )
    chosen = by_name.get(name, offered[-1])
    st.session_state._depth = chosen.depth
    return chosen


def show_size(organ: Organ) -> None:
    """A layer's size in words, and the choice to see inner layers."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if organ.name == LOGITS:
            st.caption(f"{organ.shape[0]} classes")
        else:
            channels, height, width = organ.shape
            st.caption(f"{channels} channels of {height} × {width}")
        st.toggle("Inner layers too", key="inner", bind="query-params")


def _nearest(offered: Sequence[Organ]) -> Organ:
    """The layer as deep as the one that was chosen, in whatever network that was."""
    depth = st.session_state.get("_depth", FIRST_DEPTH)
    return min(offered, key=lambda organ: abs(organ.depth - depth))
