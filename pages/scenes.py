"""Scenes: draw a scene from factors that the user picks, and show the masks of its parts."""

import numpy as np
import pandas as pd
import streamlit as st

from core import figures, scenes
from core.pictures import SCENE_SIZE
from pages.parts.scenes import answers
from pages.parts.shared import downloads, sidebar
from pages.parts.shared.frame import framed
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.page_intro import show_intro
from pages.parts.shared.renamed_options import accept_old_options
from pages.parts.shared.results import Results
from pages.parts.shared.session import workbench

LINKED = Linked("scenes")
BY_CHANCE = "random"
ALL_PARTS = "all parts"
MAX_NUMBER = 10**9
# Name, label, lowest and highest value, and default of the factors that are numbers.
NUMBERS = (
    ("scale", "Size (share of the frame)", 0.35, 0.95, 0.7),
    ("hue", "Colour (hue: 0 red, 0.33 green, 0.67 blue)", 0.0, 1.0, 0.5),
    ("angle", "Rotation (degrees)", -180.0, 180.0, 0.0),
    ("light", "Light direction (degrees)", -180.0, 180.0, 45.0),
)


def show() -> None:
    show_intro(
        "What if the picture changes?",
        "Draw a picture whose every part is known exactly, change one thing at a time, and see on"
        " the other pages what the networks make of it.",
        "Choose what the picture shows; what you leave open is drawn at random. “Use this picture”"
        " opens it on every page.",
    )
    left, right = st.columns([3, 2])  # the picture comes first, also on a phone
    with right:
        reference = _pick_factors()
    try:
        scene = scenes.from_reference(reference, SCENE_SIZE)
    except scenes.BadScene as error:
        st.error(escape_markdown(error), icon=":material/error:")
        return
    with left:
        _show_scene(scene, reference)


def _pick_factors() -> str:
    """Show the pickers of a scene's factors and return the scene's reference."""
    class_ = LINKED.select("Object", scenes.CLASSES, "class")
    number = LINKED.number(
        "Random seed", 0, MAX_NUMBER, "number", 7,
        help="Another number draws another scene: all that is not chosen below changes.",
    )  # fmt: skip
    fixed: dict[str, object] = {}
    for name, label, choices in (
        ("background", "Background", scenes.BACKGROUNDS),
        ("surface", "Texture", scenes.SURFACES),
    ):
        accept_old_options(LINKED, name, {"by chance": BY_CHANCE})
        choice = LINKED.select(label, [BY_CHANCE, *choices], name)
        if choice != BY_CHANCE:
            fixed[name] = choice
    for name, label, low, high, default in NUMBERS:
        if LINKED.toggle(label, f"set_{name}"):
            fixed[name] = LINKED.slider(
                label, low, high, name, default, label_visibility="collapsed"
            )
    if LINKED.toggle("Mirrored", "mirrored"):
        fixed["mirrored"] = True
    return scenes.reference(class_, number, **fixed)


def _show_scene(scene: scenes.Scene, reference: str) -> None:
    """Show a scene with the masks that the user picks, its downloads and its parts."""
    visible = [part for part in scenes.PARTS[1:] if scene.mask(part).any()]
    picked = LINKED.pill_or_none("Highlight part", [ALL_PARTS, *visible], "part", wrap=True)
    shown = scene.image
    if picked:
        parts = visible if picked == ALL_PARTS else [picked]
        shown = figures.overlay_masks(scene.image, {part: scene.mask(part) for part in parts})
    alt = f"A drawn {scene.factors.class_}, {scene.factors.background} behind it"
    st.image(shown, alt=alt, width="stretch", output_format="JPEG")
    picture = f"scene:{reference}"
    with st.container(horizontal=True, vertical_alignment="center"):
        _show_use(picture)
        downloads.png(lambda: shown, "scene")
        arrays = {"parts": scene.parts, "names": np.array(scenes.PARTS)}
        downloads.npz(arrays, "parts", label="Part masks (NPZ, for NumPy)")
    answers.show(Results(), workbench().pictures.find(picture))
    _show_parts(scene, visible)


def _show_use(picture: str) -> None:
    """Show the button that chooses the scene; once it is chosen, links to what shows more of it."""
    if sidebar.picture_reference() != picture:
        st.button(
            "Use this picture", icon=":material/check:", type="primary",
            on_click=sidebar.choose_picture, args=(picture,),
        )  # fmt: skip
        return
    st.caption(":material/check: This is your picture on every page.")
    st.page_link("pages/predict.py", label="See what it is", icon=":material/label:")
    st.page_link(
        "pages/saliency.py", label="See where networks look", icon=":material/center_focus_strong:"
    )


def _show_parts(scene: scenes.Scene, visible: list[str]) -> None:
    """Show the share of the picture that each visible part takes."""
    shares = [scene.mask(part).mean() for part in visible]
    st.dataframe(
        pd.DataFrame({"part": visible, "share of the picture": shares}),
        hide_index=True,
        column_config={
            "part": st.column_config.TextColumn("Part"),
            "share of the picture": st.column_config.ProgressColumn(
                "Share of the picture", format="percent", min_value=0.0, max_value=1.0
            ),
        },
    )


framed(show)
