"""Zooscope's frame: page config, navigation, and the picture and model chooser."""

from collections.abc import Callable
from functools import cache

import streamlit as st
from PIL import Image, ImageDraw
from streamlit.navigation.page import StreamlitPage

from core.cores import on_one_core
from core.settings import BadSetting
from pages.parts import chooser
from pages.parts.session import workbench

SIDEBAR_WIDTH = 330  # pixels: room for a picture and the longer names of models
IN_FRAME = "_in_frame"
# File, title, icon, and what a visitor finds there.
PAGES = (
    ("predict", "Predict", "label",
     "What up to four networks say a picture is, side by side, and how sure."),
    ("neurons", "Neurons", "biotech",
     "What each channel of a layer looks for, and one under the microscope."),
    ("compare_neurons", "Neurons, compared", "join_inner",
     "The same depth of up to four networks, and the neuron that is its like."),
    ("layers", "Layers", "layers",
     "How a network takes one picture apart, layer by layer."),
    ("saliency", "Saliency", "center_focus_strong",
     "Where networks looked, by every method, and how the maps compare."),
    ("trust", "Trust", "fact_check",
     "Which of these maps to believe: scores, checks, and the truth of drawn scenes."),
    ("maps", "Maps", "scatter_plot",
     "Pictures and neurons as points: what each network finds alike, from pixels to classes."),
    ("compare", "Compare", "difference",
     "How networks differ over a set of pictures: inside, in what they say, in cost."),
    ("scenes", "Scenes", "draw",
     "Pictures drawn by rule: set what stands where, see the truth of its parts."),
    ("models", "Models", "pets",
     "Every CNN that timm has: search, filter, sort, and pick some to compare."),
)  # fmt: skip


def frame() -> None:
    """Show the frame and the page that the address names."""
    on_one_core()  # whatever a page draws itself, the engine's thread has the cores
    st.set_page_config(
        page_title="Zooscope",
        page_icon=_eye(),
        layout="wide",
        initial_sidebar_state=SIDEBAR_WIDTH,
    )
    page = st.navigation([_page(*entry) for entry in PAGES])
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


@cache
def _eye() -> Image.Image:
    """The app's icon, drawn here: Streamlit's own come from another company's server."""
    icon = Image.new("RGBA", (64, 64))
    draw = ImageDraw.Draw(icon)
    draw.ellipse((2, 14, 62, 50), fill="#0B6E8F")
    draw.ellipse((19, 19, 45, 45), fill="white")
    draw.ellipse((26, 26, 38, 38), fill="#0B6E8F")
    return icon


def _page(name: str, title: str, icon: str, text: str) -> StreamlitPage:
    first = name == PAGES[0][0]
    return st.Page(f"pages/{name}.py", title=title, icon=f":material/{icon}:", help=text,
                   default=first)  # fmt: skip


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
