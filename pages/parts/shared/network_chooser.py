"""The chooser of the networks in the sidebar: the chosen ones, and a search that adds one."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st

from core.errors import ZooscopeError
from core.zoo import Card, UnknownModel
from pages.parts.shared import starters
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.model_badge import BADGES, with_badge
from pages.parts.shared.session import workbench

# What the search says about where a network's weights are.
PLACES = {**BADGES, "cached": "timm", "hub": "timm, to download"}
NUMBER = "_networks_added"
# Width of a network's name in pixels: longer names wrap, and the button stays beside them.
NAME_WIDTH = 180
# What a network is called that a link names and that cannot be opened, by the reason.
UNKNOWN, UNAVAILABLE = "unknown", "unavailable"

Choose = Callable[[list[str]], None]


def show(
    chosen: Mapping[str, Card | ZooscopeError], table: pd.DataFrame, most: int, choose: Choose
) -> None:
    """Show the chosen networks, each with a button that removes it, and the search.

    Args:
        chosen: The chosen networks' cards by name, or why there is none.
        table: The catalog.
        most: How many networks can be chosen.
        choose: Takes the names of the networks that the visitor chooses, in a callback.
    """
    names = list(chosen)
    st.markdown(f"Networks, up to {most}")
    with st.container(gap="xxsmall"):
        for name, card in chosen.items():
            _show_chosen(name, card, [other for other in names if other != name], choose)
    _show_search(table, names, most, choose)
    starters.show(names, most, choose)


def _show_chosen(name: str, card: Card | ZooscopeError, rest: list[str], choose: Choose) -> None:
    """Show a chosen network, and the button that leaves only the rest."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
        if isinstance(card, Card):
            st.markdown(with_badge(card), width=NAME_WIDTH)
        else:
            problem = UNKNOWN if isinstance(card, UnknownModel) else UNAVAILABLE
            shown = f"{escape_markdown(name)} :orange-badge[{problem}]"
            st.markdown(shown, width=NAME_WIDTH)
        # A word, because a screen reader would call an icon "close icon".
        st.button(
            "Remove", type="tertiary", key=f"_remove_{name}",
            help=f"Remove {escape_markdown(name)}", on_click=choose, args=(rest,),
        )  # fmt: skip
    if not isinstance(card, Card):
        st.caption(f"{escape_markdown(card)} Remove it, then search for another below.")


def _show_search(table: pd.DataFrame, names: Sequence[str], most: int, choose: Choose) -> None:
    """Show a search; what is picked becomes the last of the chosen networks."""
    # The length of the list slows down every run: untrained networks, and transformers that have to
    # be downloaded, are added on the page Models.
    rare = (table["where"] == "hub") & table["kind"].isin(["transformer", "MLP"])
    left_out = table["where"].isin(["untrained", "refused"]) | rare | table["name"].isin(names)
    offered = table[~left_out]
    columns = (offered["name"], offered["where"], offered["architecture"])
    labels = dict(zip(offered["name"], map(_label, *columns), strict=True))
    full = len(names) >= most
    # A new key empties the search after each pick.
    key = f"_add_{st.session_state.setdefault(NUMBER, 0)}"
    st.selectbox(
        "Add a network", list(labels), index=None, key=key, label_visibility="collapsed",
        format_func=lambda name: labels.get(name, str(name)), disabled=full,
        placeholder=f"Remove one of the {most} to add another" if full
        else "Add a network: resnet, mobilenet …",
        on_change=_add, args=(key, names, choose),
    )  # fmt: skip


def _label(name: str, where: str, architecture: str) -> str:
    if where == "trained":  # its name is a digest
        return f"{workbench().card(name).title} · {PLACES[where]}"
    label = f"{name.rpartition('/')[2]} · {PLACES.get(where, where)}"
    # Packages spell names in their own way; the search has to find timm's spelling as well.
    return f"{label} · {architecture}" if where == "installed" else label


def _add(key: str, names: Sequence[str], choose: Choose) -> None:
    added = st.session_state[key]
    if added is not None:
        st.session_state[NUMBER] += 1
        choose([*names, added])
