"""What the points of a map of pictures are coloured by."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core import figures
from core.compare import Correctness, TopPredictions, judge
from core.figures import POINT_STYLES
from core.sets import PictureSet
from core.zoo import Card
from pages.parts.shared.linked import Linked

LINKED = Linked("maps")
CLASS, PREDICTION, CORRECT, PROBABILITY = "class", "prediction", "right or wrong", "how sure"
# How outcomes are called on the map.
OUTCOMES = {Correctness.RIGHT: "right", Correctness.WRONG: "wrong", Correctness.UNKNOWN: ""}
# The largest categories have colours and names on the maps; all others are grey.
COLOURED = 12
# Facts that name a picture, and do not group pictures.
NAMES = ("file", "title", "credit", "view")

Colours = Sequence[str] | np.ndarray


@dataclass(frozen=True)
class Colouring:
    """How all maps of a page are coloured.

    Attributes:
        by: What the colours mean.
        colours: For each network a category or a value for each point; nothing for networks whose
            predictions are missing.
        categories: The categories, the same on all maps.
    """

    by: str
    colours: Mapping[str, Colours]
    categories: Sequence[str]


def pick_colouring(pictures: PictureSet, classifiers: bool) -> str:
    """Show a picker of what the colours mean; return empty where nothing is known.

    Args:
        pictures: The pictures.
        classifiers: Whether some network has classes.
    """
    facts = [name for name in pictures.facts(0) if name not in NAMES]
    labelled = bool(pictures.classes)
    offered = [
        *([CLASS] if labelled else []),
        *([PREDICTION, PROBABILITY] if classifiers else []),
        *([CORRECT] if labelled and classifiers else []),
        *facts,
    ]
    return LINKED.select("Colour by", offered, "colour") if offered else ""


def colour_points(
    by: str,
    pictures: PictureSet,
    models: Mapping[str, Card],
    predictions: Mapping[str, TopPredictions],
) -> Colouring:
    """Return the colours of each network's map.

    Args:
        by: As `pick_colouring` returned it.
        pictures: The pictures.
        models: The networks by name.
        predictions: What networks predict, by name, where it is there.
    """
    shared = _same_for_all(by, pictures)
    colours: dict[str, Colours] = {}
    for name, card in models.items():
        if shared is not None:
            colours[name] = shared
        elif name in predictions:
            colours[name] = _of_network(by, pictures, predictions[name], card)
    return Colouring(by, colours, _categories(by, pictures, list(colours.values())))


def show_legend(colouring: Colouring) -> None:
    """Show the legend of the categories, once for all maps; values have scales of their own."""
    categories = [each for each in colouring.colours.values() if not isinstance(each, np.ndarray)]
    if categories:
        st.plotly_chart(
            figures.legend(colouring.categories, categories), config={"displayModeBar": False},
            key="_legend", alt=f"What the colours and symbols mean: {colouring.by}",
        )  # fmt: skip


def _same_for_all(by: str, pictures: PictureSet) -> Colours | None:
    """The colours that do not depend on a network; None where they do."""
    every = range(len(pictures))
    if by == CLASS:
        return [pictures.label(index) for index in every]
    if by in (PREDICTION, CORRECT, PROBABILITY):
        return None
    if not by:
        return [""] * len(pictures)
    values = [pictures.facts(index).get(by, "") for index in every]
    many = len(set(values)) > len(POINT_STYLES) // 2
    return np.array(values, float) if many and all(map(_is_number, values)) else values


def _of_network(by: str, pictures: PictureSet, predictions: TopPredictions, card: Card) -> Colours:
    if by == PROBABILITY:
        return predictions.probability.astype(float)
    if by == PREDICTION:
        return list(predictions.labels)
    truth = [pictures.label(index) for index in range(len(pictures))]
    return [OUTCOMES[outcome] for outcome in judge(predictions.labels, truth, card.labels)]


def _categories(by: str, pictures: PictureSet, colours: Sequence[Colours]) -> list[str]:
    """The categories, the set's own classes first, so that they look as they do by class."""
    named = [
        category
        for each in colours
        if not isinstance(each, np.ndarray)
        for category in each
        if category
    ]
    if by == CORRECT:
        return [OUTCOMES[Correctness.RIGHT], OUTCOMES[Correctness.WRONG]]
    if by == PREDICTION and len(pictures.classes) < COLOURED:
        others = Counter(category for category in named if category not in pictures.classes)
        room = COLOURED - len(pictures.classes)
        return [*pictures.classes, *(category for category, _ in others.most_common(room))]
    return figures.frequent_categories(named, COLOURED)


def _is_number(value: str) -> bool:
    return value.replace(".", "", 1).removeprefix("-").isdecimal()
