"""Neurons, compared: the same depth of up to four networks, and units that respond alike."""

import streamlit as st

from pages.parts.compare_neurons import parts_by_depth, same_depth, same_neuron
from pages.parts.shared import sidebar
from pages.parts.shared.frame import framed
from pages.parts.shared.layer_depth import main_layers
from pages.parts.shared.layer_picker import usable
from pages.parts.shared.linked import Linked
from pages.parts.shared.page_intro import show_intro
from pages.parts.shared.results import Results

LINKED = Linked("compare_neurons")
VIEWS = {
    "The same depth": same_depth.show,
    "The same neuron": same_neuron.show,
    "Parts by depth": parts_by_depth.show,
}


def show() -> None:
    show_intro(
        "Do they look for the same things?",
        "Networks that were trained separately, with different designs, often find the same things"
        " by themselves. Here up to four of them stand side by side.",
        "Each column is a network. A picture shows what one of its channels looks for; click its"
        " name to see the channel in detail.",
    )
    models = usable(sidebar.models())
    if len(models) < 2:
        st.info(
            "Choose at least two networks in the sidebar. Predict downloads the weights of those"
            " that need it.",
            icon=":material/left_panel_open:",
        )
        return
    results = Results()
    layers = {
        name: [layer for layer in own if layer.is_spatial]
        for name, own in main_layers(results, models).items()
    }
    if len(layers) < len(models):
        return
    view = LINKED.segmented("View", list(VIEWS), "view", label_visibility="collapsed")
    VIEWS[view](results, models, layers)


framed(show)
