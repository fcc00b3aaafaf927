"""Predict: what up to four networks say one picture is, side by side."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from core import figures, predict, zoo
from core.errors import ZooscopeError
from core.pictures import Picture
from core.workbench.recipes import Recipe
from core.workbench.tasks.size import size_recipe
from core.zoo import Card
from pages.parts.predict.column import Column, rank, recipe_or_error, show_column, show_crop
from pages.parts.shared import downloads, sidebar
from pages.parts.shared.answers_text import NetworkAnswer, describe_answers
from pages.parts.shared.drawings_only import show_drawings_only, show_photographs_only
from pages.parts.shared.frame import framed
from pages.parts.shared.layer_picker import usable
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.page_intro import expert, show_intro
from pages.parts.shared.results import Results

LINKED = Linked("predict")
# Softmax temperatures that can be chosen; 1 is the network's own softmax.
TEMPERATURES = [0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0]
MAX_CLASSES = 10
# What the table says where a network has no class of a row's name.
UNKNOWN = "–, not one of its classes"
# Colour of a probable class in the table, as red, green and blue.
SHADE = "11, 110, 143"


def show() -> None:
    show_intro(
        "What is it?",
        "What each network says the picture shows, and whether the networks agree.",
        "A longer bar is a more probable class; a class has the same colour in all lists.",
    )
    picture, models = sidebar.picture(), sidebar.models()
    if not models:
        st.info("Choose at least one network in the sidebar.", icon=":material/left_panel_open:")
    if picture is None or not models:
        return
    show_drawings_only([card for card in models.values() if isinstance(card, Card)], picture)
    show_photographs_only(usable(models).values(), picture)
    temperature, count = _pick_softmax()
    summary = st.container()
    results = Results()
    columns = _columns(results, models, picture, temperature, count)
    ranked = [column for column in columns.values() if column.ranking]
    with summary:
        _show_agreement(ranked, picture)
    colours = figures.shared_colours([column.ranking for column in ranked])
    for place, (name, card) in zip(
        st.columns(len(models), border=True), models.items(), strict=True
    ):
        with place:
            if isinstance(card, Card):
                show_column(results, columns[name], colours)
            else:
                st.markdown(f"**{escape_markdown(name)}**")
                st.error(escape_markdown(card), icon=":material/help:")
    _show_crops(list(columns.values()), picture)
    if ranked:
        _show_table(ranked, temperature)


def _show_crops(columns: Sequence[Column], picture: Picture) -> None:
    """Show what each network sees, below the bars of all of them, also in a narrow window."""
    if not columns:
        return
    for place, column in zip(st.columns(len(columns)), columns, strict=True):
        with place:
            show_crop(column, picture)


def _pick_softmax() -> tuple[float, int]:
    """Pickers of the softmax temperature, for experts, and of the number of classes."""
    count_place, temperature_place = st.columns([1, 3])
    with count_place:
        count = LINKED.slider("Classes shown", 1, MAX_CLASSES, "top", 5)
    if not (expert() or LINKED.value("temperature")):
        return 1.0, count
    with temperature_place:
        temperature = LINKED.select_slider(
            "Softmax temperature", TEMPERATURES, "temperature", 1.0,
            help="Scores are divided by it before softmax turns them into probabilities. Below 1"
            " the top class gains, above 1 the probabilities even out; the order never changes."
            " 1 is the network's own.",
        )  # fmt: skip
    return temperature, count


def _columns(
    results: Results,
    models: Mapping[str, Card | ZooscopeError],
    picture: Picture,
    temperature: float,
    count: int,
) -> dict[str, Column]:
    """The networks on the page by name, with what is known of each."""
    cards = {name: card for name, card in models.items() if isinstance(card, Card)}
    titles = zoo.distinct_titles(cards)
    columns = {
        name: Column(titles[name], card, recipe_or_error(card, picture))
        for name, card in cards.items()
    }
    sizes = {name: size_recipe(card) for name, card in usable(cards).items()}
    predictions = [c.recipe for c in columns.values() if isinstance(c.recipe, Recipe)]
    results.ask([*predictions, *sizes.values()])
    for name, column in columns.items():
        size = results.value(sizes[name]) if name in sizes else None
        computed = results.value(column.recipe) if isinstance(column.recipe, Recipe) else None
        ranking = rank(computed, column.card, count, temperature) if computed else []
        columns[name] = replace(column, computed=computed, ranking=ranking, size=size)
    return columns


def _show_agreement(ranked: Sequence[Column], picture: Picture) -> None:
    """Say in a sentence what the networks predict, and which classes are in all their lists."""
    trained = [column for column in ranked if column.trained]
    if len(trained) < 2:
        return
    answers = [NetworkAnswer(each.title, each.card, each.ranking[0]) for each in ranked]
    said = describe_answers(answers, picture)
    st.info(said.text, icon=f":material/{'group' if said.agree else 'call_split'}:")
    compared = predict.compare_rankings(
        {column.card.name: list(column.ranking) for column in trained}
    )
    if compared.shared:
        shared = escape_markdown(", ".join(compared.shared))
        st.caption(f"Classes in all lists: {shared}.")
    else:
        st.caption("No class is in all lists.")


def _show_table(ranked: Sequence[Column], temperature: float) -> None:
    """Show the probability that each network gives every class in some list, and downloads."""
    table = _table(ranked, temperature)
    if len(ranked) > 1:
        st.subheader("Where they agree and differ", anchor=False)
        st.dataframe(
            table.style.format("{:.1%}").map(_shade), width="stretch", key="_table",
            placeholder=UNKNOWN,
        )  # fmt: skip
    with st.container(horizontal=True):
        downloads.csv(table, "predictions", help="The probability of every class in some list.")
        downloads.recipes(
            [column.recipe for column in ranked if isinstance(column.recipe, Recipe)],
            help="What was computed, in full: networks, weights and picture by their SHA-256.",
        )


def _shade(probability: Any) -> str:
    """Return the style of a table's cell: the more probable, the stronger its colour."""
    if math.isnan(probability):
        return ""
    return f"background-color: rgba({SHADE}, {0.6 * probability:.2f})"


def _table(ranked: Sequence[Column], temperature: float) -> pd.DataFrame:
    return predict.probability_table(
        {column.title: column.computed.logits for column in ranked if column.computed},
        {column.title: column.card.labels for column in ranked},
        {column.title: column.ranking for column in ranked},
        temperature,
    )


framed(show)
