"""Pictures that a page encodes once in a session."""

from io import BytesIO

import numpy as np
import pytest
import streamlit as st
from PIL import Image

from core import images
from pages.parts.shared import encoded_picture
from pages.parts.shared.encoded_picture import MAX_KEPT, encoded


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    state: dict[str, object] = {}
    monkeypatch.setattr(st, "session_state", state)
    return state


@pytest.fixture
def encodings(monkeypatch: pytest.MonkeyPatch) -> list[Image.Image]:
    """The pictures that were encoded."""
    done: list[Image.Image] = []
    monkeypatch.setattr(
        encoded_picture.images, "png", lambda img, png=images.png: done.append(img) or png(img)
    )
    return done


def picture(value: int, size: tuple[int, int] = (4, 3)) -> Image.Image:
    return Image.new("RGBA", size, (value, 0, 0, 128))


def test_a_picture_is_encoded_once_without_loss(encodings):
    img = picture(200)
    files = {encoded(img), encoded(img.copy())}
    assert len(encodings) == len(files) == 1
    shown = Image.open(BytesIO(files.pop()))
    assert np.array_equal(np.asarray(shown), np.asarray(img))


def test_equal_bytes_of_another_shape_are_another_picture(encodings):
    assert encoded(picture(1, (4, 3))) != encoded(picture(1, (3, 4)))
    assert len(encodings) == 2


def test_the_pictures_that_were_used_last_are_kept(encodings, session):
    for value in range(MAX_KEPT):
        encoded(picture(value))
    encoded(picture(0))  # used again
    encoded(picture(MAX_KEPT))  # takes the place of the first that was not
    encoded(picture(0))
    assert len(encodings) == MAX_KEPT + 1
    encoded(picture(1))
    assert len(encodings) == MAX_KEPT + 2
    assert len(session["_encoded"]) == MAX_KEPT
