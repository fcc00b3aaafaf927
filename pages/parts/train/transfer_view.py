"""Faces, then cars: which layers that learned faces help to learn cars with few pictures."""

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd
import streamlit as st

from core import figures
from core.train_lab.studies.findings import accuracy_by_start, numbers_of_pictures
from core.train_lab.studies.rows import Start, TransferRow, read_transfer
from core.train_lab.studies.study import BLOCKS, transfer_study
from pages.parts.shared import downloads
from pages.parts.shared.linked import Linked
from pages.parts.train.study_controls import pick_seed, show_controls
from pages.parts.train.transfer_words import depth_of_transfer_text, frozen_text, tuned_text

LINKED = Linked("train")
COST = "123 networks, most of them with few layers to train: about 4 minutes of one processor core."
# What the starts are called in the chart and in the table.
NAMES = {
    Start.TUNED: "from faces, fine-tuned", Start.FROZEN: "from faces, frozen",
    Start.SCRATCH: "from scratch", Start.RANDOM: "random, frozen",
}  # fmt: skip


def show() -> None:
    """Show the figures of a study of transfer, and how to measure it."""
    study = transfer_study(pick_seed())
    rows = read_transfer(show_controls(study, COST))
    if not rows:
        st.info("Nothing is measured yet for this seed.", icon=":material/stacked_line_chart:")
        return
    st.markdown(depth_of_transfer_text(rows))
    kept = LINKED.segmented("Blocks kept from faces", list(range(1, BLOCKS + 1)), "kept", 2)
    _show_chart(rows, kept)
    st.markdown(frozen_text(rows, kept))
    st.markdown(tuned_text(rows, kept))
    st.caption("A difference is clear where all three seeds agree on its sign.")
    _show_table(rows)


def _show_chart(rows: Sequence[TransferRow], kept: int) -> None:
    accuracy = accuracy_by_start(rows)
    pictures = numbers_of_pictures(rows)
    lines = {
        name: {
            str(count): list(accuracy.get((start, _kept(start, kept), count), {}).values())
            for count in pictures
        }
        for start, name in NAMES.items()
    }
    st.plotly_chart(
        figures.seed_curves(
            lines, [str(count) for count in pictures], "training pictures of each class of cars",
            "right answers for new scenes",
        ),
        key="_transfer_curves", config={"displayModeBar": False},
        alt="Accuracy for cars by number of training pictures and start of the network",
    )  # fmt: skip


def _kept(start: Start, kept: int) -> int:
    return 0 if start is Start.SCRATCH else kept


def _show_table(rows: Sequence[TransferRow]) -> None:
    table = transfer_table(rows)
    means = table.pivot_table("accuracy", ["start", "blocks"], "pictures", sort=False)
    with st.expander("All figures as a table", icon=":material/table:"):
        st.dataframe(means.style.format("{:.1%}"))
        downloads.csv(table, "faces-then-cars", index=False)


def transfer_table(rows: Sequence[TransferRow]) -> pd.DataFrame:
    """Return the accuracy of each network, a row each."""
    table = pd.DataFrame([asdict(row) for row in rows])
    table["start"] = [NAMES[row.start] for row in rows]
    return table.rename(columns={"kept": "blocks"})
