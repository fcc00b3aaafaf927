"""Train: watch a small network learn, and compare what many networks have learned."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages.parts.shared.frame import framed
from pages.parts.shared.linked import Linked
from pages.parts.shared.page_intro import show_intro
from pages.parts.train import depth_view, likeness_view, run_view, transfer_view
from pages.parts.train.class_link import hidden_groups

LINKED = Linked("train")


@dataclass(frozen=True)
class View:
    """A view of the page.

    Attributes:
        show: Shows it.
        answer: One sentence: what the visitor learns there.
        reading: One sentence or two: how to read it.
    """

    show: Callable[[], None]
    answer: str
    reading: str


RUN = "One network"
VIEWS = {
    RUN: View(
        run_view.show,
        "Train a network from random weights, and watch what it says, its filters and its errors"
        " change with every step.",
        "Start it, then play it again: the slider goes back to every step. Change one thing, guess"
        " what will happen, and train again.",
    ),
    "What depth buys": View(
        depth_view.show,
        "The same pictures, learned by networks with one to five blocks: what does each further"
        " block add?",
        "Points are means of three networks with other random seeds, and bars go from the worst to"
        " the best of them: a difference that is smaller than the bars may be chance.",
    ),
    "Faces beside cars": View(
        likeness_view.show,
        "Two networks have the same design. One has learned faces, the other cars: what do they"
        " have in common?",
        "Compare with two networks that both learned faces, which is how alike they could be, and"
        " with the same networks before training, which is how alike random weights are.",
    ),
    "Faces, then cars": View(
        transfer_view.show,
        "Keep the first blocks of a network that has learned faces, and learn cars with few"
        " pictures: what transfers?",
        "A curve above *from scratch* means that faces helped. Frozen random blocks show how much"
        " the layers after them learn alone; bars go from the worst to the best of three seeds.",
    ),
}


def show() -> None:
    show_intro(
        "How does it learn?",
        "Watch a small network learn, step by step, or see what many of them have learned.",
        "Choose a view: each says what it answers, and how to read what it shows.",
    )
    # A link for a class that hides controls shows its experiment only.
    name = RUN if hidden_groups() else LINKED.segmented(
        "View", list(VIEWS), "view", label_visibility="collapsed"
    )  # fmt: skip
    view = VIEWS[name]
    st.markdown(view.answer)
    st.caption(f":material/visibility: {view.reading}")
    view.show()


framed(show)
