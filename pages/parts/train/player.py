"""The player of a training run: a component of Streamlit (version 2) that gets data in increments.

With a key, new data does not mount it again. A run of the page sends all reports; the fragment that
polls a run sends the new ones only.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import streamlit as st
from PIL import Image

from core.train_lab.reports import Report, Setup
from pages.parts.shared.picture_grid import data_uri
from pages.parts.train.other_runs import OtherRun

HERE = Path(__file__).parent
SCRIPTS = ("player_drawing.js", "player.js")
_PLAYER = st.components.v2.component(
    "zooscope_training_player",
    html='<div class="player"></div>',
    css=(HERE / "player.css").read_text(encoding="utf-8"),
    js="".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS),
)


def show_player(
    run: str,
    setup: Setup,
    picture: Image.Image,
    reports: Sequence[Report],
    start: int,
    running: bool,
    others: Sequence[OtherRun] = (),
) -> None:
    """Show a training run.

    Args:
        run: Identifies the run: the player begins anew with another one.
        setup: What stays the same during the run.
        picture: The watched picture.
        reports: The reports from number `start`.
        start: Number of reports that the player has.
        running: Whether the run goes on.
        others: Runs whose curves are laid over it.
    """
    _PLAYER(
        key="training_player",
        data={
            "run": run, "classes": setup.classes, "layers": setup.layers, "mapNames": setup.maps,
            "picture": data_uri(picture), "reports": [report.as_json() for report in reports],
            "start": start, "running": running, "others": [asdict(other) for other in others],
        },
    )  # fmt: skip
