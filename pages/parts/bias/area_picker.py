"""The marked area of a photograph: taken from a heat map, dragged as a box, or painted.

The marking is a component of Streamlit (version 2), since Streamlit has no picture that can be
painted on. The browser gets the picture and the cells as data, and reports cells.
"""

from pathlib import Path

import numpy as np
import streamlit as st

from core import images, interventions
from core.interventions import BadArea
from core.pictures import Picture
from core.workbench.tasks.saliency_map import saliency_map_recipe
from core.zoo import Card
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.picture_grid import data_uri
from pages.parts.shared.results import Results

HERE = Path(__file__).parent
LINKED = Linked("bias")
HEAT_MAP, BOX, BRUSH, ERASER = "Heat map", "Box", "Brush", "Eraser"
TOOLS = {HEAT_MAP: "look", BOX: "box", BRUSH: "brush", ERASER: "erase"}
METHOD = "stage_cam"
# Height of the placeholder in pixels.
HEIGHT = 240
CELLS, COMPONENT = "area", "_area_picker"

_PICKER = st.components.v2.component(
    "zooscope_area_picker",
    html='<div class="area"><div class="frame"><img><canvas role="application"></canvas></div>'
    '<p class="hint"></p></div>',
    css=(HERE / "area_picker.css").read_text(encoding="utf-8"),
    js=(HERE / "area_picker.js").read_text(encoding="utf-8"),
)


def pick_area(results: Results, card: Card, picture: Picture) -> str | None:
    """Show the pickers of the area and return it as a text; None while the heat map is missing.

    Args:
        results: The results; the heat map is requested here.
        card: The network whose heat map is taken.
        picture: The photograph.
    """
    tool = LINKED.segmented(
        "Mark the thing with", list(TOOLS), "tool",
        help="The changes below keep the marked area and change the rest, or the other way round.",
    )  # fmt: skip
    cells = _heat_map_cells(results, card, picture) if tool == HEAT_MAP else _own_cells(picture)
    if cells is None:
        return None
    _show(picture, cells, tool)
    if tool != HEAT_MAP and not cells.any():
        st.caption("Nothing is marked yet, so only changes of the whole picture are shown.")
    return interventions.area_text(cells)


def _heat_map_cells(results: Results, card: Card, picture: Picture) -> np.ndarray | None:
    """Return the strongest cells of a network's heat map; None while it is missing."""
    share = LINKED.slider("Marked share of the picture, in per cent", 5, 60, "share", 30, step=5)
    recipe = saliency_map_recipe(card, picture.id, METHOD)
    results.ask([recipe])
    results.show_error(recipe)
    found = results.value(recipe)
    if found is None:
        results.placeholder([recipe], HEIGHT)
        return None
    st.caption(f"Where {escape_markdown(card.title)} looks, by StageCAM.")
    box = images.crop_box(card, picture.image)
    return interventions.strongest_cells(found.map, box, picture.image.size, share / 100)


def _own_cells(picture: Picture) -> np.ndarray:
    """Return the cells that the visitor or a link marked; none where the link is wrong."""
    held = st.query_params.get(LINKED.key(CELLS), "")
    try:
        return interventions.area_cells(held)
    except BadArea as error:
        st.warning(str(error), icon=":material/link_off:")
        return interventions.area_cells("")


def _show(picture: Picture, cells: np.ndarray, tool: str) -> None:
    def changed() -> None:
        reported = str(st.session_state[COMPONENT].cells)
        if len(reported) == cells.size and set(reported) <= {"0", "1"}:  # it may send anything
            marked = np.array([each == "1" for each in reported]).reshape(cells.shape)
            st.query_params[LINKED.key(CELLS)] = interventions.area_text(marked)

    _PICKER(
        key=COMPONENT,
        data={
            "picture": data_uri(picture.preview), "alt": f"The picture: {picture.title}",
            "cells": "".join("1" if cell else "0" for cell in cells.flat), "tool": TOOLS[tool],
            "texts": {
                "canvas": "Marked area: move with arrow keys, begin and end with the space bar.",
                "hint": "Drag over the thing. With the keyboard: arrow keys and space bar.",
            },
        },
        on_cells_change=changed,
    )  # fmt: skip
