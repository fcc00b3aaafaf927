"""Zooscope's entry file: `streamlit run streamlit_app.py`."""

from pages.parts.shared.frame import show_frame

show_frame()
