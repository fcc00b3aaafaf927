"""Imagenette on a page: downloaded at a click, then a folder of labelled photographs."""

import streamlit as st

from core.sets import Folder
from core.sets.imagenette import VARIANTS
from core.workbench.downloads import imagenette_download, imagenette_size
from pages.parts.shared.background_job import offer_download
from pages.parts.shared.session import workbench

KEY = "_set_variant"
NAME = "imagenette-"


def variant_of(folder: str) -> str:
    """Return the variant whose folder has this name; empty where it is another folder."""
    return next((variant for variant in VARIANTS if folder == f"{NAME}{variant}"), "")


def open_variant(variant: str) -> None:
    """Choose a variant that a link names."""
    st.session_state[KEY] = variant


def pick_imagenette() -> Folder | None:
    """Show a picker of the variant and return its folder, or offer the download."""
    st.caption(
        "Photographs of ten ImageNet classes with labels that ImageNet networks know"
        " (github.com/fastai/imagenette, the validation part)."
    )
    if st.session_state.get(KEY) not in VARIANTS:
        st.session_state[KEY] = VARIANTS[0]
    variant = str(
        st.segmented_control(
            "Shorter side", VARIANTS, key=KEY, required=True, persist_state="session"
        )
    )
    sets = workbench().sets
    downloaded = sets.imagenette(variant)
    if downloaded is None:
        offer_download(
            imagenette_size(sets, variant), imagenette_download(sets, variant), "Imagenette"
        )
    return downloaded
