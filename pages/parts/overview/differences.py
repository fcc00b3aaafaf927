"""Where they differ: the class on which networks differ most, and the places where they look."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from core import heatmap, images, predict, saliency
from core.figures.tiles import square_of_tiles
from core.heatmap import Scale
from core.predict import Prediction
from pages.parts.overview.entry import Entry
from pages.parts.shared.answers_text import everyone
from pages.parts.shared.encoded_picture import encoded
from pages.parts.shared.markdown import escape_markdown

OPACITY = 0.6
# Rank correlation of two heat maps from which on they count as alike, or partly alike.
ALIKE, PARTLY = 0.7, 0.35
# Difference of two probabilities below which they count as the same.
LEAST_DIFFERENCE = 0.01


@dataclass(frozen=True)
class MapPair:
    """The heat maps of two networks over the part of the picture that both see.

    Attributes:
        entries: The networks.
        maps: Their maps in shares of their strongest value, each (h, w).
        background: The picture, as large as the maps.
        similarity: Rank correlation of the maps.
    """

    entries: tuple[Entry, Entry]
    maps: tuple[np.ndarray, np.ndarray]
    background: Image.Image
    similarity: float


def show(entries: Sequence[Entry]) -> None:
    """Show in words and in a picture where the networks differ."""
    st.subheader("Where they differ", anchor=False)
    classifiers = [entry for entry in entries if entry.recipes.logits is not None]
    if len(classifiers) < 2:
        st.markdown("Choose a second network in the sidebar to see where two of them differ.")
        return
    pair = _most_different(classifiers)
    picture, text = st.columns([2, 3])
    with picture:
        st.image(
            encoded(_difference(pair)), width="stretch",
            alt="Where one network looks more than the other",
        )  # fmt: skip
    with text:
        st.markdown(_classes_sentence(classifiers))
        st.markdown(_places_sentence(pair))
        st.page_link(
            "pages/saliency.py", label="See their heat maps", icon=":material/center_focus_strong:"
        )


def _classes_sentence(entries: Sequence[Entry]) -> str:
    """Return the class whose probability differs most, in words."""
    rankings = {entry.title: list(entry.ranking) for entry in entries}
    if not all(rankings.values()):
        return "Comparing their answers …"
    if predict.compare_rankings(rankings).unanimous:
        same = entries[0].ranking[0].label
        start = f"{everyone(len(entries))} say **{escape_markdown(same)}**."
    else:
        same, start = None, "They give different answers."
    table = _table(entries, rankings).dropna()
    if table.empty:
        return f"{start} They know no class in common."
    spread = table.max(axis=1) - table.min(axis=1)
    row = int(spread.to_numpy().argmax())
    if spread.iloc[row] < LEAST_DIFFERENCE:
        return f"{start} They give every class about the same probability."
    name = table.index[row]
    parts = [f"{escape_markdown(title)} {value:.0%}" for title, value in table.iloc[row].items()]
    if name == same:
        return f"{start[:-1]}, but not equally surely: {', '.join(parts)}."
    return f"{start} They differ most about **{escape_markdown(name)}**: {', '.join(parts)}."


def _table(entries: Sequence[Entry], rankings: dict[str, list[Prediction]]) -> pd.DataFrame:
    """Return the probability that each network gives to every class in some ranking."""
    logits = {}
    for entry in entries:
        computed = entry.results.value(entry.recipes.logits) if entry.recipes.logits else None
        if computed is not None:
            logits[entry.title] = computed.logits
    labels = {entry.title: entry.card.labels for entry in entries}
    return predict.probability_table(logits, labels, rankings)


def _places_sentence(pair: MapPair | None) -> str:
    if pair is None:
        return "Comparing where they looked …"
    if pair.similarity >= ALIKE:
        found = "look at the same places"
    elif pair.similarity >= PARTLY:
        found = "look at partly the same places"
    else:
        found = "look at different places"
    first, second = (escape_markdown(entry.title) for entry in pair.entries)
    return (
        f"{first} and {second} {found} (their heat maps correlate by {pair.similarity:.2f})."
        f" Red: {first} looks there more. Blue: {second} does."
    )


def _most_different(entries: Sequence[Entry]) -> MapPair | None:
    """Return the two networks whose maps differ most; None until all maps are known."""
    if any(entry.map is None for entry in entries):
        return None
    pairs = [_pair(*both) for both in combinations(entries, 2)]
    return min(pairs, key=lambda pair: pair.similarity)


def _pair(first: Entry, second: Entry) -> MapPair:
    whole = first.picture.image
    boxes = [images.crop_box(entry.card, whole) for entry in (first, second)]
    window = heatmap.common_box(boxes, whole.size)
    a, b = (
        heatmap.crop_map(heatmap.divide_by_peak(entry.map.map), box, window)
        for entry, box in zip((first, second), boxes, strict=True)
        if entry.map is not None
    )
    background = whole.resize(a.shape[::-1], Image.Resampling.BILINEAR, box=window)
    similarity = float(saliency.rank_correlation(a[None], b[None])[0])
    return MapPair((first, second), (a, b), background, similarity)


def _difference(pair: MapPair | None) -> Image.Image:
    if pair is None:
        return square_of_tiles([], 1)
    difference = pair.maps[0] - pair.maps[1]
    shown = heatmap.overlay(pair.background, difference, Scale(1.0, signed=True), OPACITY)
    return square_of_tiles([shown], 1)
