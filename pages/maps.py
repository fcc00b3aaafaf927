"""Maps: pictures and neurons as points, close together where networks find them similar."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from core.layer_info import LayerInfo
from core.sets import PictureSet
from core.zoo import Card
from pages.parts.maps import neuron_maps, picture_maps, staged_maps
from pages.parts.sets import set_picker
from pages.parts.shared import sidebar
from pages.parts.shared.frame import framed
from pages.parts.shared.layer_depth import main_layers
from pages.parts.shared.layer_picker import show_no_model, usable
from pages.parts.shared.linked import Linked
from pages.parts.shared.page_intro import show_intro
from pages.parts.shared.results import Results

LINKED = Linked("maps")
# Scenes of the first map, ten of each class: it is there within seconds.
FIRST_COUNT = 280

View = Callable[[Results, Mapping[str, Card], Mapping[str, Sequence[LayerInfo]], PictureSet], None]
VIEWS: Mapping[str, View] = {
    "Pictures": picture_maps.show,
    "Neurons": neuron_maps.show,
    "Through the layers": staged_maps.show,
}


def show() -> None:
    show_intro(
        "Which images does it find similar?",
        "See which pictures, or which neurons, each network treats as similar.",
        "Each point is a picture or a neuron; similar ones lie close together. Select some points"
        " to see what they are.",
        term="t-SNE",
    )
    models = usable(sidebar.models())
    if not models:
        show_no_model()
        return
    first, problems = set_picker.first_set(models.values(), FIRST_COUNT), st.container()
    with st.expander("Which pictures", icon=":material/photo_library:"):
        pictures = set_picker.pick_set(first, problems)
    view = LINKED.segmented("Maps of", list(VIEWS), "maps_of")
    if pictures is None:
        st.info("Choose pictures under “Which pictures”.", icon=":material/photo_library:")
        return
    results = Results()
    layers = main_layers(results, models)
    known = {name: card for name, card in models.items() if layers.get(name)}
    if known:
        VIEWS[view](results, known, layers, pictures)


framed(show)
