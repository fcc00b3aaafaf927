"""What a unit looks for, as a picture whose name leads to the microscope."""

import numpy as np
import streamlit as st

from core.engine import Answer
from core.recipes import Recipe
from pages.parts import work
from pages.parts.text import plain

# Height of the place of a picture that is not there yet.
HEIGHT = 96


def latest(answer: Answer) -> np.ndarray | None:
    """The picture as far as it is made; grey where the unit is dead, since noise shows nothing."""
    if answer.result:
        shown = answer.result.arrays["face0"]
        return np.full_like(shown, 128) if answer.result.record["dead"] else shown
    if answer.progress and answer.progress.preview is not None:
        return answer.progress.preview[0]
    return None


def show(
    recipe: Recipe, answer: Answer, name: str, note: str = "", layer: str | None = None
) -> None:
    """Show a unit.

    Args:
        recipe: Of its picture.
        answer: What is known of it.
        name: What it is called here.
        note: What is said of it besides.
        layer: Where the microscope has it, if not by its own layer's name; "" where it has not.
    """
    pixels = latest(answer)
    if answer.error:
        work.failed(recipe, answer, recipe.key)
        return
    if pixels is None:
        work.waiting(HEIGHT)
        return
    dead = " · dead" * bool(answer.result and answer.result.record["dead"])
    st.image(pixels, alt=f"What {name} of {recipe.layer} in {recipe.model} looks for",
             width="stretch")  # fmt: skip
    label, found = plain(f"{name}{note}{dead}"), recipe.layer if layer is None else layer
    if not found:
        st.caption(label)
        return
    st.page_link(
        "pages/neurons.py", label=label, width="stretch", help="Under the microscope",
        query_params={"model": recipe.model, "layer": found,
                      "unit": str(dict(recipe.options)["unit"])},
    )  # fmt: skip
