"""A set's pictures, small: read once a session, some at a time."""

import time
from collections.abc import Iterable

import streamlit as st
from PIL import Image

from core.errors import ZooscopeError
from core.sets import PictureSet

SIDE = 96
# Seconds that a run of the page spends on reading before it shows what there is.
PATIENCE = 1.0


def of(chosen: PictureSet, wanted: Iterable[int]) -> tuple[dict[int, Image.Image], bool]:
    """Small pictures by number, and whether all are there: else the page has to run again.

    Those that can't be read are left out.
    """
    kept = st.session_state.setdefault("_tiles", {})
    if kept.get("set") != chosen.reference:
        kept.clear()
        kept["set"] = chosen.reference
    until = time.monotonic() + PATIENCE
    found: dict[int, Image.Image] = {}
    for index in wanted:
        if index not in kept:
            if time.monotonic() > until:
                return found, False
            kept[index] = _read(chosen, index)
        if kept[index] is not None:
            found[index] = kept[index]
    return found, True


def _read(chosen: PictureSet, index: int) -> Image.Image | None:
    try:
        small = chosen.image(index, SIDE)
    except ZooscopeError:  # a broken or forgotten file: its dot stands for it
        return None
    small.thumbnail((SIDE, SIDE))
    return small
