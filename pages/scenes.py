"""Scenes: pictures drawn by rule, with sliders for what makes them and the truth of their parts."""

import io

import numpy as np
import pandas as pd
import streamlit as st

from core import figures, images, scenes
from core.pictures import SCENE_SIZE
from pages.parts import chooser
from pages.parts.text import plain
from streamlit_app import framed

BY_CHANCE = "by chance"


def show() -> None:
    st.title("Scenes", anchor=False)
    st.caption(
        "A world drawn by rule, in which the truth is known: what stands where, and which part is"
        " which. Set what you like; the rest comes by chance from the number."
    )
    left, right = st.columns([3, 2])  # the picture first, also where columns stand one on another
    with right:
        text = _settings()
    try:
        scene = scenes.from_reference(text, SCENE_SIZE)
    except scenes.BadScene as error:
        st.error(plain(error), icon=":material/error:")
        return
    with left:
        _show(scene, text)


def _settings() -> str:
    """What is said of the scene, as its reference."""
    class_ = st.selectbox("What", scenes.CLASSES, key="class", bind="query-params")
    number = st.number_input("Number", 0, 10**9, 7, key="number", bind="query-params")
    fixed: dict[str, object] = {}
    for name, label, choices in (
        ("background", "Where", scenes.BACKGROUNDS),
        ("surface", "Coat, paint or wall", scenes.SURFACES),
    ):
        said = st.selectbox(label, [BY_CHANCE, *choices], key=name, bind="query-params")
        if said != BY_CHANCE:
            fixed[name] = said
    for name, label, low, high, first in (
        ("scale", "Size (share of the frame)", 0.35, 0.95, 0.7),
        ("hue", "Colour (hue)", 0.0, 1.0, 0.5),
        ("angle", "Turn (degrees)", -180.0, 180.0, 0.0),
        ("light", "Light falls towards (degrees)", -180.0, 180.0, 45.0),
    ):
        if st.toggle(label, key=f"set_{name}", bind="query-params"):
            fixed[name] = st.slider(
                label, low, high, first, key=name, bind="query-params", label_visibility="collapsed"
            )
    if st.toggle("Mirrored", key="mirrored", bind="query-params"):
        fixed["mirrored"] = True
    return scenes.reference(class_, int(number), **fixed)


def _show(scene: scenes.Scene, text: str) -> None:
    seen = [part for part in scenes.PARTS[1:] if scene.mask(part).any()]
    marked = st.pills("Lay over it the truth of", ["all parts", *seen], key="_marked", wrap=True)
    shown = scene.image
    if marked:
        parts = seen if marked == "all parts" else [marked]
        shown = figures.marked(scene.image, {part: scene.mask(part) for part in parts})
    alt = f"A drawn {scene.factors.class_}, {scene.factors.background} behind it"
    st.image(shown, alt=alt, width="stretch", output_format="JPEG")
    with st.container(horizontal=True):
        st.button(
            "Use this picture",
            icon=":material/check:",
            type="primary",
            on_click=chooser.choose_picture,
            args=(f"scene:{text}",),
        )
        st.download_button("PNG", images.png(shown), "scene.png", icon=":material/download:",
                           on_click="ignore")  # fmt: skip
        st.download_button("Parts (NPZ)", lambda: _npz(scene), "parts.npz",
                           icon=":material/download:", on_click="ignore")  # fmt: skip
    st.dataframe(
        pd.DataFrame(
            {"part": seen, "share of the picture": [scene.mask(part).mean() for part in seen]}
        ),
        hide_index=True,
        column_config={
            "share of the picture": st.column_config.ProgressColumn(
                format="percent", min_value=0.0, max_value=1.0
            )
        },
    )


def _npz(scene: scenes.Scene) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, parts=scene.parts, names=np.array(scenes.PARTS))
    return buffer.getvalue()


framed(show)
