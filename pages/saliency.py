"""Saliency: where up to four networks looked, by any method, on one screen."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import heat, saliency, tasks
from core.engine import Answer
from core.heat import Scale
from core.pictures import Picture
from core.recipes import Recipe
from core.zoo import Card
from pages.parts import closeup, layers, targets, work
from pages.parts import methods as choosing
from pages.parts.closeup import Cell
from pages.parts.session import held
from pages.parts.targets import Target
from pages.parts.text import plain
from streamlit_app import framed

# What a newcomer sees: one of each kind, all quick.
FIRST = ("grad_cam", "stage_cam", "layer_cam", "gradient", "smooth_grad", "integrated_gradients")
OWN, SHARED = "each map", "each method"
PATIENCE = 0.6
# Least width of a map, in pixels: three in a row on a phone.
CELL = 100
# Cells a row has room for at least: one map alone would fill the page.
LEAST = 5

Cells = Mapping[tuple[str, str], Cell]


def show() -> None:
    st.title("Where did it look?", anchor=False)
    st.caption(
        "Bright is what speaks for the class, by methods that each ask otherwise. Rows are"
        " networks, columns are methods; click a map to see it large. Where methods differ, the"
        " page Trust says which to believe."
    )
    chosen = layers.classifiers_and_picture()
    if chosen is None:
        return
    models, picture = chosen
    methods = [method.key for method in choosing.choose(FIRST)]
    opacity, scaling = _looks()
    aims = targets.choose(models, picture.id)
    cells = _cells(models, picture, methods, aims)
    wanted = [cell.recipe for cell in cells.values()]
    found = dict(zip(wanted, work.answers(wanted, PATIENCE), strict=True))
    scales = _scales(cells, found, shared=scaling == SHARED)
    for name, card in models.items():
        _show_row(card, methods, aims.get(name), cells, found, scales, opacity)
    closeup.show(models, methods, cells, aims, scales, opacity)


def _looks() -> tuple[float, str]:
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    opacity = left.slider(
        "Map over picture", 0.0, 1.0, 0.6, 0.05, key="opacity", bind="query-params",
        help="0 is the picture in grey, 1 the map alone.",
    )  # fmt: skip
    if held("scale") not in (OWN, SHARED):
        st.session_state.scale = OWN
    scaling = right.segmented_control(
        "One scale for", [OWN, SHARED], key="scale", bind="query-params", required=True,
        help="For each method: the networks' maps in one scale, so that strengths compare.",
    )  # fmt: skip
    return min(max(opacity, 0.0), 1.0), scaling or OWN


def _cells(
    models: Mapping[str, Card],
    picture: Picture,
    methods: Sequence[str],
    aims: Mapping[str, Target | str],
) -> dict[tuple[str, str], Cell]:
    cells = {}
    for name, card in models.items():
        aim = aims.get(name)
        if isinstance(aim, Target):
            for key in methods:
                recipe = tasks.explain_recipe(card, picture.id, key, aim.class_, aim.against)
                cells[name, key] = Cell(card, picture, saliency.find(key, {}), recipe)
    return cells


def _scales(
    cells: Cells, found: Mapping[Recipe, Answer], shared: bool
) -> dict[tuple[str, str], Scale]:
    """A scale for each map that is there; one for all of a method's where it is shared."""
    maps = {
        place: answer.result.arrays["map"]
        for place, cell in cells.items()
        if (answer := found[cell.recipe]).result
    }
    scales = {}
    for name, key in maps:
        alike = [one for (_, other), one in maps.items() if other == key]
        signed = cells[name, key].signed
        scales[name, key] = heat.scale_of(alike if shared else [maps[name, key]], signed)
    return scales


def _show_row(
    card: Card,
    methods: Sequence[str],
    aim: Target | str | None,
    cells: Cells,
    found: Mapping[Recipe, Answer],
    scales: Mapping[tuple[str, str], Scale],
    opacity: float,
) -> None:
    st.markdown(f"**{plain(card.title)}** {_said(card, aim) if isinstance(aim, Target) else ''}")
    if isinstance(aim, str):
        st.warning(plain(aim), icon=":material/help:")
    with st.grid(max(LEAST, len(methods)), min_column_width=CELL) as grid:
        for key in methods:
            cell = cells.get((card.name, key))
            if cell is not None:
                with grid.cell():
                    _show_cell(cell, found[cell.recipe], scales.get((card.name, key)), opacity)


def _said(card: Card, aim: Target) -> str:
    """What the network says, and what of it is explained."""
    top = aim.says[0]
    words = [f"says {plain(top.label)}, {top.probability:.0%}"]
    if aim.class_ != top.index or aim.against is not None:
        words.append(f"shown: {plain(card.labels[aim.class_])}, {aim.probability:.1%}")
    if aim.against is not None:
        words.append(f"and not {plain(card.labels[aim.against])}")
    return f":gray[{'; '.join(words)}]"


def _show_cell(cell: Cell, answer: Answer, scale: Scale | None, opacity: float) -> None:
    title = cell.method.title
    if answer.result and scale:
        shown = heat.overlay(cell.crop(), answer.result.arrays["map"], scale, opacity)
        st.image(shown, alt=f"{title} of {cell.card.title}", width="stretch", output_format="JPEG")
        if answer.result.record["flat"]:
            title += " · nothing"
    elif answer.error:
        st.caption(f":red[{plain(answer.error)}]")
    else:
        work.waiting(96)
    st.button(
        title,
        key=f"_cell_{cell.card.name}_{cell.method.key}",
        type="primary" if closeup.is_open(cell) else "tertiary",
        width="stretch",
        help=title,
        on_click=closeup.open_cell,
        args=(cell,),
    )


framed(show)
