"""What networks cost on this machine, how often they are right, and what they are built of."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core import compare, figures, zoo
from core.sets import PictureSet
from core.workbench.recipes import Recipe
from core.workbench.tasks.costs import costs_recipe
from core.workbench.tasks.layers import layers_recipe
from core.zoo import Card
from pages.parts.compare import accuracy, better
from pages.parts.shared import downloads
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results
from pages.parts.shared.session import workbench

LINKED = Linked("compare")
PLACEHOLDER = 200
COLUMNS = {
    "parameters": st.column_config.NumberColumn(
        "parameters", format="compact", help="Numbers that training has set."
    ),
    "multiply-adds": st.column_config.NumberColumn(
        "multiply-adds", format="compact",
        help="For one picture of its input size, in convolutions and linear layers.",
    ),
    "ms a picture": st.column_config.NumberColumn(
        "ms per picture", format="%.1f",
        help="Median of several passes of one picture, on this machine.",
    ),
    "memory, MB": st.column_config.NumberColumn(
        "memory, MB", format="%.0f",
        help="Peak for one picture: the weights, and all that is computed and alive at once.",
    ),
} | accuracy.COLUMNS  # fmt: skip


def show(results: Results, models: Mapping[str, Card], pictures: PictureSet) -> None:
    """Show which network does better, what each costs, and what they are built of."""
    titles = zoo.distinct_titles(models)
    device = workbench().settings.device
    costs = {titles[name]: costs_recipe(card, device) for name, card in models.items()}
    layers = {titles[name]: layers_recipe(card) for name, card in models.items()}
    recipes: list[Recipe] = [*costs.values(), *layers.values()]
    results.ask(recipes)
    results.show_errors(recipes)
    measured = results.values(costs)
    accuracies = better.show(results, models, pictures, measured, results.values(layers))
    only_differing = len(models) > 1 and LINKED.toggle(
        "Differences only", "differing", help="Hides what is the same in all networks."
    )
    if measured:
        machine = next(iter(costs.values())).option("machine", str)
        table = compare.backbone_table(measured, accuracies)
        _show_costs(table.dropna(axis=1, how="all"), only_differing, machine, pictures)
    facts = {
        titles[name]: compare.facts(card, listed.layers)
        for name, card in models.items()
        if (listed := results.value(layers[titles[name]])) is not None
    }
    if facts:
        _show_facts(compare.facts_table(facts), only_differing)
    if not results.done(recipes):
        results.placeholder(recipes, PLACEHOLDER)


def _show_costs(
    table: pd.DataFrame, only_differing: bool, machine: str, pictures: PictureSet
) -> None:
    words = f"Measured on this machine ({escape_markdown(machine)}), one picture at a time."
    if "accuracy" in table:
        words += f" Accuracy: over {len(pictures):,} pictures of {escape_markdown(pictures.name)}."
    st.caption(words)
    shown = compare.differing_rows(table.T).T if only_differing else table
    st.dataframe(shown, column_config=COLUMNS, key="_costs")
    scored = table[table["accuracy"].notna()] if "accuracy" in table else table[:0]
    figure = None if scored.empty else figures.accuracy_by_time(scored)
    if figure is not None:
        st.plotly_chart(
            figure, key="_trade", config={"displayModeBar": False},
            alt="How often networks are right against how long they take",
        )  # fmt: skip
        st.caption("Up is better, left is faster; the larger a dot, the more parameters.")
    with st.container(horizontal=True):
        downloads.csv(table, "backbones")
        if figure is not None:
            downloads.html(figure, "backbones")


def _show_facts(table: pd.DataFrame, only_differing: bool) -> None:
    st.subheader("What they are built of", anchor=False)
    shown = compare.differing_rows(table) if only_differing else table
    if shown.empty:
        st.success("They do not differ in anything that this table lists.", icon=":material/check:")
        return
    st.dataframe(shown, key="_facts", height="content")
    downloads.csv(table, "facts")
