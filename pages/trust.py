"""Trust: which saliency maps to believe, for a picture and on scenes where the truth is known."""

import streamlit as st

from core.workbench.start_views import TRUST_METHODS
from pages.parts.shared.frame import framed
from pages.parts.shared.layer_picker import classifiers_and_picture
from pages.parts.shared.linked import Linked
from pages.parts.shared.method_picker import pick_methods
from pages.parts.shared.page_intro import show_intro
from pages.parts.shared.results import Results, progress_place
from pages.parts.trust import picture_view, scenes_view

LINKED = Linked("trust")
PICTURE, SCENES = "This picture", "Drawn scenes"


def show() -> None:
    show_intro(
        "Which heat map can I trust?",
        "A heat map that looks right may still miss what the network used: here the network itself"
        " is asked, and, for generated scenes, the exact position of the object.",
        "Read the verdict on each network first; the table and the curves below show what it is"
        " based on.",
        term="Heat map",
    )
    chosen = classifiers_and_picture()
    if chosen is None:
        return
    models, picture = chosen
    with st.container(horizontal=True, vertical_alignment="bottom"):
        view = LINKED.segmented("Test on", [PICTURE, SCENES], "of", width="content")
        progress = progress_place()
    methods = pick_methods(TRUST_METHODS)  # as wide as the page: narrower, it cuts its chips
    if view == SCENES:
        scenes_view.show(Results(), models, methods)
    else:
        picture_view.show(Results(), models, picture, methods, progress)


framed(show)
