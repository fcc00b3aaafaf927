"""Thumbnails of a picture set: read once in a session, some in each run."""

import time
from collections.abc import Iterable

import streamlit as st
from PIL import Image

from core.errors import ZooscopeError
from core.sets import PictureSet

SIDE = 96
# Seconds that a run of the page spends on reading before it shows what there is.
PATIENCE = 1.0


def thumbnails(pictures: PictureSet, indices: Iterable[int]) -> tuple[dict[int, Image.Image], bool]:
    """Return thumbnails by index, and whether all were read; otherwise the page must run again.

    Pictures that cannot be read are left out.
    """
    cache = st.session_state.setdefault("_thumbnails", {})
    if cache.get("set") != pictures.reference:
        cache.clear()
        cache["set"] = pictures.reference
    until = time.monotonic() + PATIENCE
    read: dict[int, Image.Image] = {}
    for index in indices:
        if index not in cache:
            if time.monotonic() > until:
                return read, False
            cache[index] = _thumbnail(pictures, index)
        if cache[index] is not None:
            read[index] = cache[index]
    return read, True


def _thumbnail(pictures: PictureSet, index: int) -> Image.Image | None:
    try:
        thumbnail = pictures.image(index, SIDE)
    except ZooscopeError:  # a broken or deleted file; the page shows its point without a picture
        return None
    thumbnail.thumbnail((SIDE, SIDE))
    return thumbnail
