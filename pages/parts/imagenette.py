"""Imagenette on a page: fetched at a click, then a folder of labelled photographs."""

import streamlit as st

from core.engine import Answer
from core.sets import Folder
from core.sets.imagenette import VARIANTS
from pages.parts.session import asker, workbench
from pages.parts.text import plain

KEY = "_set_variant"
NAME = "imagenette-"
POLL = 0.4


def variant_of(name: str) -> str:
    """The variant that a folder's name is of; empty where it is of none."""
    return next((variant for variant in VARIANTS if name == f"{NAME}{variant}"), "")


def choose() -> Folder | None:
    """The set, or how to get it."""
    st.caption(
        "Photographs of ten ImageNet classes (github.com/fastai/imagenette, the validation part),"
        " so that real networks have labels they know."
    )
    if st.session_state.get(KEY) not in VARIANTS:
        st.session_state[KEY] = VARIANTS[0]
    variant = st.segmented_control(
        "Shorter side", VARIANTS, key=KEY, required=True, persist_state="session"
    )
    found = workbench().sets.imagenette(str(variant))
    if found is None:
        _offer(str(variant))
    return found


def _offer(variant: str) -> None:
    download = workbench().errands.under_way(_errand(variant), asker())
    if download is None:
        _show_size(variant)
    elif download.error:
        _show_failure(variant, str(download.error))
    elif download.result is None:
        _show_download(variant)
        st.button(
            "Cancel",
            icon=":material/cancel:",
            key="_set_leave",
            on_click=workbench().errands.leave,
            args=(_errand(variant), asker()),
        )


def _show_size(variant: str) -> None:
    size = _size(variant)
    if size.error:
        _show_failure(variant, str(size.error))
    elif size.result is None:
        _wait_for_size(variant)
    else:
        st.button(
            f"Download {size.result / 1e6:.1f} MB",
            icon=":material/download:",
            type="primary",
            key="_set_fetch",
            on_click=_fetch,
            args=(variant,),
        )


@st.fragment(run_every=POLL)
def _wait_for_size(variant: str) -> None:
    if _size(variant).done:
        st.rerun()
    st.caption(":material/cloud_download: Asking for the size …")


@st.fragment(run_every=POLL)
def _show_download(variant: str) -> None:
    download = workbench().errands.under_way(_errand(variant), asker())
    if download is None or download.done:
        st.rerun()
        return
    now = download.progress
    done, total = (now.step, now.total) if now else (0, 1)
    told = f"{now.note} …" if now and now.note else f"{done / 1e6:.1f} of {total / 1e6:.1f} MB"
    st.progress(done / max(1, total), text=f"Fetching Imagenette: {told}")


def _show_failure(variant: str, message: str) -> None:
    st.warning(plain(message), icon=":material/cloud_off:")
    st.button(
        "Try again",
        icon=":material/refresh:",
        key="_set_again",
        on_click=_retry,
        args=(variant,),
    )


def _size(variant: str) -> Answer:
    shelf = workbench().sets
    return workbench().errands.ask(
        f"size:{NAME}{variant}", lambda: shelf.imagenette_size_steps(variant), asker()
    )


def _fetch(variant: str) -> None:
    shelf = workbench().sets
    workbench().errands.ask(_errand(variant), lambda: shelf.imagenette_steps(variant), asker())


def _retry(variant: str) -> None:
    workbench().errands.retry(_errand(variant))
    workbench().errands.retry(f"size:{NAME}{variant}")


def _errand(variant: str) -> str:
    return f"download:{NAME}{variant}"
