"""Pictures in a grid that can be clicked, which Streamlit's own pictures cannot.

A component of Streamlit (version 2): the browser gets the pictures and texts as data. With a key,
new data does not mount it again, so results that arrive one by one do not flicker.
"""

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st
from PIL import Image

HERE = Path(__file__).parent
# Longer side of a picture in pixels (the grid shows them at 100 to 250) and its JPEG quality.
# Small, since a page sends all of them whenever a result arrives.
SIDE, QUALITY = 200, 80

_GRID = st.components.v2.component(
    "zooscope_picture_grid",
    html='<div class="grid"></div>',
    css=(HERE / "picture_grid.css").read_text(encoding="utf-8"),
    js=(HERE / "picture_grid.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Tile:
    """A picture in the grid.

    Attributes:
        key: What a click reports; different for each tile of a grid.
        label: The text below the picture.
        alt: Describes the picture.
        picture: The picture as a data URI; empty while it is missing.
        note: A second text, such as why there is no picture.
        busy: Whether the picture is being computed.
        chosen: Whether the picture is the one that is open.
    """

    key: str
    label: str
    alt: str
    picture: str = ""
    note: str = ""
    busy: bool = False
    chosen: bool = False


def data_uri(picture: Image.Image) -> str:
    """Return a picture as a small JPEG in a data URI."""
    small = picture.convert("RGB")
    small.thumbnail((SIDE, SIDE))
    data = io.BytesIO()
    small.save(data, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(data.getvalue()).decode()}"


def picture_grid(
    tiles: Sequence[Tile],
    key: str,
    on_open: Callable[[str], None],
    width: int,
    columns: int,
    target: str = "",
) -> None:
    """Show pictures that open on a click, on a tap, and with the keyboard.

    Args:
        tiles: The pictures.
        key: The component's key, different for each grid of a page.
        on_open: Called before the next run, with the key of the tile that was clicked.
        width: Least width of a picture in pixels.
        columns: Columns on a wide screen.
        target: Key of the container in which the opened picture appears; it is scrolled into view.
    """

    def opened() -> None:
        tile = st.session_state[key].opened
        if tile in {each.key for each in tiles}:  # the browser may send anything
            on_open(tile)

    _GRID(
        key=key,
        data={
            "tiles": [asdict(tile) for tile in tiles], "width": width, "columns": columns,
            "target": target,
        },
        on_opened_change=opened,
    )  # fmt: skip
