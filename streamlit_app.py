"""Zooscope's frame: page config, navigation, and the picture and model chooser."""

import streamlit as st

from core.settings import BadSetting
from pages.parts import chooser
from pages.parts.session import workbench

SIDEBAR_WIDTH = 330  # pixels: room for a picture and the longer names of models

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
            help="What up to four networks say a picture is, side by side, and how sure they are.",
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

page.run()
