"""What counts as a right answer on a set, and what the page says where nothing is known."""

from collections.abc import Mapping

import streamlit as st

from core import zoo
from core.zoo import Card
from pages.parts.failures.tested_set import TestedSet
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown

LINKED = Linked("failures")
LABELS, FIRST = "The right class", "Its first answer"
# Fewer pictures say nothing about accuracy.
FEWEST = 4


def enough(tested: TestedSet) -> bool:
    """Return whether there are enough pictures; the page says so where there are not."""
    count = len(tested.pictures)
    if count >= FEWEST:
        return True
    st.warning(
        f"{count} picture{'s say' if count > 1 else ' says'} nothing about accuracy: choose at"
        f" least {FEWEST}, better 50, under “Which pictures”. One picture is tested under"
        " “This picture”.",
        icon=":material/filter_1:",
    )
    return False


def pick_by_label(tested: TestedSet) -> bool:
    """Show what answers are compared with; return whether it is the right class."""
    if not len(tested.rows):
        _explain_no_labels(tested)
        return False
    by_label = (
        LINKED.segmented(
            "Answers are compared with", [LABELS, FIRST], "by",
            help="The network's own answer to the unchanged picture is known for all pictures, but"
            " may be wrong.",
        )
        == LABELS
    )  # fmt: skip
    if by_label:
        _explain_left_out(tested)
    return by_label


def show_no_labels(tested: TestedSet) -> bool:
    """Return whether no right class is known, which the page says."""
    if len(tested.rows):
        _explain_left_out(tested)
        return False
    st.info(
        "The remedies are judged by right and wrong answers, and no right class of these pictures"
        " is known to all of these networks. Choose labelled pictures under “Which pictures”:"
        " drawn scenes for networks taught on them, gallery views, Imagenette or an upload with"
        " sub-folders for ImageNet networks.",
        icon=":material/label_off:",
    )
    return True


def _explain_no_labels(tested: TestedSet) -> None:
    why = (
        "no picture has a class that all of these networks know"
        if tested.accepted
        else "these pictures have no labels that these networks know"
    )
    st.caption(
        f":material/label_off: No accuracy: {why}. Instead, the page counts how often a network"
        " keeps its answer to the unchanged picture, right or wrong. Drawn scenes, gallery views,"
        " Imagenette, and uploads with sub-folders have labels."
    )


def _explain_left_out(tested: TestedSet) -> None:
    left_out = len(tested.pictures) - len(tested.rows)
    notes = [f"{left_out} pictures without a known class are left out."] if left_out else []
    unable = [name for name in tested.models if name not in tested.accepted]
    if unable:
        notes.append(f"No accuracy for {_names(tested.models, unable)}: other classes.")
    if notes:
        st.caption(f":material/label_off: {' '.join(notes)}")


def _names(models: Mapping[str, Card], names: list[str]) -> str:
    titles = zoo.distinct_titles(models)
    return " and ".join(f"**{escape_markdown(titles[name])}**" for name in names)
