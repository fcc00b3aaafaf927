"""What they say: the picture, and each network's top classes as bars."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import figures
from core.figures.charts import BAR_HEIGHT
from core.pictures import Picture
from pages.parts.overview.entry import CLASSES, Entry
from pages.parts.shared.answers_text import NetworkAnswer, describe_answers
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.results import progress_place

# Pixels: the picture and the bars of two networks fit beside the sidebar in a window of 1,280.
PICTURE_WIDTH, BARS_WIDTH = 200, 270
BARS_HEIGHT = BAR_HEIGHT * CLASSES + 8


def show_heading() -> DeltaGenerator:
    """Show the heading, and return the place beside it for the page's progress."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("What they say", anchor=False, width="content")
        return progress_place()


def show(entries: Sequence[Entry], picture: Picture) -> None:
    """Show the picture beside the bars of each network.

    Args:
        entries: The networks.
        picture: The picture.
    """
    with st.container(horizontal=True, gap="small", vertical_alignment="top"):
        with st.container(width=PICTURE_WIDTH):
            st.image(picture.preview, alt=picture.title, width="stretch", output_format="JPEG")
        for entry in entries:
            with st.container(width=BARS_WIDTH):
                _show_bars(entry, figures.shared_colours([each.ranking for each in entries]))
    st.markdown(_sentence(entries, picture))
    st.page_link("pages/predict.py", label="See all their classes", icon=":material/label:")


def _show_bars(entry: Entry, colours: dict[str, str]) -> None:
    st.markdown(with_badge(entry.card))
    ranking, recipe = entry.ranking, entry.recipes.logits
    if recipe is None:
        st.caption("It has no classes: its weights compute features for other programs.")
    elif ranking:
        described = ", ".join(f"{p.label} {p.probability:.1%}" for p in ranking)
        st.plotly_chart(
            figures.probability_bars(ranking, colours), key=f"_bars_{entry.card.name}",
            config={"displayModeBar": False}, alt=f"Top classes of {entry.title}: {described}",
        )  # fmt: skip
    else:
        entry.results.show(recipe, BARS_HEIGHT)


def _sentence(entries: Sequence[Entry], picture: Picture) -> str:
    """Return in words what the networks say, and what that is worth."""
    known = [
        NetworkAnswer(entry.title, entry.card, entry.ranking[0])
        for entry in entries
        if entry.ranking
    ]
    if not known:
        return "Each network gives every class that it knows a probability."
    return describe_answers(known, picture).text
