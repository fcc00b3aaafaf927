"""What a page shows, to take away: tables, arrays and charts. Made at the click."""

import io
from functools import partial

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st


def csv(table: pd.DataFrame, stem: str, index: bool = True) -> None:
    """Offer a table.

    Args:
        table: As it is shown.
        stem: The file's name without its ending.
        index: Whether its rows have names.
    """
    _offer("CSV", partial(_csv, table, index), f"{stem}.csv", "text/csv")


def npz(arrays: dict[str, np.ndarray], stem: str) -> None:
    """Offer arrays, by name."""
    _offer("NPZ", partial(_npz, arrays), f"{stem}.npz", "application/octet-stream")


def html(figure: go.Figure, stem: str) -> None:
    """Offer a chart as a page of its own, which needs no network."""
    _offer("HTML", partial(figure.to_html, include_plotlyjs=True), f"{stem}.html", "text/html")


def _offer(label: str, make: partial, name: str, kind: str) -> None:
    st.download_button(
        label, make, name, kind, key=f"_download_{name}", icon=":material/download:",
        on_click="ignore",
    )  # fmt: skip


def _csv(table: pd.DataFrame, index: bool) -> bytes:
    return table.to_csv(index=index, float_format="%.6g").encode()


def _npz(arrays: dict[str, np.ndarray]) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()
