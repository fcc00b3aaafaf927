"""Bias: whether networks use the thing itself or something beside it, by changing pictures."""

import streamlit as st

from pages.parts.bias import drawn_scenes, photograph
from pages.parts.shared import sidebar
from pages.parts.shared.frame import framed
from pages.parts.shared.layer_picker import show_no_model, usable
from pages.parts.shared.linked import Linked
from pages.parts.shared.page_intro import show_intro

LINKED = Linked("bias")
SCENES, PICTURE = "Drawn scenes", "The picture in the sidebar"


def show() -> None:
    show_intro(
        "Does it use the thing, or something beside it?",
        "The same picture, with exactly one thing changed: if the answer changes, that thing is"
        " why. A heat map cannot show this; a changed picture can.",
        "Read the verdict first. The pictures show what it rests on, and the chart or table below"
        " them how much each change matters.",
        term="Confidence interval",
    )
    models = usable(sidebar.models())
    if not models:
        show_no_model()
        return
    knows_scenes = bool(drawn_scenes.tested_networks(models))
    view = LINKED.segmented(
        "Change", [SCENES, PICTURE], "pictures", SCENES if knows_scenes else PICTURE,
        help="Scenes are drawn again by rule, so a verdict is possible. Of any other picture, an"
        " area is marked, and what is inside or outside it is changed.",
    )  # fmt: skip
    if view == SCENES:
        drawn_scenes.show(models)
        return
    picture = sidebar.picture()
    classifiers = {name: card for name, card in models.items() if card.labels}
    if picture is None or not classifiers:
        st.info("Choose a picture, and a network that has classes, in the sidebar.")
        return
    photograph.show(classifiers, picture)


framed(show)
