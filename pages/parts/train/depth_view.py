"""What depth buys: the same data with one to five blocks."""

from collections.abc import Sequence
from statistics import mean

import pandas as pd
import streamlit as st

from core import figures
from core.embed.units import MIN_IOU
from core.textbook import window
from core.train_lab.studies.findings import parts_share
from core.train_lab.studies.rows import DepthRow, read_depth
from core.train_lab.studies.study import CARS, FACES, PETS, depth_study
from pages.parts.shared import downloads
from pages.parts.shared.linked import Linked
from pages.parts.train.depth_words import depth_text, parts_text
from pages.parts.train.study_controls import pick_seed, show_controls

LINKED = Linked("train")
LEARNED = {"Four faces": FACES, "Six cars": CARS, "Dog, wolf and cat": PETS}
COST = "15 networks, three of each depth: about 2 minutes of one processor core."


def show() -> None:
    """Show the figures of a study of depth, and how to measure it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        learned = LINKED.segmented("What it learns", list(LEARNED), "depth_of")
        seed = pick_seed()
    study = depth_study(LEARNED[learned], seed)
    rows = read_depth(show_controls(study, COST))
    if not rows:
        st.info("Nothing is measured yet for this choice.", icon=":material/stacked_line_chart:")
        return
    st.markdown(depth_text(rows))
    left, right = st.columns(2)
    with left:
        _show_accuracy(rows)
    with right:
        _show_parts(rows)
    st.caption(
        f"{parts_text(rows)} A channel stands for a part if its strongest responses overlap most"
        f" with a part, such as hair or a wheel, by at least {MIN_IOU:g} (intersection over union;"
        " Network Dissection, Bau et al. 2017)."
    )
    _show_purity(rows)
    _show_table(rows, f"depth-{learned.lower().replace(' ', '-').replace(',', '')}")


def _show_accuracy(rows: Sequence[DepthRow]) -> None:
    st.markdown("**Right answers**")
    lines = {
        "new scenes": _by_blocks(rows, [row.accuracy for row in rows]),
        "training pictures": _by_blocks(rows, [row.training_accuracy for row in rows]),
    }
    _plot(lines, "right answers", "accuracy")


def _show_parts(rows: Sequence[DepthRow]) -> None:
    st.markdown("**Channels that stand for a part**")
    lines = {
        "after training": _by_blocks(rows, [parts_share(row) for row in rows]),
        "before training": _by_blocks(rows, [parts_share(row, trained=False) for row in rows]),
    }
    _plot(lines, "share of all channels", "parts")


def _show_purity(rows: Sequence[DepthRow]) -> None:
    st.markdown("**Class purity, layer by layer**")
    st.caption(
        "Of the ten scenes that a layer finds most similar to a scene, the share that are of its"
        " class. Each line is a network, from the pixels over its blocks to its class scores."
    )
    inner = sorted({place for row in rows for place in row.channels})
    # Short names, which have room on a small screen.
    names = {"pixels": "pixels", **{name: name.removeprefix("block ") for name in inner},
             "class scores": "scores"}  # fmt: skip
    lines: dict[str, dict[str, list[float]]] = {}
    for row in sorted(rows, key=lambda row: row.blocks):
        line = lines.setdefault(_blocks_text(row.blocks), {})
        for place, purity in row.purity.items():
            line.setdefault(names[place], []).append(purity)
    st.plotly_chart(
        figures.seed_curves(lines, list(names.values()), "block", "class purity", percent=False),
        key="_depth_purity",
        config={"displayModeBar": False}, alt="Class purity by layer for each number of blocks",
    )  # fmt: skip


def _plot(lines: dict[str, dict[str, list[float]]], title: str, key: str) -> None:
    places = list(dict.fromkeys(place for line in lines.values() for place in line))
    st.plotly_chart(
        figures.seed_curves(lines, sorted(places), "blocks", title), key=f"_depth_{key}",
        config={"displayModeBar": False}, alt=f"{title.capitalize()} by number of blocks",
    )  # fmt: skip


def _by_blocks(rows: Sequence[DepthRow], values: Sequence[float]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for row, value in zip(rows, values, strict=True):
        found.setdefault(str(row.blocks), []).append(value)
    return found


def _blocks_text(blocks: int) -> str:
    return f"{blocks} block{'s' if blocks > 1 else ''}"


def _show_table(rows: Sequence[DepthRow], stem: str) -> None:
    blocks = sorted({row.blocks for row in rows})
    groups = {number: [row for row in rows if row.blocks == number] for number in blocks}
    table = pd.DataFrame({
        "Blocks": blocks,
        "A channel sees (pixels)": [window(number) for number in blocks],
        "Weights": [group[0].weights for group in groups.values()],
        "New scenes": [mean(row.accuracy for row in group) for group in groups.values()],
        "Parts": [mean(sum(row.parts.values()) for row in group) for group in groups.values()],
        "Channels": [sum(group[0].channels.values()) for group in groups.values()],
    })  # fmt: skip
    with st.expander("The figures as a table", icon=":material/table:"):
        st.dataframe(
            table, hide_index=True,
            column_config={
                "New scenes": st.column_config.NumberColumn(format="percent"),
                "Parts": st.column_config.NumberColumn("Channels for a part", format="%.1f"),
            },
        )  # fmt: skip
        downloads.csv(depth_table(rows), stem, index=False)


def depth_table(rows: Sequence[DepthRow]) -> pd.DataFrame:
    """Return all figures of each network, a row each."""
    return pd.DataFrame([
        {
            "blocks": row.blocks, "seed": row.seed, "weights": row.weights,
            "accuracy": row.accuracy, "training accuracy": row.training_accuracy,
            **{f"purity {place}": purity for place, purity in row.purity.items()},
            **{f"parts {place}": count for place, count in row.parts.items()},
            **{f"parts untrained {place}": count for place, count in row.untrained_parts.items()},
            **{f"channels {place}": count for place, count in row.channels.items()},
        }
        for row in rows
    ])  # fmt: skip
