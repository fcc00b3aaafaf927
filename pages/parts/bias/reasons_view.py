"""Right for the right reason: answers by whether their evidence is on the object or beside it."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core import heatmap
from core.saliency.reasons import Reasons, reason_scenes
from core.workbench.tasks.scene_reasons import scene_reasons_recipe
from core.zoo.titles import distinct_titles
from pages.parts.bias.tested_network import TestedNetwork
from pages.parts.shared import downloads
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results

LINKED = Linked("bias")
# Cells of the table: whether the answer is right, and whether its evidence is on the object.
CELLS = {
    "right, on the object": (True, True), "right, beside the object": (True, False),
    "wrong, on the object": (False, True), "wrong, beside the object": (False, False),
}  # fmt: skip
SHOWN, SIDE = 10, 144
HEIGHT = 200


def show(tested: Sequence[TestedNetwork], results: Results) -> None:
    """Show the table of all networks, and the scenes of one cell."""
    st.subheader("Right for the right reason?", anchor=False)
    st.caption(
        "New scenes of every class. The evidence counts as on the object if the strongest place of"
        " the answer's heat map (StageCAM) is. Right answers with evidence beside the object are"
        " those to look at. A network with a shortcut can look honest here: only a changed picture"
        " proves what a network uses."
    )
    recipes = {network.card.name: scene_reasons_recipe(network.card) for network in tested}
    results.ask(list(recipes.values()))
    results.show_errors(list(recipes.values()))
    found = results.values(recipes)
    if not found:
        results.placeholder(list(recipes.values()), HEIGHT)
        return
    titles = distinct_titles({network.card.name: network.card for network in tested})
    by_title = {titles[name]: each for name, each in found.items()}
    table = _table(by_title)
    st.dataframe(table, hide_index=True, key="_reasons")
    downloads.csv(table, "right_reasons", index=False)
    _show_scenes(by_title)


def _table(by_title: dict[str, Reasons]) -> pd.DataFrame:
    rows = [
        {"network": title, "scenes": len(each.shown)}
        | {cell: len(each.rows(*place)) for cell, place in CELLS.items()}
        for title, each in by_title.items()
    ]
    return pd.DataFrame(rows)


def _show_scenes(by_title: dict[str, Reasons]) -> None:
    """Show scenes of the chosen cell, each with its heat map over it."""
    options = {
        f"{title}: {cell} ({len(rows)})": (each, rows)
        for title, each in by_title.items()
        for cell, place in CELLS.items()
        if (rows := each.rows(*place))
    }
    first = next((name for name in options if "right, beside" in name), next(iter(options)))
    chosen, rows = options[LINKED.select("Show the scenes of", list(options), "reason", first)]
    classes = tuple(dict.fromkeys(chosen.shown))
    imgs = reason_scenes(classes, rows[:SHOWN], SIDE)
    with st.container(horizontal=True, gap="small"):
        for row, img in zip(rows, imgs, strict=False):
            values = chosen.maps[row].astype("float32")
            scale = heatmap.fit_scale([values], signed=False)
            words = escape_markdown(f"{chosen.shown[row]} → {chosen.answered[row]}")
            st.image(
                heatmap.overlay(img, values, scale, 0.5), width=SIDE,
                caption=words,
                alt=f"Scene of {chosen.shown[row]}, answered {chosen.answered[row]}, with its map",
            )  # fmt: skip
