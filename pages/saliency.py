"""Saliency: where up to four networks looked, by any method, on one screen."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import heatmap, saliency
from core.heatmap import Scale
from core.pictures import Picture
from core.workbench.start_views import SALIENCY_METHODS
from core.workbench.tasks.saliency_map import saliency_map_recipe
from core.zoo import Card
from pages.parts.saliency import detail
from pages.parts.saliency.cell import Cell, Cells
from pages.parts.saliency.class_picker import Target, pick_classes
from pages.parts.saliency.precision_picker import pick_precision
from pages.parts.shared.frame import framed
from pages.parts.shared.layer_picker import classifiers_and_picture
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.method_picker import pick_methods
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.page_intro import show_intro
from pages.parts.shared.picture_grid import Tile, data_uri, picture_grid
from pages.parts.shared.rare_option import shows_option
from pages.parts.shared.renamed_options import accept_old_options
from pages.parts.shared.results import CANCELLED, Results

LINKED = Linked("saliency")
OWN, SHARED = "per map", "shared"
# What these options were called in older links.
OLD_SCALES = {"each map": OWN, "each method": SHARED}
# Least width of a map in pixels: three in a row on a phone.
MAP_WIDTH = 100
# Columns that the grid has at least: one map alone would fill the page.
MIN_COLUMNS = 5
# Widths of the pickers of the class, of the class to compare with, and of the opacity.
PICKERS = (5, 2, 2)
# Key of the container in which a map is enlarged.
ENLARGED = "saliency_enlarged"


def show() -> None:
    show_intro(
        "Where did it look?",
        "See which parts of the picture each network found evidence in, by several methods.",
        "Rows are networks, columns are methods; bright areas support the class, and each method"
        " measures this differently. Click a map to enlarge it. Where methods differ, the page"
        " Trust tells which to believe.",
        term="Heat map",
    )
    chosen = classifiers_and_picture()
    if chosen is None:
        return
    models, picture = chosen
    results = Results()
    methods = [method.key for method in pick_methods(SALIENCY_METHODS)]
    # One row, so that the first maps are on the first screen of a laptop.
    kind, against, looks = st.columns(PICKERS, vertical_alignment="top")
    with looks:
        opacity = LINKED.slider(
            "Opacity", 0.0, 1.0, "opacity", 0.6, step=0.05,
            help="Of the heat maps: 0 shows the picture in grey, 1 the heat map alone.",
        )  # fmt: skip
    shared_scale = _pick_scale()
    targets = pick_classes(results, models, picture.id, (kind, against))
    cells = _cells(models, picture, methods, targets, pick_precision())
    results.ask([cell.recipe for cell in cells.values()])
    scales = _scales(results, cells, shared_scale)
    for name, card in models.items():
        row = {key: cells[name, key] for key in methods if (name, key) in cells}
        _show_row(results, card, row, targets.get(name), scales, opacity)
    with st.container(key=ENLARGED):
        detail.show(results, models, methods, cells, targets, scales, opacity)


def _pick_scale() -> bool:
    """Picker of whether the networks' maps share a scale, for experts."""
    accept_old_options(LINKED, "scale", OLD_SCALES)
    if not shows_option(LINKED, "scale", OWN):
        return False
    scale = LINKED.segmented(
        "Colour scale", [OWN, SHARED], "scale",
        help="Shared: for each method, the maps of all networks have one scale, so that their"
        " strengths can be compared.",
    )  # fmt: skip
    return scale == SHARED


def _cells(
    models: Mapping[str, Card],
    picture: Picture,
    methods: Sequence[str],
    targets: Mapping[str, Target | str],
    precision: str,
) -> dict[tuple[str, str], Cell]:
    cells = {}
    for name, card in models.items():
        target = targets.get(name)
        if isinstance(target, Target):
            for key in methods:
                recipe = saliency_map_recipe(
                    card, picture.id, key, target.recipe_class, target.against,
                    precision=precision,
                )  # fmt: skip
                cells[name, key] = Cell(card, picture, saliency.find(key, {}), recipe)
    return cells


def _scales(results: Results, cells: Cells, shared: bool) -> dict[tuple[str, str], Scale]:
    """The colour scale of each map that is there; one for all maps of a method where shared."""
    maps = {
        place: computed.map
        for place, cell in cells.items()
        if (computed := results.value(cell.recipe)) is not None
    }
    scales = {}
    for name, key in maps:
        same_method = [values for (_, other), values in maps.items() if other == key]
        signed = cells[name, key].signed
        scaled_together = same_method if shared else [maps[name, key]]
        scales[name, key] = heatmap.fit_scale(scaled_together, signed)
    return scales


def _show_row(
    results: Results,
    card: Card,
    row: Mapping[str, Cell],
    target: Target | str | None,
    scales: Mapping[tuple[str, str], Scale],
    opacity: float,
) -> None:
    predicted = _predicted(card, target) if isinstance(target, Target) else ""
    st.markdown(f"{with_badge(card)} {predicted}")
    if isinstance(target, str):
        st.warning(escape_markdown(target), icon=":material/help:")
    if row:
        picture_grid(
            [_tile(results, cell, scales.get((card.name, key)), opacity)
             for key, cell in row.items()],
            key=f"_maps_{card.name}", on_open=lambda key: row[key].open(),
            width=MAP_WIDTH, columns=max(MIN_COLUMNS, len(row)), target=ENLARGED,
        )  # fmt: skip


def _predicted(card: Card, target: Target) -> str:
    """What the network predicts, and which class is explained."""
    top = target.predictions[0]
    sure = "by chance" if card.source == "untrained" else f"{top.probability:.0%}"
    words = [f"says {escape_markdown(top.label)} ({sure})"]
    if target.class_index != top.index or target.against is not None:
        label = escape_markdown(card.labels[target.class_index])
        words.append(f"the map explains {label} ({target.probability:.1%})")
    if target.against is not None:
        words.append(f"compared with {escape_markdown(card.labels[target.against])}")
    return f":gray[{'; '.join(words)}]"


def _tile(results: Results, cell: Cell, scale: Scale | None, opacity: float) -> Tile:
    """Return a map of the grid; where it is missing, its place and why."""
    title = cell.method.title
    computed, error = results.value(cell.recipe), results.error(cell.recipe)
    picture, note = "", str(error) if error else ""
    cancelled = cell.recipe.key in st.session_state.get(CANCELLED, ())
    if computed is not None and scale is not None:
        picture = data_uri(heatmap.overlay(cell.crop(), computed.map, scale, opacity))
        note = "no evidence found" if computed.flat else ""
    return Tile(
        key=cell.method.key, label=title, alt=f"{title} of {cell.card.title}", picture=picture,
        note=note,
        busy=not results.answer(cell.recipe).done and not cancelled, chosen=cell.is_open,
    )  # fmt: skip


framed(show)
