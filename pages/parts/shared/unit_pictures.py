"""What a unit looks for, as a picture whose name links to the microscope."""

from typing import Literal

import numpy as np
import streamlit as st

from core.workbench.recipes import Recipe
from core.workbench.tasks.visualization import Visualization
from pages.parts.shared.layer_picker import LINKED_MODEL
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results

# Height of the placeholder of a picture, in pixels.
HEIGHT = 96
# The grey of dead units, which have no picture but noise.
GREY = 128


def unit_of(recipe: Recipe[Visualization]) -> int:
    """Return the index of the unit that a recipe shows."""
    return recipe.option("unit", int)


def latest_picture(results: Results, recipe: Recipe[Visualization]) -> np.ndarray | None:
    """Return a unit's picture as far as it is made; grey where the unit is dead."""
    done = results.value(recipe)
    if done is not None:
        picture = done.pictures[0]
        return np.full_like(picture, GREY) if done.dead else picture
    preview = results.preview(recipe)
    return None if preview is None else preview[0]


def is_dead(results: Results, recipe: Recipe[Visualization]) -> bool:
    """Return whether a unit was found to be dead."""
    done = results.value(recipe)
    return done is not None and done.dead


def show_unit(
    results: Results,
    recipe: Recipe[Visualization],
    name: str,
    note: str = "",
    layer: str | None = None,
) -> None:
    """Show a unit's picture, its name, and a link to the microscope.

    Args:
        results: Has the recipe.
        recipe: Recipe of its picture.
        name: What it is called here.
        note: Shown behind the name.
        layer: The layer under which the microscope has it, where that is not the recipe's layer;
            empty where the microscope does not have it.
    """
    picture = latest_picture(results, recipe)
    if picture is None:
        results.show(recipe, HEIGHT)
        return
    dead = " · never activates" * is_dead(results, recipe)
    st.image(picture, alt=f"What {name} of {recipe.layer} in {recipe.model} looks for",
             width="stretch")  # fmt: skip
    label = f"{name}{note}{dead}"
    layer = recipe.layer if layer is None else layer
    if layer:
        link_to_microscope(recipe.model, layer, unit_of(recipe), label, width="stretch")
    else:
        st.caption(escape_markdown(label))


def link_to_microscope(
    model: str,
    layer: str,
    unit: int,
    label: str,
    icon: str | None = None,
    width: Literal["content", "stretch"] = "content",
) -> None:
    """Show a link to the page on which a unit is under the microscope.

    Args:
        model: The network's name.
        layer: The layer's name.
        unit: The unit's index.
        label: The link's text.
        icon: Name of a Material icon.
        width: "content" or "stretch".
    """
    st.page_link(
        "pages/neurons.py", label=escape_markdown(label), width=width, help="See it in detail",
        icon=f":material/{icon}:" if icon else None,
        query_params={LINKED_MODEL: model, "neurons_layer": layer, "neurons_unit": str(unit)},
    )  # fmt: skip
