"""Which layer of each network is looked at: by depth, the same for all, or by name."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import tasks
from core.anatomy import Organ
from core.embed import PIXELS
from core.visualize import LOGITS
from core.zoo import Card
from pages.parts import work
from pages.parts.session import held

LAST, BY_NAME = "last before the classes", "by name"
SCORES, PICTURE = "the classes' scores", "the picture itself"
SHARES: Mapping[str, float] = {
    "three quarters in": 0.75, "half-way": 0.5, "a quarter in": 0.25, "first": 0.0,
}  # fmt: skip
DEPTHS = (LAST, SCORES, *SHARES, PICTURE, BY_NAME)
# Stages on the way through a network, pixels and scores among them.
STAGES = 7


def bodies(models: Mapping[str, Card]) -> dict[str, list[Organ]]:
    """The main layers of each model that have channels, in order, as far as they are known."""
    recipes = [tasks.body_recipe(card) for card in models.values()]
    found = {}
    for name, recipe, answer in zip(
        models, recipes, work.answers(recipes, key="body"), strict=True
    ):
        if answer.error:
            work.failed(recipe, answer, f"body_{name}")
        elif answer.result:
            organs = tasks.organs_of(answer.result)
            found[name] = [one for one in organs if one.main and len(one.shape) == 3]
    return found


def choose(models: Mapping[str, Card], organs: Mapping[str, Sequence[Organ]]) -> dict[str, str]:
    """Let a depth be chosen, or a layer of each network; the URL keeps it.

    Returns:
        A layer's name by model; "logits" and "pixels" among them.
    """
    if held("depth") not in DEPTHS:
        st.session_state.depth = LAST
    depth = st.selectbox(
        "Layer", DEPTHS, key="depth", bind="query-params",
        help="What the network makes of a picture there: each channel's mean over positions.",
    )  # fmt: skip
    if depth != BY_NAME:
        return {name: at(card, organs[name], str(depth)) for name, card in models.items()}
    chosen = {}
    for index, (name, card) in enumerate(models.items()):
        names = [PIXELS, *(one.name for one in organs[name]), *([LOGITS] if card.labels else [])]
        key = f"layer_{index}"
        if held(key) not in names:
            st.session_state[key] = at(card, organs[name], LAST)
        chosen[name] = str(st.selectbox(card.title, names, key=key, bind="query-params"))
    return chosen


def at(card: Card, organs: Sequence[Organ], depth: str) -> str:
    """The layer of a network at such a depth; its last one where it gives no classes."""
    if depth == PICTURE:
        return PIXELS
    if depth == SCORES and card.labels:
        return LOGITS
    if depth in SHARES:
        return min(organs, key=lambda one: abs(one.depth - SHARES[depth])).name
    return organs[-1].name


def stages(card: Card, organs: Sequence[Organ], count: int = STAGES) -> dict[str, float]:
    """Layers from the picture to the classes, evenly spread, with their depths.

    Args:
        card: The model's.
        organs: Its main layers.
        count: How many, at most.
    """
    wanted = [(index + 1) / (count - 2) for index in range(count - 2)]
    inner = {min(organs, key=lambda one: abs(one.depth - depth)).name for depth in wanted}
    found = {one.name: one.depth for one in organs if one.name in inner or one is organs[-1]}
    return {PIXELS: 0.0} | found | ({LOGITS: 1.0} if card.labels else {})
