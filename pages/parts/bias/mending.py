"""Mend a network with shortcuts: learn its last layer again, and compare before and after."""

from collections.abc import Sequence

import streamlit as st

from core import interventions
from core.errors import ZooscopeError
from core.interventions import MendedLayer
from core.workbench.tasks.mended_layer import mended_layer_recipe
from core.zoo import Card
from pages.parts.bias.tested_network import TestedNetwork
from pages.parts.shared import own_networks, sidebar
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results

# Key of the session state: the networks to mend, and why one was not kept.
WANTED, REFUSED = "_bias_mend", "_bias_refused"


def show(tested: Sequence[TestedNetwork], results: Results) -> None:
    """Offer to mend each network that has shortcuts; nothing where none has."""
    biased = [
        network
        for network in tested
        if (verdict := results.value(network.verdict)) is not None and verdict.shortcuts
    ]
    if not biased:
        return
    st.subheader("Mend it", anchor=False)
    st.markdown(
        "Often only the last layer prefers the shortcut. It can be learned again in seconds, on"
        " scenes in which every factor is equally frequent; all other layers stay as they are."
    )
    for network in biased:
        _show_network(network.card, network, results)
    if problem := st.session_state.pop(REFUSED, ""):
        st.error(escape_markdown(problem), icon=":material/error:")


def _show_network(card: Card, network: TestedNetwork, results: Results) -> None:
    wanted = st.session_state.setdefault(WANTED, set())
    title = escape_markdown(card.title)
    if card.name not in wanted:
        st.button(
            f"Learn the last layer of {title} again", icon=":material/healing:",
            key=f"_mend_{card.name}", on_click=wanted.add, args=(card.name,),
        )  # fmt: skip
        return
    recipe = mended_layer_recipe(card, network.verdict)
    results.ask([recipe])
    results.show_error(recipe)
    mended = results.value(recipe)
    if mended is not None:
        st.button(
            f"Compare {title} before and after", icon=":material/compare:", type="primary",
            key=f"_use_{card.name}", on_click=_use, args=(card, mended),
            help="Puts the mended network beside it, here and on all pages.",
        )  # fmt: skip


def _use(card: Card, mended: MendedLayer) -> None:
    """Choose the network and its mended copy, in a callback."""
    try:
        name = own_networks.keep(interventions.mended_files(card, mended))
    except ZooscopeError as error:
        st.session_state[REFUSED] = str(error)
    except OSError as error:
        st.session_state[REFUSED] = f"The server can't keep the network ({error.strerror})."
    else:
        sidebar.add_models([card.name, name])
