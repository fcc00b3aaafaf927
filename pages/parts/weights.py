"""What a page shows for a model whose weights are not on this machine yet."""

import streamlit as st

from core.zoo import Card
from pages.parts import chooser
from pages.parts.session import asker, workbench
from pages.parts.text import plain

POLL = 0.4


def offer(card: Card) -> None:
    """Size, download with progress and Cancel, and the ways out."""
    _offer_download(card)
    open_untrained(card)


def open_untrained(card: Card) -> None:
    """A button that takes the same architecture with random weights instead."""
    st.button(
        "Open untrained",
        icon=":material/shuffle:",
        key=f"_untrained_{card.name}",
        on_click=_open_untrained,
        args=(card,),
        help="The same architecture with random weights: shows what training adds.",
    )


def _offer_download(card: Card) -> None:
    download = workbench().downloading(card, asker())
    if download is None:
        _show_size(card)
    elif download.error:
        _show_failure(card, str(download.error))
    else:
        _show_download(card)
        st.button(
            "Cancel",
            icon=":material/cancel:",
            key=f"_stop_{card.name}",
            on_click=workbench().leave_download,
            args=(card, asker()),
        )


@st.fragment(run_every=POLL)
def _show_download(card: Card) -> None:
    download = workbench().downloading(card, asker())
    if download is None or download.done:
        st.rerun()
        return
    done, total = (download.progress.step, download.progress.total) if download.progress else (0, 1)
    st.progress(
        done / max(1, total),
        text=f"Fetching {card.title}: {done / 1e6:.1f} of {total / 1e6:.1f} MB",
    )


@st.fragment(run_every=POLL)
def _wait_for_size(card: Card) -> None:
    if workbench().download_size(card, asker()).done:
        st.rerun()
    st.caption(":material/cloud_download: Asking the hub for the size …")


def _show_size(card: Card) -> None:
    size = workbench().download_size(card, asker())
    if size.error:
        _show_failure(card, str(size.error))
    elif size.result is None:
        _wait_for_size(card)
    else:
        st.caption(":material/cloud_download: These weights are on the hub, not here yet.")
        st.button(
            f"Download {size.result / 1e6:.1f} MB",
            icon=":material/download:",
            type="primary",
            key=f"_fetch_{card.name}",
            on_click=_fetch,
            args=(card,),
        )


def _fetch(card: Card) -> None:
    workbench().download(card, asker())


def _show_failure(card: Card, message: str) -> None:
    st.warning(plain(message), icon=":material/cloud_off:")
    st.button(
        "Try again",
        icon=":material/refresh:",
        key=f"_again_{card.name}",
        on_click=workbench().retry_download,
        args=(card,),
    )


def _open_untrained(card: Card) -> None:
    names = [
        f"untrained/{card.architecture}" if name == card.name else name for name in chooser.models()
    ]
    chooser.choose_models(list(dict.fromkeys(names)))
