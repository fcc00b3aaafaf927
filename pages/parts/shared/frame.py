"""The frame around every page: page config, navigation, and the sidebar."""

from collections.abc import Callable
from functools import cache

import streamlit as st
from PIL import Image, ImageDraw
from streamlit.navigation.page import StreamlitPage

from core.settings import BadSetting
from core.threads import limit_to_one_thread
from pages.parts.shared import current_choice, sidebar, stories
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.page_intro import show_expert_switch
from pages.parts.shared.session import note_page, workbench
from pages.parts.shared.upload_limits import limit_uploads

SIDEBAR_WIDTH = 330  # pixels: room for a picture and for long names of networks
IN_FRAME = "_in_frame"
# File in pages/, section of the navigation, title, icon, and what a visitor finds there. The first
# page is the landing page.
PAGES = (
    ("overview", "Start", "Overview", "visibility",
     "One picture, and how networks see it: from the pixels to the answer, at one glance."),
    ("predict", "See", "Predict", "label",
     "What up to four networks say a picture shows, side by side, and how sure they are."),
    ("neurons", "See", "Neurons", "biotech",
     "What each channel of a layer looks for, and one channel in detail."),
    ("layers", "See", "Layers", "layers",
     "What happens to a picture in each layer of a network."),
    ("saliency", "See", "Saliency", "center_focus_strong",
     "Where networks looked, by every method, and how the heat maps compare."),
    ("trust", "See", "Trust", "fact_check",
     "Which heat maps to trust: scores, sanity checks, and scenes with exact labels."),
    ("maps", "Compare", "Maps", "scatter_plot",
     "Pictures and neurons as points: which ones each network finds similar."),
    ("compare", "Compare", "Compare", "difference",
     "How networks differ over a set of pictures: layers, predictions and cost."),
    ("compare_neurons", "Compare", "Neurons, compared", "join_inner",
     "The same depth of up to four networks, and the neurons that match."),
    ("bias", "Compare", "Bias", "balance",
     "Whether a network uses the thing itself, or something beside it."),
    ("failures", "Compare", "Failures", "broken_image",
     "When networks fail: noise, blur, fog, compression, position, attacks. And what helps."),
    ("train", "Learn", "Train", "model_training",
     "Train a small network on drawn pictures or your own, and watch how it learns."),
    ("scenes", "Learn", "Scenes", "draw",
     "Generated images with exact labels: choose what they show, and where."),
    ("glossary", "Learn", "Glossary", "dictionary",
     "Every term that the pages use, in plain words."),
    ("models", "Zoo", "Models", "pets",
     "Every CNN that timm has: search, filter, sort, and choose some to compare."),
)  # fmt: skip


def show_frame() -> None:
    """Show the frame and the page that the address names."""
    _hide_error_details()
    limit_to_one_thread()  # what a page draws itself must not slow down the computing thread
    limit_uploads()
    st.set_page_config(
        page_title="Zooscope",
        page_icon=_icon(),
        layout="wide",
        initial_sidebar_state=SIDEBAR_WIDTH,
    )
    # Streamlit would hide the last pages behind "View 3 more".
    page = st.navigation(_pages_by_section(), expanded=True)
    st.set_page_config(page_title=f"{page.title} · Zooscope")
    try:
        workbench()
    except BadSetting as error:
        st.error(
            f"Zooscope can't start: {escape_markdown(error)}", icon=":material/settings_alert:"
        )
        st.stop()
    with st.sidebar:
        sidebar.show()
        show_expert_switch()
    current_choice.show(page.title)
    stories.show_note(page.url_path)
    st.session_state[IN_FRAME] = True
    try:
        page.run()
    finally:
        st.session_state.pop(IN_FRAME, None)
        note_page(page.url_path)


def framed(show: Callable[[], None]) -> None:
    """Show a page within the frame, also where Streamlit has run the page's file directly.

    Streamlit does that when a link to the page is the first request of a new server: until
    `st.navigation` was called once, it takes the files in pages/ for pages of an older kind of app.

    Args:
        show: Shows the page.
    """
    if IN_FRAME in st.session_state:
        show()
    else:
        show_frame()


def _hide_error_details() -> None:
    """Take "no error details" at its word.

    Some hosts set the option to `false`, for which Streamlit shows a trace with the server's paths.
    """
    if str(st.get_option("client.showErrorDetails")).lower() == "false":
        st.set_option("client.showErrorDetails", "none")


@cache
def _icon() -> Image.Image:
    """The app's icon, drawn here: Streamlit's own icons come from another company's server."""
    icon = Image.new("RGBA", (64, 64))
    draw = ImageDraw.Draw(icon)
    draw.ellipse((2, 14, 62, 50), fill="#0B6E8F")
    draw.ellipse((19, 19, 45, 45), fill="white")
    draw.ellipse((26, 26, 38, 38), fill="#0B6E8F")
    return icon


def _pages_by_section() -> dict[str, list[StreamlitPage]]:
    sections: dict[str, list[StreamlitPage]] = {}
    for name, section, title, icon, text in PAGES:
        page = st.Page(
            f"pages/{name}.py", title=title, icon=f":material/{icon}:", help=text,
            default=name == PAGES[0][0],
        )  # fmt: skip
        sections.setdefault(section, []).append(page)
    return sections
