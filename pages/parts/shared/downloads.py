"""Download buttons for tables, arrays, charts, pictures and recipes."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from PIL import Image

from core import figures, images
from core.workbench.recipes import Recipe
from pages.parts.shared.markdown import escape_markdown

# Longer side of a downloaded heat map, in pixels.
PICTURE_SIDE = 512


def button(
    label: str,
    make: Callable[[], bytes | str],
    file_name: str,
    mime: str,
    icon: str = "download",
    **arguments: Any,
) -> None:
    """Show a download button.

    Args:
        label: The text on it.
        make: Makes the file when the button is clicked, in a thread without a session.
        file_name: The file's name.
        mime: The file's type.
        icon: Name of a Material icon.
        **arguments: Further arguments of `st.download_button`.
    """
    st.download_button(
        escape_markdown(label), make, file_name, mime, key=f"_download_{label}_{file_name}",
        icon=f":material/{icon}:", on_click="ignore", **arguments,
    )  # fmt: skip


def csv(
    table: pd.DataFrame | Callable[[], pd.DataFrame],
    stem: str,
    index: bool = True,
    label: str = "CSV",
    **arguments: Any,
) -> None:
    """Offer a table.

    Args:
        table: The table, or a function that returns it.
        stem: The file's name without its ending.
        index: Whether its rows have names.
        label: The text on the button.
        **arguments: Further arguments of `st.download_button`.
    """
    make = partial(_csv, table, index)
    button(label, make, f"{stem}.csv", "text/csv", **arguments)


def array_csv(array: np.ndarray, stem: str) -> None:
    """Offer a two-dimensional array as a table without names."""
    make = partial(_csv, pd.DataFrame(array), index=False, header=False)
    button("CSV", make, f"{stem}.csv", "text/csv")


def npz(
    arrays: Mapping[str, np.ndarray] | Callable[[], Mapping[str, np.ndarray]],
    stem: str,
    label: str = "NPZ",
    **arguments: Any,
) -> None:
    """Offer arrays by name, or a function that returns them."""
    make = partial(_npz, arrays)
    button(label, make, f"{stem}.npz", "application/octet-stream", **arguments)


def html(
    figure: go.Figure | Callable[[], go.Figure],
    stem: str,
    label: str = "HTML",
    title: str = "",
    **arguments: Any,
) -> None:
    """Offer a chart as a page of its own that needs no network.

    Args:
        figure: The chart, or a function that returns it.
        stem: The file's name without its ending.
        label: The text on the button.
        title: Title of a chart that has none itself; made of the file's name where empty.
        **arguments: Further arguments of `st.download_button`.
    """
    make = partial(_html, figure, title or stem.replace("-", " ").capitalize())
    button(label, make, f"{stem}.html", "text/html", **arguments)


def png(
    picture: Callable[[], Image.Image], stem: str, label: str = "PNG", **arguments: Any
) -> None:
    """Offer a picture, given a function that returns it."""
    button(label, lambda: images.png(picture()), f"{stem}.png", "image/png", **arguments)


def recipe(described: Recipe[Any], label: str = "Recipe") -> None:
    """Offer a recipe: what was computed, in full."""
    button(label, described.to_json, "recipe.json", "application/json", icon="receipt_long")


def recipes(described: Sequence[Recipe[Any]], label: str = "Recipes", **arguments: Any) -> None:
    """Offer several recipes in one file."""
    make = partial(json.dumps, [asdict(each) for each in described], indent=1)
    button(label, make, "recipes.json", "application/json", icon="receipt_long", **arguments)


def _html(figure: go.Figure | Callable[[], go.Figure], title: str) -> str:
    chart = figure() if callable(figure) else figure
    return str(figures.standalone_figure(chart, title).to_html(include_plotlyjs=True))


def _csv(
    table: pd.DataFrame | Callable[[], pd.DataFrame], index: bool, header: bool = True
) -> bytes:
    frame = table() if callable(table) else table
    return frame.to_csv(index=index, header=header, float_format="%.6g").encode()


def _npz(arrays: Mapping[str, np.ndarray] | Callable[[], Mapping[str, np.ndarray]]) -> bytes:
    file = io.BytesIO()
    contents: dict[str, Any] = dict(arrays() if callable(arrays) else arrays)
    np.savez_compressed(file, **contents)
    return file.getvalue()
