"""Zooscope's frame: page config, navigation, and the picture and model chooser."""

from collections.abc import Callable

import streamlit as st

from core.settings import BadSetting
from pages.parts import chooser
from pages.parts.session import workbench

SIDEBAR_WIDTH = 330  # pixels: room for a picture and the longer names of models
IN_FRAME = "_in_frame"


def frame() -> None:
    """Show the frame and the page that the address names."""
    st.set_page_config(
        page_title="Zooscope",
        page_icon=":material/visibility:",
        layout="wide",
        initial_sidebar_state=SIDEBAR_WIDTH,
    )
    page = st.navigation(
        [
            st.Page(
                "pages/predict.py",
                title="Predict",
                icon=":material/label:",
                default=True,
                help="What up to four networks say a picture is, side by side, and how sure.",
            ),
            st.Page(
                "pages/neurons.py",
                title="Neurons",
                icon=":material/biotech:",
                help="What each channel of a layer looks for, and one under the microscope.",
            ),
            st.Page(
                "pages/compare_neurons.py",
                title="Neurons, compared",
                icon=":material/join_inner:",
                help="The same depth of up to four networks, and the neuron that is its like.",
            ),
            st.Page(
                "pages/layers.py",
                title="Layers",
                icon=":material/layers:",
                help="How a network takes one picture apart, layer by layer.",
            ),
            st.Page(
                "pages/scenes.py",
                title="Scenes",
                icon=":material/draw:",
                help="Pictures drawn by rule: set what stands where, see the truth of its parts.",
            ),
            st.Page(
                "pages/models.py",
                title="Models",
                icon=":material/pets:",
                help="Every CNN that timm has: search, filter, sort, and pick some to compare.",
            ),
        ]
    )
    try:
        workbench()
    except BadSetting as error:
        st.error(f"Zooscope can't start: {error}", icon=":material/settings_alert:")
        st.stop()
    with st.sidebar:
        chooser.show()
    st.session_state[IN_FRAME] = True
    try:
        page.run()
    finally:
        st.session_state.pop(IN_FRAME, None)


def framed(show: Callable[[], None]) -> None:
    """Show a page within the frame, also where Streamlit opened the page's file by itself.

    It does so when a link to the page is the first that a new server sees: until `st.navigation`
    has been called once, Streamlit takes the files in pages/ for pages of an older kind of app.
    """
    if IN_FRAME in st.session_state:
        show()
    else:
        frame()


if __name__ == "__main__":
    frame()
