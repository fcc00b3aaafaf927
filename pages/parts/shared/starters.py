"""Well-known networks of the hub: one click chooses a network and downloads its weights."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.workbench.downloads import weights_download
from core.zoo import Starter, starters
from pages.parts.shared.background_job import start
from pages.parts.shared.session import workbench

Choose = Callable[[list[str]], None]


def show(names: Sequence[str], most: int, choose: Choose) -> None:
    """Show the networks, each with its size and a button.

    Args:
        names: The chosen networks.
        most: How many networks can be chosen.
        choose: Takes the names of the networks that the visitor chooses, in a callback.
    """
    with st.popover("Get a well-known network", icon=":material/cloud_download:", width="stretch"):
        if len(names) >= most:
            st.caption(f"{most} networks are chosen. Remove one to add another.")
        for starter in starters():
            _show_starter(starter, names, len(names) >= most, choose)


def _show_starter(starter: Starter, names: Sequence[str], full: bool, choose: Choose) -> None:
    here = workbench().card(starter.name).weights is not None
    st.markdown(f"**{starter.title}**  \n{starter.text}")
    if starter.name in names:
        label = "Chosen"
    else:
        label = "Add" if here else f"Download {starter.megabytes} MB and add"
    st.button(
        label, icon=":material/add:" if here else ":material/download:",
        key=f"_starter_{starter.name}", disabled=full or starter.name in names,
        on_click=_get, args=(starter, here, [*names, starter.name], choose),
    )  # fmt: skip


def _get(starter: Starter, here: bool, names: list[str], choose: Choose) -> None:
    """Choose a starter and download it; its progress, or what failed, is shown above the page."""
    choose(names)
    if not here:
        limit = workbench().settings.download_mb * 1_000_000
        start(weights_download(workbench().card(starter.name), limit))
        st.toast(f"Downloading {starter.title}: see above the page.", icon=":material/download:")
