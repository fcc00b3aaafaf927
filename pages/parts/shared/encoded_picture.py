"""Pictures with transparent parts as PNG files, each encoded once in a session."""

import hashlib

import streamlit as st
from PIL import Image

from core import images

# More than a page shows; the files take about 100 kB each.
MAX_KEPT = 60


def encoded(img: Image.Image) -> bytes:
    """Return a picture as a PNG file.

    Streamlit would encode every picture again in every run, and a page that shows progress runs
    twice a second: on Overview this took nine tenths of a run.
    """
    files: dict[str, bytes] = st.session_state.setdefault("_encoded", {})
    key = hashlib.sha256(repr(img.size).encode() + img.tobytes()).hexdigest()
    file = files.pop(key, None) or images.png(img)
    files[key] = file  # the most recently used is the last
    while len(files) > MAX_KEPT:
        del files[next(iter(files))]
    return file
