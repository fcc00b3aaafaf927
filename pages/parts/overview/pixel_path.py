"""From pixels to the answer: what a network's layers find in the picture, and what decides."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from PIL import Image

from core import dissect, heatmap
from core.dissect import StrongUnits, Votes
from core.figures.tiles import SIDE, square_of_tiles
from core.layer_info import LayerInfo
from core.workbench.overview import depth_layers, picture_recipes, unit_recipes
from core.workbench.recipes import Recipe
from core.workbench.tasks.layers import NetworkLayers
from core.workbench.tasks.visualization import Visualization
from pages.parts.overview.entry import Entry
from pages.parts.shared.encoded_picture import encoded
from pages.parts.shared.layer_picker import LINKED_MODEL
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.unit_pictures import is_dead, latest_picture, unit_of

# Pixels: the row fits beside the sidebar in a window of 1,280.
CELLS, CELL_WIDTH = 7, 92
# Filters in a row, and voting units whose crops are shown: two rows of two.
FILTERS, VOTERS = 5, 4
TITLES = {
    "early": "Early", "lower middle": "Lower middle", "upper middle": "Upper middle",
    "late": "Late",
}  # fmt: skip
# Opacity of the heat map over the picture.
OPACITY = 0.55


def show(entries: Sequence[Entry]) -> None:
    """Show a row for each network."""
    st.subheader("From pixels to the answer", anchor=False)
    st.markdown(
        "Early layers find edges and colours, late ones parts of things; the last channels vote for"
        " a class. In each pair, the left picture is what a channel looks for, and the right one is"
        " the part of this picture that excites it most."
    )
    for entry in entries:
        _show_row(entry)
    st.page_link(
        "pages/layers.py", label="See every layer of this picture", icon=":material/layers:"
    )


def _show_row(entry: Entry) -> None:
    layers = entry.results.value(entry.recipes.layers)
    st.markdown(f"{with_badge(entry.card)} {_votes_sentence(entry)}")
    entry.results.show_error(entry.recipes.layers)
    with st.grid(CELLS, min_column_width=CELL_WIDTH, gap="small") as grid:
        with grid.cell():
            _show_filters(entry, layers)
        for title in TITLES:
            with grid.cell():
                _show_depth(entry, layers, title)
        with grid.cell():
            _show_where(entry)
        with grid.cell():
            _show_votes(entry, layers)


def _show_filters(entry: Entry, layers: NetworkLayers | None) -> None:
    st.caption("First filters")
    filters = list(layers.filters) if layers and layers.filters is not None else []
    st.image(
        encoded(square_of_tiles(filters, FILTERS, sharp_pixels=True)), width="stretch",
        alt=f"First filters of {entry.title}",
    )  # fmt: skip
    _link("pages/layers.py", "all layers", {LINKED_MODEL: entry.card.name})


def _show_depth(entry: Entry, layers: NetworkLayers | None, title: str) -> None:
    """Show two units of a layer: what each looks for, beside where it finds that."""
    st.caption(TITLES[title])
    label, note = "channel", "not known yet"
    tiles: list[np.ndarray | Image.Image | None] = []
    query = {LINKED_MODEL: entry.card.name}
    layer = depth_layers(layers).get(title) if layers else None
    if layers is not None and layer is not None:
        query["neurons_layer"] = layer.name
        recipe = unit_recipes(entry.card, entry.picture.id, layers)[title]
        units = entry.results.value(recipe)
        if units is not None:
            tiles = _pairs(entry, layers, layer, units)
            note = _note(entry, picture_recipes(entry.card, layer, units))
            query["neurons_unit"] = str(units.units[0])
            label = f"channel {units.units[0]}"
    alt = f"{TITLES[title]} channels of {entry.title}, and what excites them"
    _show_tiles(tiles, alt, label, query)
    if note:
        st.caption(note)


def _note(entry: Entry, recipes: Sequence[Recipe[Visualization]]) -> str:
    """Return why tiles of units are grey; empty where none is."""
    if any(latest_picture(entry.results, recipe) is None for recipe in recipes):
        return "no picture made yet"
    dead = [str(unit_of(recipe)) for recipe in recipes if is_dead(entry.results, recipe)]
    return f"{' and '.join(dead)} never activate{'s' * (len(dead) == 1)}" if dead else ""


def _pairs(
    entry: Entry, layers: NetworkLayers, layer: LayerInfo, units: StrongUnits
) -> list[np.ndarray | Image.Image | None]:
    """Return for each unit what it looks for, and the crop that excites it most."""
    tiles: list[np.ndarray | Image.Image | None] = []
    field = layers.receptive_fields.get(layer.name, 0.0)
    recipes = picture_recipes(entry.card, layer, units)
    for recipe, place in zip(recipes, units.places.tolist(), strict=True):
        tiles.append(latest_picture(entry.results, recipe))
        tiles.append(_crop(entry, place, units.grid, field))
    return tiles


def _crop(entry: Entry, place: Sequence[int], grid: tuple[int, int], field: float) -> Image.Image:
    crop = entry.crop
    box = dissect.box_around(place, grid, crop.size, field)
    return crop.resize((SIDE // 2, SIDE // 2), Image.Resampling.BICUBIC, box=box)


def _show_where(entry: Entry) -> None:
    st.caption("Where it looked")
    shown = entry.map
    picture = square_of_tiles([], 1)
    if shown is not None:
        scale = heatmap.fit_scale([shown.map], signed=False)
        picture = square_of_tiles([heatmap.overlay(entry.crop, shown.map, scale, OPACITY)], 1)
    st.image(encoded(picture), width="stretch", alt=f"Where {entry.title} looked")
    _link("pages/saliency.py", "heat maps")


def _show_votes(entry: Entry, layers: NetworkLayers | None) -> None:
    """Show the crops that excite the units most that add most to the top class."""
    st.caption("Strongest votes")
    votes = _votes(entry)
    tiles: list[np.ndarray | Image.Image | None] = []
    query = {LINKED_MODEL: entry.card.name}
    if votes is None or not votes.layer:
        st.caption(_without_votes(entry, votes))
    else:
        field = layers.receptive_fields.get(votes.layer, 0.0) if layers else 0.0
        # Late units see the whole picture: a crop of a third shows where they fire.
        field = min(field, max(entry.crop.size) / 3)
        strongest = votes.strongest(VOTERS).tolist()
        tiles = [_crop(entry, votes.places[unit].tolist(), votes.grid, field) for unit in strongest]
        query |= {"neurons_layer": votes.layer, "neurons_unit": str(strongest[0])}
        alt = f"Crops that excite the strongest voters of {entry.title}"
        _show_tiles(tiles, alt, f"channel {strongest[0]}", query)


def _without_votes(entry: Entry, votes: Votes | None) -> str:
    """Return why there are no crops of voting units."""
    if votes is not None:
        return (
            "No crops: between its last maps and the answer this network computes more than a mean,"
            " so its votes have no place in the picture."
        )
    recipe = entry.recipes.votes
    if recipe is None or entry.results.error(recipe):
        return "None: the line above says why."
    return "Counting votes …"


def _show_tiles(
    tiles: Sequence[np.ndarray | Image.Image | None], alt: str, label: str, query: dict[str, str]
) -> None:
    """Show two rows of two tiles, and a link to their units."""
    st.image(encoded(square_of_tiles(tiles, 2)), width="stretch", alt=alt)
    _link("pages/neurons.py", label, query)


def _votes(entry: Entry) -> Votes | None:
    return entry.results.value(entry.recipes.votes) if entry.recipes.votes else None


def _votes_sentence(entry: Entry) -> str:
    """Return in words which of the last units decide, or why that is not known."""
    if entry.recipes.votes is None:
        return "· no classes, so no votes"
    if (error := entry.results.error(entry.recipes.votes)) is not None:
        return f"· {escape_markdown(error)}"
    votes = _votes(entry)
    if votes is None:
        return "· counting votes …"
    label = escape_markdown(entry.card.labels[votes.class_index])
    return (
        f"· **{label}**: {VOTERS} of {len(votes.summands):,} last channels give"
        f" {votes.share(VOTERS):.0%} of all votes for it"
    )


def _link(page: str, label: str, query: dict[str, str] | None = None) -> None:
    st.page_link(page, label=escape_markdown(label), query_params=query or {}, width="stretch")
