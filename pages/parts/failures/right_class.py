"""Which class the curves follow: the right one, the first answer, or one by name."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from core import corruptions
from core.pictures import Picture, known_classes
from core.zoo import Card
from pages.parts.shared.class_names import class_indices
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown

LINKED = Linked("failures")
LABEL, FIRST, CHOSEN = "Right class", "First answer", "Class by name"

# Which of a network's classes count as right; None: its own first answer.
Accepted = np.ndarray | None


def pick_accepted(models: Mapping[str, Card], picture: Picture) -> dict[str, Accepted]:
    """Show the picker and return what counts as right for each network.

    Args:
        models: The networks by name.
        picture: The picture.
    """
    known = known_classes(picture.reference)
    known = known if any(_accepted(card, known).any() for card in models.values()) else ()
    left, right = st.columns([1, 1], vertical_alignment="bottom")
    with left:
        kind = LINKED.segmented(
            "The curve follows", [*([LABEL] if known else []), FIRST, CHOSEN], "follow",
            help="The right class is known for drawn scenes and for some photographs of the"
            " gallery. For other pictures, choose it by name: the chosen class counts as right.",
        )  # fmt: skip
    with right:
        if kind == CHOSEN:
            names = sorted({name for card in models.values() for name in class_indices(card)})
            known = (LINKED.select("Class", names, "class"),)
        elif kind == LABEL:
            words = " or ".join(f"**{escape_markdown(name)}**" for name in known)
            st.markdown(f"Right for this picture: {words}")
    if kind == FIRST:
        return dict.fromkeys(models, None)
    accepted = {name: _accepted(card, known) for name, card in models.items()}
    for name, classes in accepted.items():
        if not classes.any():
            st.caption(
                f":material/help: {escape_markdown(models[name].title)} does not know"
                f" {escape_markdown(' or '.join(known))}: its curve follows its first answer."
            )
    return {name: classes if classes.any() else None for name, classes in accepted.items()}


def _accepted(card: Card, names: tuple[str, ...]) -> np.ndarray:
    """Return which classes of a network have one of these names."""
    indices = class_indices(card)
    if len(names) == 1 and names[0] in indices:  # "crane (517)": one of two with an equal name
        found = np.zeros(len(card.labels), bool)
        found[indices[names[0]]] = True
        return found
    return corruptions.accepted_classes(card.labels, [names])[0]
