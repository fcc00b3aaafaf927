"""Bias: whether networks use the thing itself or something beside it, found by changing scenes."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.interventions import UnknownClasses
from core.workbench.recipes import Recipe
from core.workbench.tasks.scene_answers import scene_answers_recipe
from core.workbench.tasks.shortcuts import shortcuts_recipe
from core.zoo import Card
from pages.parts.bias import effects_view, evidence, mending, verdicts
from pages.parts.bias.tested_network import TestedNetwork
from pages.parts.shared import sidebar
from pages.parts.shared.frame import framed
from pages.parts.shared.layer_picker import show_no_model, usable
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.page_intro import show_intro
from pages.parts.shared.results import Results
from pages.parts.shared.stories import WOLF_NETWORKS


def show() -> None:
    show_intro(
        "Does it use the thing, or something beside it?",
        "The same drawn scene, with exactly one thing changed: if the answer changes, that thing is"
        " why. A heat map cannot show this; a changed picture can.",
        "Read the verdict first. The pictures show what it rests on, and the chart below them how"
        " much each change matters.",
        term="Confidence interval",
    )
    models = usable(sidebar.models())
    if not models:
        show_no_model()
        return
    tested = _tested(models)
    if not tested:
        _offer_networks()
        return
    _show_left_out(models, tested)
    results = Results()
    recipes: list[Recipe[Any]] = [each.answers for each in tested]
    recipes += [each.verdict for each in tested]
    results.ask(recipes)
    results.show_errors(recipes)
    verdicts.show(tested, results)
    evidence.show(tested, results)
    mending.show(tested, results)
    effects_view.show(tested, results)


def _tested(models: dict[str, Card]) -> list[TestedNetwork]:
    """Return the networks that know scenes, each with the recipes of what the page shows."""
    tested = []
    for card in models.values():
        try:
            answers = scene_answers_recipe(card)
        except UnknownClasses:
            continue
        tested.append(TestedNetwork(card, answers, shortcuts_recipe(card, answers)))
    return tested


def _show_left_out(models: dict[str, Card], tested: Sequence[TestedNetwork]) -> None:
    """Name the chosen networks that cannot be tested."""
    known = {network.card.name for network in tested}
    left_out = [escape_markdown(card.title) for name, card in models.items() if name not in known]
    if left_out:
        names = ", ".join(left_out)
        st.caption(f"Left out, because they do not know the classes of drawn scenes: {names}.")


def _offer_networks() -> None:
    st.info(
        "Exactly one thing can be changed where the picture is drawn by rule. Drawn scenes show 28"
        " classes, and none of the chosen networks knows them.",
        icon=":material/draw:",
    )
    st.page_link(
        "pages/bias.py", label="Test two networks that know them: one is biased",
        icon=":material/arrow_forward:", query_params={"models": list(WOLF_NETWORKS)},
    )  # fmt: skip


framed(show)
