"""Titles of pictures: what a gallery picture shows, and the file name of an upload."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.gallery_photos import PHOTOS
from core.pictures import Picture, scene, scene_title
from core.scenes import BadScene

UPLOAD = "Your picture"
# Characters of a file's name that a title keeps.
LONGEST_NAME = 60


def remember_name(reference: str, file_name: str) -> None:
    """Keep the name of an uploaded file as the picture's title, in this session only."""
    _names()[reference] = file_name[:LONGEST_NAME]


def with_title(picture: Picture) -> Picture:
    """Return the picture with the title that this session has for it."""
    return replace(picture, title=_names().get(picture.reference, picture.title))


def distinct_titles(references: Sequence[str]) -> dict[str, str]:
    """Return a title for each reference, different from all others: "mine.png", "mine.png (2)"."""
    titles: dict[str, str] = {}
    taken: set[str] = set()
    for reference in references:
        plain = title = _title(reference)
        number = 1
        while title in taken:
            number += 1
            title = f"{plain} ({number})"
        taken.add(title)
        titles[reference] = title
    return titles


def _title(reference: str) -> str:
    source, _, name = reference.partition(":")
    if source == "photo" and name in PHOTOS:
        return PHOTOS[name].title
    if source == "scene":
        try:
            return f"Drawn {scene_title(scene(name))}"
        except BadScene:
            return reference
    return _names().get(reference, UPLOAD if source == "upload" else reference)


def _names() -> dict[str, str]:
    names: dict[str, str] = st.session_state.setdefault("_upload_names", {})
    return names
