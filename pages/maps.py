"""Maps: pictures and neurons as points that lie together when networks find them alike."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from core.anatomy import Organ
from core.sets import PictureSet, drawn
from core.zoo import Card
from pages.parts import chooser, depths, layers, neuron_maps, picture_maps, sets, staged_maps
from pages.parts.session import held
from streamlit_app import framed

PICTURES, NEURONS, STAGES = "Pictures", "Neurons", "Through the layers"
# Ten of each class: a first map within seconds.
FIRST_COUNT = 280

View = Callable[[Mapping[str, Card], Mapping[str, Sequence[Organ]], PictureSet], None]
VIEWS: Mapping[str, View] = {
    PICTURES: picture_maps.show,
    NEURONS: neuron_maps.show,
    STAGES: staged_maps.show,
}


def show() -> None:
    st.title("What lies together?", anchor=False)
    st.caption(
        "Each picture, or each neuron, is a point; what a network finds alike lies together. Draw"
        " around some points to see what they are."
    )
    models = layers.usable(chooser.models())
    if not models:
        layers.say_none()
        return
    if "_set_kind" not in st.session_state and not held(sets.KEY):
        st.session_state[sets.KEY] = drawn(FIRST_COUNT).reference
    with st.expander("Which pictures", icon=":material/photo_library:"):
        chosen = sets.choose()
    if held("maps_of") not in VIEWS:
        st.session_state.maps_of = PICTURES
    view = st.segmented_control(
        "Maps of", list(VIEWS), key="maps_of", bind="query-params", required=True
    )
    if chosen is None:
        st.info("Choose pictures under “Which pictures”.", icon=":material/photo_library:")
        return
    organs = depths.bodies(models)
    known = {name: card for name, card in models.items() if organs.get(name)}
    if known:
        VIEWS[view or PICTURES](known, organs, chosen)


framed(show)
