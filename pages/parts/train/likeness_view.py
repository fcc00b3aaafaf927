"""A network of faces beside one of cars: first filters, blocks, and late channels."""

import base64
import io
from collections.abc import Sequence
from statistics import mean

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from core import figures
from core.train_lab.reports import Tiles
from core.train_lab.studies.rows import LateChannels, LikenessRow, read_likeness
from core.train_lab.studies.study import likeness_study
from pages.parts.shared import downloads
from pages.parts.train.likeness_words import filters_text, layers_text, pairs
from pages.parts.train.study_controls import pick_seed, show_controls

COST = "Nine networks, three of them of cars: about 2 minutes of one processor core."
NAMES = ("Faces", "Cars")
# Pixels of a filter's side and of the gap between pictures, in a strip.
FILTER_SIDE, GAP = 72, 8


def show() -> None:
    """Show the figures of a study of likeness, and how to measure it."""
    study = likeness_study(pick_seed())
    rows = read_likeness(show_controls(study, COST))
    if not rows:
        st.info("Nothing is measured yet for this seed.", icon=":material/compare:")
        return
    _show_filters(rows)
    _show_layers(rows)
    _show_late(rows[0].late)
    _show_table(rows)


def _show_filters(rows: Sequence[LikenessRow]) -> None:
    st.markdown("**The first filters, matched**")
    row = rows[0]
    for name, filters, accuracy in zip(NAMES, row.filters, row.accuracies, strict=True):
        st.image(
            filter_strip(filters), alt=f"First filters of the network of {name.lower()}",
            width="stretch",
            caption=f"{name}: right for {accuracy:.0%} of new scenes",
        )  # fmt: skip
    listed = " · ".join(f"{r:.2f}" for r in row.other.filters)
    st.caption(
        f"Correlation of each pair, from left to right: {listed}. Each filter of one network is"
        " paired with one of the other so that the sum is as high as possible (Li et al. 2016);"
        " random filters then correlate, too."
    )
    st.markdown(filters_text(rows))


def _show_layers(rows: Sequence[LikenessRow]) -> None:
    st.markdown("**Block by block**")
    st.caption(
        "How similarly two networks arrange 280 scenes of all 28 classes (CKA, Kornblith et al."
        " 2019), after each block."
    )
    blocks = list(rows[0].other.cka)
    lines = {
        name: {block: [pairs(row)[name].cka[block] for row in rows] for block in blocks}
        for name in pairs(rows[0])
    }
    st.plotly_chart(
        figures.seed_curves(lines, blocks, "", "CKA", percent=False), key="_likeness_cka",
        config={"displayModeBar": False}, alt="CKA of the pairs of networks by block",
    )  # fmt: skip
    st.markdown(layers_text(rows))


def _show_late(late: Sequence[LateChannels]) -> None:
    """Show the late channels that stand for a part most clearly."""
    if not late:
        return
    st.markdown("**Late channels: pictures that excite them most**")
    for name, channels in zip(NAMES, late, strict=True):
        parts = " · ".join(
            f"{part} {overlap:.2f}"
            for part, overlap in zip(channels.parts, channels.overlaps, strict=True)
        )
        st.image(
            channel_strip(channels), alt=f"Late channels of the network of {name.lower()}",
            width="stretch", caption=f"{name}: {parts}",
        )  # fmt: skip
    st.caption(
        "The eight channels of the last block that overlap most with a part of scenes of their own"
        " classes, with that part and the overlap (intersection over union). To see all channels of"
        " a network, train it under *One network* and use it on the page Neurons."
    )


def _show_table(rows: Sequence[LikenessRow]) -> None:
    table = likeness_table(rows)
    with st.expander("The figures as a table", icon=":material/table:"):
        means = table.drop(columns="seed").groupby("pair", sort=False).mean()
        st.dataframe(means.style.format("{:.2f}"))
        downloads.csv(table, "faces-beside-cars", index=False)


def likeness_table(rows: Sequence[LikenessRow]) -> pd.DataFrame:
    """Return all figures of each pair of networks, a row each."""
    return pd.DataFrame([
        {
            "pair": name, "seed": row.seed, "matched filters": mean(pair.filters),
            **{f"CKA {block}": value for block, value in pair.cka.items()},
        }
        for row in rows
        for name, pair in pairs(row).items()
    ])  # fmt: skip


def filter_strip(filters: Tiles) -> Image.Image:
    """Return filters side by side, each enlarged without smoothing."""
    pixels = np.frombuffer(base64.b64decode(filters.pixels), np.uint8).reshape(filters.shape)
    tiles = [
        Image.fromarray(each).resize((FILTER_SIDE, FILTER_SIDE), Image.Resampling.NEAREST)
        for each in pixels
    ]
    return _strip(tiles)


def channel_strip(channels: LateChannels) -> Image.Image:
    """Return the pictures of channels side by side, with gaps."""
    with Image.open(io.BytesIO(base64.b64decode(channels.pictures))) as row:
        side = row.height
        tiles = [
            row.crop((side * index, 0, side * (index + 1), side)).resize((2 * side, 2 * side))
            for index in range(len(channels.parts))
        ]
    return _strip(tiles)


def _strip(tiles: Sequence[Image.Image]) -> Image.Image:
    side = tiles[0].width
    strip = Image.new("RGBA", (len(tiles) * (side + GAP) - GAP, side))
    for index, tile in enumerate(tiles):
        strip.paste(tile, (index * (side + GAP), 0))
    return strip
