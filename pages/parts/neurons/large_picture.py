"""The large picture of a unit, with what it looks for in words, and its downloads."""

import numpy as np
import streamlit as st
from PIL import Image

from core.workbench.recipes import Recipe
from core.workbench.tasks.visualization import Visualization
from pages.parts.neurons import finding
from pages.parts.neurons.unit import Unit
from pages.parts.shared import downloads
from pages.parts.shared.results import Results
from pages.parts.shared.unit_pictures import is_dead, latest_picture

PLACEHOLDER = 300
# Least side in pixels of a picture that is downloaded: pictures are made at 96 to 192.
DOWNLOAD_SIDE = 512


def show(unit: Unit, results: Results, recipe: Recipe[Visualization]) -> None:
    """Show a unit's picture as far as it is made."""
    picture = latest_picture(results, recipe)
    if picture is None:
        results.show(recipe, PLACEHOLDER)
        return
    if is_dead(results, recipe):
        st.warning(
            "It never activates: two attempts found no picture to which it responds.",
            icon=":material/do_not_disturb_on:",
        )
        return
    finding.show(unit, results)
    st.image(picture, alt=f"What {unit.title} looks for", width="stretch")
    if results.value(recipe) is not None:
        with st.container(horizontal=True):
            downloads.png(lambda: enlarged(picture), unit.file_stem)
            downloads.recipe(recipe)


def enlarged(picture: np.ndarray) -> Image.Image:
    """Return a picture, (h, w, 3), at a size that can be printed or put on a slide."""
    image = Image.fromarray(picture)
    factor = max(1.0, DOWNLOAD_SIDE / min(image.size))
    size = round(factor * image.width), round(factor * image.height)
    return image.resize(size, Image.Resampling.BICUBIC)
