"""A channel switched off: what the network then says about the chosen picture."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from core import predict
from core.workbench.tasks.ablation import ablation_recipe
from core.workbench.tasks.logits import logits_recipe
from pages.parts.neurons.unit import CHOOSE_PICTURE, Needs, Unit
from pages.parts.shared.results import Results

# Classes in the table: the most probable ones, and those that change most.
TOP_CLASSES, CHANGED_CLASSES = 3, 5


def needs(unit: Unit) -> Needs:
    """Return the recipes of the logits with the channel and without it; none without a picture."""
    if unit.picture is None:
        return []
    without = ablation_recipe(unit.card, unit.layer.name, [unit.index], unit.picture.id)
    return [logits_recipe(unit.card, unit.picture.id), without]


def show(unit: Unit, results: Results) -> None:
    """Show the probabilities with the channel and without it."""
    recipes = needs(unit)
    if not recipes:
        st.info(CHOOSE_PICTURE)
        return
    intact, ablated = map(results.value, recipes)
    if intact is None or ablated is None:
        return
    before, after = predict.softmax(intact.logits), predict.softmax(ablated)
    table = pd.DataFrame({"class": unit.card.labels, "with": before, "without": after})
    table["change"] = after - before
    most_probable = np.argsort(-before)[:TOP_CLASSES]
    most_changed = np.argsort(-np.abs(after - before))[:CHANGED_CLASSES]
    percent = partial(st.column_config.NumberColumn, format="percent")
    st.dataframe(
        table.iloc[np.union1d(most_probable, most_changed)].sort_values("with", ascending=False),
        hide_index=True,
        column_config={
            "class": "Class", "with": percent("With it"), "without": percent("Without it"),
            "change": percent("Change"),
        },
    )  # fmt: skip
