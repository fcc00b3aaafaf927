"""A unit's picture, with a button that puts the unit under the microscope."""

import streamlit as st

from core.layer_info import LayerInfo
from core.workbench.recipes import Recipe
from core.workbench.tasks.visualization import Visualization
from core.zoo import Card
from pages.parts.neurons.unit_picker import open_unit
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results
from pages.parts.shared.unit_pictures import HEIGHT, is_dead, latest_picture, unit_of


def show_tile(
    results: Results,
    card: Card,
    layer: LayerInfo,
    recipe: Recipe[Visualization],
    name: str,
    key: str,
    chosen: bool = False,
) -> None:
    """Show a unit's picture, an error or a placeholder, and the button under it.

    Args:
        results: Has the recipe.
        card: The network's card.
        layer: The unit's layer.
        recipe: Recipe of the unit's picture.
        name: What the button says.
        key: The button's key.
        chosen: Whether the unit is under the microscope.
    """
    name += " · never activates" * is_dead(results, recipe)
    picture, error = latest_picture(results, recipe), results.error(recipe)
    if picture is not None:
        st.image(picture, alt=f"What {name} looks for", width="stretch")
    elif error:
        st.caption(f":red[{escape_markdown(error)}]")
    else:
        results.placeholder([recipe], HEIGHT)
    st.button(
        escape_markdown(name),
        key=key,
        type="primary" if chosen else "tertiary",
        width="stretch",
        wrap=True,  # names of classes are long
        on_click=open_unit,
        args=(card, layer, unit_of(recipe)),
    )
