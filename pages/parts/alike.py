"""Layers alike: CKA of all main layers of two networks, and the units that match in two of them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from core import compare, figures, tasks
from core.anatomy import Organ
from core.compare import Pairs
from core.sets import PictureSet
from core.visualize import LOGITS
from core.zoo import Card
from pages.parts import cells, downloads, unit_pictures, work
from pages.parts.session import held
from pages.parts.text import plain

# Pairs of units that are shown.
SHOWN = 9


def show(models: Mapping[str, Card], pictures: PictureSet) -> None:
    """The heat map, and below it what was clicked."""
    st.caption(
        "CKA (centred kernel alignment, Kornblith et al. 2019) is 1 where two layers find the same"
        " pictures alike and the same different, whatever their units, and 0 where they have"
        " nothing in common."
    )
    try:
        compare.shuffled(len(pictures), seed=0)
    except compare.TooFewPictures as error:
        st.info(plain(error), icon=":material/photo_library:")
        return
    one, other = _pair(models)
    grams = [tasks.grams_recipe(card, pictures.reference) for card in (one, other)]
    recipe = tasks.cka_recipe(*grams)
    # The two passes are asked for too, since it is they that have progress to show.
    *_, answer = work.answers([*dict.fromkeys(grams), recipe], key="cka")
    if answer.error:
        work.failed(recipe, answer, "cka")
    elif answer.result is None:
        work.waiting(420)
    else:
        values = tasks.cka_of(answer.result)
        chosen = _show_map(values, tasks.cka_error_of(answer.result), one, other, len(pictures))
        if chosen:
            _show_units((one, other), chosen, pictures)


def _pair(models: Mapping[str, Card]) -> tuple[Card, Card]:
    """The two networks, the second maybe the first once more; the URL keeps them."""
    names = list(models)
    for key, first in (("one", names[0]), ("other", names[min(1, len(names) - 1)])):
        if held(key) not in models:
            st.session_state[key] = first
    left, right = st.columns(2)
    one = left.selectbox("Rows", names, key="one", bind="query-params")
    other = right.selectbox(
        "Columns", names, key="other", bind="query-params",
        help="A network with itself shows which of its layers do much the same.",
    )  # fmt: skip
    return models.get(one, models[names[0]]), models.get(other, models[names[-1]])


def _show_map(
    values: pd.DataFrame, errors: pd.DataFrame, one: Card, other: Card, count: int
) -> tuple[str, str] | None:
    """The heat map; gives the two layers that are chosen in it."""
    st.caption(_doubt(values.to_numpy(), errors.to_numpy(), count))
    figure = figures.layer_likeness(values, one.title, other.title, errors)
    chosen = cells.choose(
        figure, values, ("row", "column"),
        [f"Layer of {plain(card.title)}" for card in (one, other)],
        f"CKA of every main layer of {one.title} with every one of {other.title}",
    )  # fmt: skip
    stem = f"cka-{one.title}-{other.title}"
    with st.container(horizontal=True):
        downloads.csv(values, stem)
        downloads.npz(
            {"cka": values.to_numpy(), "standard_error": errors.to_numpy(),
             "rows": values.index.to_numpy(str), "columns": values.columns.to_numpy(str)}, stem,
        )  # fmt: skip
        downloads.html(figure, stem)
    return chosen


def _doubt(values: np.ndarray, errors: np.ndarray, count: int) -> str:
    """How far the figures may be trusted, with so many pictures."""
    if np.isnan(values).all():
        return "No layer tells these pictures apart, so nothing can be said; choose other ones."
    known = errors[np.isfinite(errors)]
    if not known.size:
        return (
            f"With {count} pictures, one mini-batch, nobody can say how far these figures are off;"
            " take a hundred or more."
        )
    return (
        f"Over {count:,} pictures a figure is typically {np.median(known):.2f} and at worst"
        f" {known.max():.2f} off (standard error, jackknife over mini-batches); four times as many"
        " pictures halve that. Strangers come out a little above or below 0. Click a cell for the"
        " units that match."
    )


def _show_units(cards: tuple[Card, Card], chosen: tuple[str, str], pictures: PictureSet) -> None:
    """The pairs of units of two layers that do most alike, with what they look for."""
    st.subheader("Units that match", anchor=False)
    bodies = [tasks.body_recipe(card) for card in cards]
    asked = [
        tasks.responses_recipe(card, layer, (pictures.reference,))
        for card, layer in zip(cards, chosen, strict=True)
    ]
    recipes = [*bodies, *asked, tasks.matches_recipe(*asked)]
    answers = work.answers(recipes, key="matches")
    for recipe, answer in zip(recipes, answers, strict=True):
        if answer.error:
            work.failed(recipe, answer, "matches")
            return
    mine, theirs, *_, matches = (answer.result for answer in answers)
    if mine is None or theirs is None or matches is None:
        work.waiting(300)
        return
    row, column = (
        next(organ for organ in tasks.organs_of(body) if organ.name == layer)
        for body, layer in zip((mine, theirs), chosen, strict=True)
    )
    _show_pairs(cards, (row, column), tasks.matches_of(matches))


def _show_pairs(cards: tuple[Card, Card], organs: tuple[Organ, Organ], found: Pairs) -> None:
    (one, other), (row, column) = cards, organs
    st.caption(
        f"{row.shape[0]} units of {plain(one.title)}, {plain(row.name)}, and {column.shape[0]} of"
        f" {plain(other.title)}, {plain(column.name)}, paired one to one so that the correlations r"
        " of their peaks over these pictures sum up to the most (Li et al. 2016). Mean r of the"
        f" {len(found.r)} pairs: {found.r.mean():.2f}. Most alike:"
    )
    sides = list(zip(cards, organs, strict=True))
    shown = [
        [(tasks.picture_recipe(*side, int(unit)), _name(*side, int(unit)), _layer(*side))
         for side, unit in zip(sides, units, strict=True)]
        for units in found.units[:SHOWN]
    ]  # fmt: skip
    wanted = list(dict.fromkeys(recipe for pair in shown for recipe, *_ in pair))
    answers = dict(zip(wanted, work.answers(wanted, patience=0.2, key="units"), strict=True))
    with st.grid(3, min_column_width=230) as grid:
        for pair, r in zip(shown, found.r, strict=False):
            with grid.cell(), st.container(border=True):
                st.markdown(f"r = {r:.2f}")
                with st.grid(2, min_column_width=70) as inner:
                    for recipe, name, layer in pair:
                        with inner.cell():
                            unit_pictures.show(recipe, answers[recipe], name, layer=layer)
    names = [f"{one.title}, {row.name}", f"{other.title}, {column.name}"]
    table = pd.DataFrame(found.units, columns=names).assign(r=found.r)
    downloads.csv(table, f"units-{row.name}-{column.name}", index=False)


def _classes(card: Card, organ: Organ) -> bool:
    return organ.depth == 1 and organ.shape == (len(card.labels),)


def _name(card: Card, organ: Organ, unit: int) -> str:
    """A unit's number, and where it is a class its name."""
    return f"{unit} · {card.labels[unit]}" if _classes(card, organ) else str(unit)


def _layer(card: Card, organ: Organ) -> str:
    """Where the microscope has its units: it knows layers with positions, and classes."""
    if len(organ.shape) == 3:
        return organ.name
    return LOGITS if _classes(card, organ) else ""
