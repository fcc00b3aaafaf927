"""Compare: how up to four networks differ inside, in what they say of pictures, and in cost."""

import streamlit as st

from core.errors import ZooscopeError
from core.sets import PictureSet
from core.zoo import Card
from pages.parts import agreeing, alike, backbones, chooser, layers, sets
from pages.parts.session import held
from pages.parts.text import plain
from streamlit_app import framed

VIEWS = {
    "Layers alike": alike.show,
    "Agreement": agreeing.show,
    "Backbones": backbones.show,
}


def show() -> None:
    st.title("How do they differ?", anchor=False)
    st.caption(
        "Up to four networks on the same set of pictures: inside, in what they say, and in what"
        " they cost."
    )
    chosen = chooser.models()
    models = layers.usable(chosen)
    _say_left_out({name: card for name, card in chosen.items() if name not in models})
    if not models:
        layers.say_none()
        return
    pictures = _pictures()
    if held("view") not in VIEWS:
        st.session_state.view = next(iter(VIEWS))
    view = st.segmented_control(
        "View", list(VIEWS), key="view", bind="query-params", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    if pictures is None:
        st.info(
            "Choose pictures above; networks are compared by what they make of them.",
            icon=":material/photo_library:",
        )
        return
    VIEWS.get(str(view), alike.show)(models, pictures)


def _pictures() -> PictureSet | None:
    """The chosen set; who comes by a link sees what it compares and not how it was chosen."""
    asked = held(sets.KEY)
    opened = st.session_state.setdefault("_pictures_opened", not asked)
    with st.expander("Pictures", expanded=opened, icon=":material/photo_library:"):
        pictures = sets.choose()
    if not opened and (pictures is None or pictures.reference != asked):
        st.session_state._pictures_opened = True  # to see what became of what was asked
        st.rerun()
    if pictures is not None and not opened:
        st.caption(f"{plain(pictures.name)} · {len(pictures):,} pictures")
    return pictures


def _say_left_out(models: dict[str, Card | ZooscopeError]) -> None:
    """Which chosen models are not compared, and why."""
    for name, card in models.items():
        why = card if isinstance(card, ZooscopeError) else "its weights are not here; see Predict."
        st.warning(f"{plain(name)} is left out: {plain(why)}", icon=":material/block:")


framed(show)
