"""How a network's answer changes as pixels come and go, and how like the maps are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
import streamlit as st

from core import figures, heat, images, saliency
from core.pictures import Picture
from core.recipes import Result
from core.saliency import Method
from core.zoo import Card
from pages.parts import layers, work
from pages.parts import methods as choosing
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


def likeness(one: Judged, other: Judged, by: str = ORDER) -> float:
    """How like two maps are, where both networks saw the picture."""
    a, b = one.map, other.map
    if one.card is not other.card:
        whole = one.picture.image
        boxes = [images.crop_box(judged.card, whole) for judged in (one, other)]
        window = heat.common(boxes, whole.size)
        a, b = (heat.placed(m, box, window) for m, box in zip((a, b), boxes, strict=True))
    measure = saliency.rank_correlation if by == ORDER else saliency.top_overlap
    return float(measure(a[None], b[None])[0])


def show(judged: Sequence[Judged], models: Mapping[str, Card], methods: Sequence[Method]) -> None:
    """Curves of a network's methods and a picture at a step, and who agrees.

    Args:
        judged: What is there so far.
        models: All that are chosen, by name.
        methods: All that are chosen.
    """
    card = layers.choose_model(models)
    own = {one.method.key: one for one in judged if one.card.name == card.name}
    st.subheader("As pixels come and go", anchor=False)
    left, right = st.columns(2)
    percent = left.slider(
        "Share of the pixels", 0, 100, 20, 5, format="%d %%", key="share", bind="query-params"
    )
    with right:
        method = choosing.choose_one("Picture by", methods)
    if method.key not in own:
        work.waiting(300)
        return
    _show_curves(own, own[method.key], min(max(percent, 0), 100) / 100)
    _show_cascade(own)
    _show_likeness(own, [one for one in judged if one.method.key == method.key])


def _show_curves(own: Mapping[str, Judged], chosen: Judged, share: float) -> None:
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
        right.image(
            shown, width="stretch", output_format="JPEG",
            alt=f"The picture at this step of {name}", caption=f"{chosen.method.title}: {now:.0%}",
        )  # fmt: skip


def _show_cascade(own: Mapping[str, Judged]) -> None:
    """How the maps change as the network's weights are shuffled, where that was asked for."""
    checked = {one.method.title: one.checks.arrays for one in own.values() if one.checks}
    if not checked:
        return
    st.subheader("As the network forgets", anchor=False)
    st.caption(
        "Layer after layer is shuffled, from the classes down. A map of what the network learned"
        " falls to 0; one that stays is a drawing of the picture (Adebayo et al. 2018)."
    )
    lines = {name: (one["shares"], one["likeness"]) for name, one in checked.items()}
    st.plotly_chart(
        figures.cascade(lines), key="_cascade", config={"displayModeBar": False},
        alt="How like the first map stays as layers are shuffled, by method",
    )  # fmt: skip


def _show_likeness(own: Mapping[str, Judged], alike: Sequence[Judged]) -> None:
    """How like the methods of a network are, and the networks by a method."""
    st.subheader("Do they agree?", anchor=False)
    if held("by") not in (ORDER, TOPS):
        st.session_state.by = ORDER
    by = st.segmented_control(
        "By", [ORDER, TOPS], key="by", bind="query-params", required=True,
        label_visibility="collapsed",
    ) or ORDER  # fmt: skip
    left, right = st.columns(2, gap="medium")
    with left:
        by_method = {one.method.title: one for one in own.values()}
        _show_matrix("Methods, of this network", by_method, by)
    if len(alike) > 1:
        with right:
            networks = {one.card.name: one for one in alike}
            _show_matrix(f"Networks, by {alike[0].method.title}", networks, by)


def _show_matrix(title: str, named: Mapping[str, Judged], by: str) -> None:
    st.markdown(f"**{plain(title)}**")
    table = _table(named, by)
    st.plotly_chart(
        figures.matrix(table, signed=by == ORDER),
        key=f"_{title}", config={"displayModeBar": False},
        alt=f"How like the maps are: {title}",
    )  # fmt: skip


def _table(named: Mapping[str, Judged], by: str) -> pd.DataFrame:
    table = pd.DataFrame(np.eye(len(named)), index=list(named), columns=list(named))
    for (name, one), (other, two) in combinations(named.items(), 2):
        table.loc[name, other] = table.loc[other, name] = likeness(one, two, by)
    return table
