"""How a network's answer changes as pixels come and go, and how like the maps are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from core import figures, heat, images, saliency
from core.pictures import Picture
from core.recipes import Result
from core.saliency import Method
from core.zoo import Card
from pages.parts import layers, methods
from pages.parts.session import held
from pages.parts.text import plain

ORDER, TOPS = "rank correlation", "overlap of the top tenth"


@dataclass(frozen=True)
class Judged:
    """A map, and what is known of it.

    Attributes:
        card: The network.
        picture: What it looked at.
        method: How it was asked.
        explained: The map.
        curves: Insertion and deletion.
        checks: Sanity and sensitivity, where they were asked for and are there.
    """

    card: Card
    picture: Picture
    method: Method
    explained: Result
    curves: Result
    checks: Result | None

    @property
    def map(self) -> np.ndarray:
        """(h, w), on the network's input grid."""
        return self.explained.arrays["map"]

    def on_picture(self) -> np.ndarray:
        """The map where it lies on the picture."""
        whole = self.picture.image
        return heat.placed(self.map, images.crop_box(self.card, whole), whole.size)


def likeness(one: Judged, other: Judged, by: str = ORDER) -> float:
    """How like two maps are: on the input grid of a network, or on the picture for two."""
    if one.card is other.card:
        a, b = one.map, other.map
    else:
        a, b = one.on_picture(), other.on_picture()
    measure = saliency.rank_correlation if by == ORDER else saliency.top_overlap
    return float(measure(a[None], b[None])[0])


def show(judged: Sequence[Judged]) -> None:
    models = {one.card.name: one.card for one in judged}
    card = layers.choose_model(models)
    own = {one.method.key: one for one in judged if one.card is card}
    _show_curves(own)
    _show_likeness(own, judged)


def _show_curves(own: Mapping[str, Judged]) -> None:
    st.subheader("As pixels come and go", anchor=False)
    left, right = st.columns(2)
    percent = left.slider(
        "Share of the pixels", 0, 100, 20, 5, format="%d %%", key="share", bind="query-params"
    )
    share = min(max(percent, 0), 100) / 100
    with right:
        method = methods.choose_one("Picture by", [one.method for one in own.values()])
    chosen = own[method.key]
    come, gone = saliency.at_share(
        chosen.card.preprocessing, chosen.picture.image, chosen.map, share
    )
    says = plain(chosen.card.labels[int(chosen.explained.record["class"])])
    for name, shown in (("insertion", come), ("deletion", gone)):
        left, right = st.columns([3, 1], vertical_alignment="center")
        lines = {one.method.title: one.curves.arrays[name] for one in own.values()}
        left.plotly_chart(
            figures.curves(lines, share, f"{name.capitalize()}: probability of {says}"),
            key=f"_{name}", config={"displayModeBar": False},
            alt=f"{name.capitalize()} curves of all methods",
        )  # fmt: skip
        at = chosen.curves.arrays[name]
        now = np.interp(share, np.linspace(0, 1, len(at)), at)
        right.image(shown, width="stretch", alt=f"The picture at this step of {name}",
                    caption=f"{chosen.method.title}: {now:.0%}")  # fmt: skip


def _show_likeness(own: Mapping[str, Judged], judged: Sequence[Judged]) -> None:
    st.subheader("Do they agree?", anchor=False)
    if held("by") not in (ORDER, TOPS):
        st.session_state.by = ORDER
    by = st.segmented_control(
        "By", [ORDER, TOPS], key="by", bind="query-params", required=True,
        label_visibility="collapsed",
    ) or ORDER  # fmt: skip
    title = str(st.session_state.method)
    networks = {one.card.title: one for one in judged if one.method.title == title}
    by_method = {one.method.title: one for one in own.values()}
    left, right = st.columns(2, gap="medium")
    with left:
        _show_matrix("Methods, of this network", by_method, by)
    if len(networks) > 1:
        with right:
            _show_matrix(f"Networks, by {title}", networks, by)


def _show_matrix(title: str, named: Mapping[str, Judged], by: str) -> None:
    st.markdown(f"**{plain(title)}**")
    table = _table(named, by)
    st.plotly_chart(
        figures.matrix(table), key=f"_{title}", config={"displayModeBar": False},
        alt=f"How like the maps are: {title}",
    )  # fmt: skip


def _table(named: Mapping[str, Judged], by: str) -> pd.DataFrame:
    rows = {
        name: {other: likeness(one, two, by) for other, two in named.items()}
        for name, one in named.items()
    }
    return pd.DataFrame(rows).T
