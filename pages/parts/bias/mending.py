"""Mend a network with shortcuts: learn its last layer again, and compare before and after."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core import interventions
from core.errors import ZooscopeError
from core.interventions import MendedLayer, Verdict
from core.workbench.tasks.mended_layer import MendedNetwork, mended_layer_recipe
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
    verdict = results.value(network.verdict)
    if mended is not None and verdict is not None:
        st.markdown(describe_gain(card, verdict, mended))
        st.button(
            f"Compare {title} before and after", icon=":material/compare:", type="primary",
            key=f"_use_{card.name}", on_click=_use, args=(card, mended.layer),
            help="Puts the mended network beside it, here and on all pages.",
        )  # fmt: skip


def describe_gain(card: Card, verdict: Verdict, mended: MendedNetwork) -> str:
    """Return in Markdown what each shortcut's test scenes got before, and get after mending."""
    lines = [f"On scenes that the new layer of {escape_markdown(card.title)} has not learned:"]
    for shortcut, (with_level, without) in zip(verdict.shortcuts, mended.after, strict=True):
        what, before = shortcut.suspicion, np.mean(shortcut.without)
        class_, level = escape_markdown(what.class_), escape_markdown(what.level)
        lines.append(
            f"- **{class_} without {level}** gets a probability of {without:.0%} after,"
            f" {before:.0%} before; with {level} {with_level:.0%} after,"
            f" {np.mean(shortcut.with_level):.0%} before."
        )
    return "\n".join(lines)


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
