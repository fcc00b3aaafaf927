"""One saliency map, large: its scale, its scores, its options, and what another network's lacks."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st
from PIL import Image

from core import heat, images, saliency, tasks
from core.heat import Scale
from core.pictures import Picture
from core.recipes import Option, Recipe, Result
from core.saliency import Method
from core.zoo import Card
from pages.parts import layers, methods, offer, seen, work
from pages.parts.session import held
from pages.parts.targets import Target
from pages.parts.text import plain

NONE, LAST = "nothing", "the last with positions"
# Height in pixels of the scores' place.
SCORES = 96
# The most of an option that is a number, times its default.
MOST = 8


@dataclass(frozen=True)
class Cell:
    """A network and a method on the page.

    Attributes:
        card: The network's.
        picture: What it looks at.
        method: How it is asked.
        recipe: Of the map.
    """

    card: Card
    picture: Picture
    method: Method
    recipe: Recipe

    @property
    def signed(self) -> bool:
        """The map says what speaks against the class, too: a contrast is one by being taken."""
        return self.method.signed

    def crop(self) -> Image.Image:
        """The picture as the network sees it."""
        return seen.crop(self.card, self.picture)


def open_cell(cell: Cell) -> None:
    """Show this one large; for callbacks."""
    st.session_state.model, st.session_state.method = cell.card.name, cell.method.title


def is_open(cell: Cell) -> bool:
    return (held("model"), held("method")) == (cell.card.name, cell.method.title)


def show(
    models: Mapping[str, Card],
    keys: Sequence[str],
    cells: Mapping[tuple[str, str], Cell],
    aims: Mapping[str, Target | str],
    scales: Mapping[tuple[str, str], Scale],
    opacity: float,
) -> None:
    """The map that was clicked; the first one where none was."""
    st.subheader("Close up", anchor=False)
    card = layers.choose_model(models)
    left, _ = st.columns(2)
    with left:
        method = methods.choose_one("Method", [saliency.find(key, {}) for key in keys])
    aim, cell = aims.get(card.name), cells.get((card.name, method.key))
    if isinstance(aim, Target) and cell is not None:
        _show_cell(cell, aim, cells, scales.get((card.name, method.key)), opacity)
    elif isinstance(aim, str):
        st.info(plain(aim))


def _show_cell(
    cell: Cell,
    aim: Target,
    cells: Mapping[tuple[str, str], Cell],
    scale: Scale | None,
    opacity: float,
) -> None:
    left, right = st.columns([3, 2], gap="medium")
    with right:
        st.caption(f"{cell.method.title}: {cell.method.paper}. {_first_line(cell.method)}")
        asked, layer = _choose_options(cell)
        recipe = tasks.explain_recipe(
            cell.card, cell.picture.id, cell.method.key, aim.class_, aim.against, layer, asked,
        )  # fmt: skip
        other = _choose_other(cell, cells)
        if other:  # layers have names of each network's own
            against = replace(other.recipe, options=recipe.options)
            if layer:
                st.caption(f"Of {plain(other.card.title)} its own last layer is taken.")
        wanted = [recipe, *([against] if other else [])]
        own, *others = _results(wanted, "close")
    apart = others[0] if others else None
    with left:
        if own is None or (other and apart is None):
            work.waiting(420)
        elif other and apart is not None:
            _show_difference(cell, own, other, apart, opacity)
        else:
            if recipe != cell.recipe or scale is None:
                scale = heat.scale_of([own.arrays["map"]], cell.signed)
            _show_map(cell, own, scale, opacity)
    if own is not None:  # not before, or to cancel the map would not be to cancel the scores
        with right:
            _show_judged(cell, recipe, own, [one.recipe.key for one in cells.values()])
            offer.show(cell, own, recipe, scale or heat.scale_of([own.arrays["map"]], cell.signed),
                   opacity)  # fmt: skip


def _show_judged(cell: Cell, recipe: Recipe, own: Result, shown: Sequence[str]) -> None:
    """The scores, once the browser has had time to draw the maps."""
    if not work.rested(shown):
        st.skeleton(height=SCORES)
        return
    (scores,) = _results([tasks.evaluate_recipe(cell.card, cell.picture.id, recipe)], "judged")
    if scores is not None:
        _show_scores(own, scores)


def _results(recipes: Sequence[Recipe], key: str) -> list[Result | None]:
    """What is there of these; the page says what failed."""
    answers = work.answers(recipes, key=key)
    for recipe, answer in zip(recipes, answers, strict=True):
        if answer.error:
            work.failed(recipe, answer, recipe.key)
    return [answer.result for answer in answers]


def _first_line(method: Method) -> str:
    return (method.explain.__doc__ or "").strip().partition("\n")[0]


def _choose_options(cell: Cell) -> tuple[dict[str, Option], str]:
    """The method's own options, and the layer where it looks at one."""
    method = cell.method
    asked: dict[str, Option] = {}
    layer = ""
    if not method.options and not method.layered:
        return asked, layer
    with st.popover("Options", icon=":material/tune:"):
        for name, default in method.options.items():
            asked[name] = _option(method, name, default)
        if method.layered and (body := layers.body(cell.card)) is not None:
            names = [one.name for one in tasks.organs_of(body) if one.main and one.has_positions]
            layer = _layer(names)
    return asked, layer


def _layer(names: Sequence[str]) -> str:
    """The layer that is looked at, "" for the method's own choice; the URL keeps it."""
    if held("map_layer") not in (LAST, *names):
        st.session_state.map_layer = LAST
    chosen = st.selectbox("Layer", [LAST, *names], key="map_layer", bind="query-params")
    return "" if chosen == LAST else str(chosen)


def _option(method: Method, name: str, default: Option) -> Option:
    """One of a method's options; the URL keeps it."""
    key, title = f"{method.key}_{name}", name.capitalize()
    if name in method.choices:
        if held(key) not in method.choices[name]:
            st.session_state[key] = default
        return st.selectbox(title, method.choices[name], key=key, bind="query-params")
    if isinstance(default, bool):
        if held(key) is None:
            st.session_state[key] = default
        return st.toggle(title, key=key, bind="query-params")
    if isinstance(default, float):
        bounds = (0.0, MOST * max(default, 0.125))
    elif isinstance(default, int):
        bounds = (min(1, default), max(MOST, MOST * default))
    else:
        return default
    st.session_state[key] = _number(held(key), default, bounds)
    return st.number_input(title, *bounds, key=key, bind="query-params")


def _number(asked: object, default: float, bounds: tuple[float, float]) -> float:
    """What was asked, brought within its bounds; the default where that is no such number."""
    try:
        number = type(default)(default if asked is None else str(asked))
        finite = math.isfinite(number)
    except (ValueError, OverflowError):  # no number, or a whole one too large for any other
        return default
    return min(max(number, bounds[0]), bounds[1]) if finite else default


def _choose_other(cell: Cell, cells: Mapping[tuple[str, str], Cell]) -> Cell | None:
    """Another network whose map is taken off."""
    others = {
        one.card.name: one
        for (name, key), one in cells.items()
        if key == cell.method.key and name != cell.card.name
    }
    if not others:
        return None
    if held("minus") not in (NONE, *others):
        st.session_state.minus = NONE
    chosen = st.selectbox(
        "Take off the map of", [NONE, *others], key="minus", bind="query-params",
        help="Why these two differ: both maps in shares of their strongest value.",
    )  # fmt: skip
    return others.get(chosen or NONE)


def _show_map(cell: Cell, result: Result, scale: Scale, opacity: float) -> None:
    if result.record["flat"]:
        st.warning(
            "The map is the same everywhere: by this method, nothing speaks for the class.",
            icon=":material/blur_off:",
        )
    st.plotly_chart(
        heat.figure(cell.crop(), result.arrays["map"], scale, opacity),
        alt=f"{cell.method.title} of {cell.card.title}, with its scale",
    )


def _show_difference(cell: Cell, own: Result, other: Cell, apart: Result, opacity: float) -> None:
    whole = cell.picture.image
    boxes = [images.crop_box(one.card, whole) for one in (cell, other)]
    window = heat.common(boxes, whole.size)
    mine, theirs = (
        heat.placed(heat.relative(result.arrays["map"]), box, window)
        for result, box in zip((own, apart), boxes, strict=True)
    )
    under = whole.resize(mine.shape[::-1], Image.Resampling.BILINEAR, box=window)
    chart = heat.figure(under, mine - theirs, Scale(1.0, signed=True), opacity)
    st.plotly_chart(chart, alt=f"{cell.card.title} less {other.card.title}")
    st.caption(f"Red: {plain(cell.card.title)} looks there more; blue: {plain(other.card.title)}.")


def _show_scores(explained: Result, judged: Result) -> None:
    scores = tasks.evaluation_of(judged)
    left, right = st.columns(2)
    left.metric(
        "Insertion", f"{scores.inserted[0]:.2f}", border=True,
        help="Mean probability of the class while pixels come, the strongest first (RISE, Petsiuk"
        " et al. 2018). Higher is better.",
    )  # fmt: skip
    right.metric(
        "Deletion", f"{scores.deleted[0]:.2f}", border=True,
        help="The same while pixels go. Lower is better.",
    )  # fmt: skip
    for name, value in explained.record["notes"].items():
        st.caption(f"{name.capitalize()}: {value:.1%}")
