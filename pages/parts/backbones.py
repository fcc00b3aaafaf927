"""Backbones: what networks cost here, how good they are, and what they are built of."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core import compare, figures, tasks
from core.recipes import Recipe, Result
from core.sets import PictureSet
from core.zoo import Card
from pages.parts import agreeing, downloads, right, work
from pages.parts.session import workbench
from pages.parts.text import plain

COLUMNS = {
    "parameters": st.column_config.NumberColumn("parameters", format="compact"),
    "multiply-adds": st.column_config.NumberColumn(
        "multiply-adds", format="compact",
        help="For one picture of its input size, in convolutions and linear layers.",
    ),
    "ms a picture": st.column_config.NumberColumn(
        "ms a picture", format="%.1f", help="Median of passes of one picture, on this machine."
    ),
    "memory, MB": st.column_config.NumberColumn(
        "memory, MB", format="%.0f",
        help="Peak for one picture: the weights, and all that is computed and alive at once.",
    ),
} | right.COLUMNS  # fmt: skip


def show(models: Mapping[str, Card], pictures: PictureSet) -> None:
    """The table, its chart, and the facts."""
    only = st.toggle(
        "Only what differs", key="differing", bind="query-params",
        disabled=len(models) < 2, help="Hides what is the same in all networks.",
    ) and len(models) > 1  # fmt: skip
    titled = {card.title: card for card in models.values()}
    on = workbench().settings.device
    costs = {title: tasks.costs_recipe(card, on) for title, card in titled.items()}
    bodies = {title: tasks.body_recipe(card) for title, card in titled.items()}
    marks = _marks(models, pictures)
    answered = _answered([*costs.values(), *bodies.values()])
    measured = {title: tasks.costs_of(answered[one]) for title, one in costs.items()
                if one in answered}  # fmt: skip
    if measured:
        machine = dict(next(iter(costs.values())).options)["machine"]
        _show_costs(compare.table(measured, marks), only, str(machine))
    facts = {
        title: compare.facts(titled[title], tasks.organs_of(answered[one]))
        for title, one in bodies.items() if one in answered
    }  # fmt: skip
    if facts:
        _show_facts(compare.facts_table(facts), only)
    if len(answered) < len(costs) + len(bodies):
        work.waiting(200)


def _answered(recipes: list[Recipe]) -> dict[Recipe, Result]:
    """The results that are there; of what failed the page says why."""
    found = {}
    for recipe, answer in zip(recipes, work.answers(recipes, key="costs"), strict=True):
        if answer.error:
            work.failed(recipe, answer, recipe.key)
        elif answer.result:
            found[recipe] = answer.result
    return found


def _marks(models: Mapping[str, Card], pictures: PictureSet) -> dict[str, compare.Marks]:
    """How often networks are right, by their titles."""
    able = agreeing.classifiers(models)
    verdicts = agreeing.said(able, pictures)
    return {models[name].title: one for name, one in right.marks(able, verdicts, pictures).items()}


def _show_costs(table: pd.DataFrame, only: bool, machine: str) -> None:
    shown = compare.differing(table.T).T if only else table
    st.caption(
        f"Measured on this machine ({plain(machine)}), one picture at a time; accuracy and ECE over"
        " the pictures above."
    )
    st.dataframe(shown, column_config=COLUMNS, key="_costs")
    if table["accuracy"].notna().any():
        figure = figures.accuracy_by_time(table[table["accuracy"].notna()])
        st.plotly_chart(
            figure, key="_trade", config={"displayModeBar": False},
            alt="How often networks are right against how long they take",
        )  # fmt: skip
        st.caption("Up is better, left is faster; the larger a dot, the more parameters.")
    with st.container(horizontal=True):
        downloads.csv(table, "backbones")
        if table["accuracy"].notna().any():
            downloads.html(figure, "backbones")


def _show_facts(table: pd.DataFrame, only: bool) -> None:
    st.subheader("What they are built of", anchor=False)
    shown = compare.differing(table) if only else table
    if shown.empty:
        st.success("They are built alike, as far as this table tells.", icon=":material/check:")
        return
    st.dataframe(shown, key="_facts", height="content")
    downloads.csv(table, "facts")
