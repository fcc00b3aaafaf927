"""A saliency map to take away: as a picture, as numbers, as a table, and how to make it again."""

import io
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from core import heat, images
from core.heat import Scale
from core.recipes import Recipe, Result

if TYPE_CHECKING:
    from pages.parts.closeup import Cell

# Side of a picture that is downloaded, in pixels.
DOWNLOADED = 512


def show(cell: "Cell", result: Result, recipe: Recipe, scale: Scale, opacity: float) -> None:
    """Offer a map."""
    one = result.arrays["map"]
    stem = f"{cell.method.key}-{cell.card.architecture}"

    crop = cell.crop()  # not in the download's own thread, which knows no session

    def picture() -> bytes:
        large = crop.resize((DOWNLOADED, DOWNLOADED), Image.Resampling.BICUBIC)
        return images.png(heat.overlay(large, one, scale, opacity))

    with st.container(horizontal=True):
        for label, make, name, kind, icon in (
            ("PNG", picture, f"{stem}.png", "image/png", "download"),
            ("NPZ", partial(_npz, one), f"{stem}.npz", "application/octet-stream", "download"),
            ("CSV", partial(_csv, one), f"{stem}.csv", "text/csv", "download"),
            ("Recipe", recipe.to_json, "recipe.json", "application/json", "receipt_long"),
        ):
            st.download_button(
                label, make, name, kind, icon=f":material/{icon}:", on_click="ignore"
            )


def _npz(one: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, map=one)
    return file.getvalue()


def _csv(one: np.ndarray) -> bytes:
    return pd.DataFrame(one).to_csv(index=False, header=False, float_format="%.6g").encode()
