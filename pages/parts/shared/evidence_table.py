"""A table that a visitor takes along: on the page, as CSV, and as a picture or PDF to print."""

import io
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from PIL import Image

from core import figures
from pages.parts.shared import downloads

# Height of a row of a table in pixels.
ROW_HEIGHT = 35


def show(
    table: pd.DataFrame, stem: str, title: str, notes: Sequence[str] = (),
    columns: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Show a table with its downloads.

    Args:
        table: The table; all of its values are texts.
        stem: Name of the files without their ending.
        title: Title of the picture.
        notes: Lines below the title, such as what was measured on.
        columns: Settings of the columns on the page.
    """
    st.dataframe(
        table, hide_index=True, key=f"_{stem}", height=ROW_HEIGHT * (len(table) + 1) + 2,
        column_config=columns,
    )  # fmt: skip
    draw = partial(figures.table_picture, table, title, notes)
    with st.container(horizontal=True):
        downloads.csv(table, stem, index=False)
        downloads.png(draw, stem)
        downloads.button("PDF to print", partial(_pdf, draw), f"{stem}.pdf", "application/pdf",
                         icon="print")  # fmt: skip


def _pdf(draw: partial[Image.Image]) -> bytes:
    data = io.BytesIO()
    draw().save(data, "PDF", resolution=figures.DOTS_PER_INCH)
    return data.getvalue()
