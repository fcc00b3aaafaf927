"""What the points of a map of pictures are coloured by."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core import figures
from core.compare import Verdicts
from core.figures import LOOKS
from core.sets import PictureSet
from pages.parts.session import held

CLASS, SAID, RIGHT, SURE = "class", "prediction", "right or wrong", "how sure"
YES, NO = "right", "wrong"
# Facts that name a picture and tell no kinds.
NAMES = ("file", "title", "credit")

Colours = Sequence[str] | np.ndarray


@dataclass(frozen=True)
class Colouring:
    """How all maps of a page are coloured.

    Attributes:
        by: What by.
        colours: For each network, a kind or a value for each point; nothing where not known yet.
        kinds: Those told apart, the same on all maps.
    """

    by: str
    colours: Mapping[str, Colours]
    kinds: Sequence[str]


def choose(chosen: PictureSet, classifiers: bool) -> str:
    """Let it be chosen; the URL keeps it.

    Args:
        chosen: The pictures.
        classifiers: Some network names classes.
    """
    labelled, facts = bool(chosen.classes), [one for one in chosen.facts(0) if one not in NAMES]
    offered = [
        *([CLASS] if labelled else []), *([SAID, SURE] if classifiers else []),
        *([RIGHT] if labelled and classifiers else []), *facts,
    ]  # fmt: skip
    if not offered:
        return ""
    if held("colour") not in offered:
        st.session_state.colour = offered[0]
    return str(st.selectbox("Colour by", offered, key="colour", bind="query-params"))


def colouring(
    by: str, chosen: PictureSet, names: Sequence[str], verdicts: Mapping[str, Verdicts]
) -> Colouring:
    """The colours of each network's map.

    Args:
        by: As `choose` gave it.
        chosen: The pictures.
        names: Of the networks.
        verdicts: What networks said, as far as it is there.
    """
    shared = _shared(by, chosen)
    colours: dict[str, Colours] = {}
    for name in names:
        if shared is not None:
            colours[name] = shared
        elif name in verdicts:
            colours[name] = _own(by, chosen, verdicts[name])
    return Colouring(by, colours, _kinds(by, chosen, list(colours.values())))


def legend(found: Colouring) -> None:
    """How kinds look, once for all maps; values have scales of their own."""
    kinds = [one for one in found.colours.values() if not isinstance(one, np.ndarray)]
    if kinds:
        st.plotly_chart(
            figures.legend(found.kinds, kinds), config={"displayModeBar": False},
            key="_legend", alt=f"What the colours and symbols say: {found.by}",
        )  # fmt: skip


def right(chosen: PictureSet, said: Verdicts) -> list[str]:
    """Whether a network is right of each picture; empty where it can't know or nobody said."""
    known = set(said.labels) & set(chosen.classes)
    truths = [chosen.label(index) for index in range(len(chosen))]
    return [
        "" if not truth or not known else YES if truth == one else NO
        for truth, one in zip(truths, said.labels, strict=True)
    ]


def _shared(by: str, chosen: PictureSet) -> Colours | None:
    """What does not depend on a network."""
    every = range(len(chosen))
    if by == CLASS:
        return [chosen.label(index) for index in every]
    if by in (SAID, RIGHT, SURE):
        return None
    if not by:
        return [""] * len(chosen)
    values = [chosen.facts(index).get(by, "") for index in every]
    many = len(set(values)) > len(LOOKS) // 2
    return np.array(values, float) if many and all(map(_numeric, values)) else values


def _own(by: str, chosen: PictureSet, said: Verdicts) -> Colours:
    if by == SURE:
        return said.probability.astype(float)
    return list(said.labels) if by == SAID else right(chosen, said)


def _kinds(by: str, chosen: PictureSet, colours: Sequence[Colours]) -> list[str]:
    """The set's own classes first, where there is room, so that they look as they do by class."""
    named = [one for some in colours if not isinstance(some, np.ndarray) for one in some if one]
    if by == RIGHT:
        return [YES, NO]
    if by == SAID and len(chosen.classes) < len(LOOKS):
        others = Counter(one for one in named if one not in chosen.classes)
        room = len(LOOKS) - len(chosen.classes)
        return [*chosen.classes, *(kind for kind, _ in others.most_common(room))]
    return figures.most_frequent(named)


def _numeric(value: str) -> bool:
    return value.replace(".", "", 1).removeprefix("-").isdecimal()
