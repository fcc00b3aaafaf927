"""The units selected on a map: what one looks for, and the group that it is in."""

from collections.abc import Sequence

import streamlit as st

from core.embed import NeuronGroup
from core.errors import ZooscopeError
from core.sets import PictureSet
from core.workbench.tasks.layers import layers_recipe
from pages.parts.maps.neuron_population import Population, group_title
from pages.parts.neurons.top_crops import crop_around
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results
from pages.parts.shared.thumbnail_cache import thumbnails
from pages.parts.shared.unit_pictures import link_to_microscope, show_unit

# Crops shown of a unit; pictures and most typical units shown of a group.
CROPS, PICTURES, TYPICAL = 6, 8, 6
# Height of a placeholder in pixels.
PLACEHOLDER = 96


def show(
    results: Results, population: Population, groups: Sequence[NeuronGroup], points: Sequence[int]
) -> None:
    """Show the selected unit and its group; for several units the group that most are in."""
    if not points:
        st.caption("Select a channel to see what it looks for, and which group it is in.")
        return
    clusters = [int(population.drawn.cluster[point]) for point in points]
    index = max(set(clusters), key=clusters.count)
    group = groups[index] if index >= 0 else None
    typical = list(group.points if group else points)[:TYPICAL]
    shown = list(dict.fromkeys([*points[:1], *typical]))
    if len(points) == 1:
        _show_unit(results, population, points[0])
    title = "In no group" if group is None else f"Group {group_title(index, group)}"
    st.subheader(escape_markdown(title), anchor=False)
    if group is not None:
        st.markdown(_describe(population, group))
    recipes = {point: population.picture_recipe(point) for point in shown}
    results.ask(list(recipes.values()))
    with st.grid(TYPICAL + 1, min_column_width=90) as grid:
        for point in shown:
            with grid.cell():
                show_unit(results, recipes[point], population.names[point])
    if group is not None:
        st.caption("Pictures that excite the channels of this group most:")
        _show_exciting(population.pictures, group)


def _describe(population: Population, group: NeuronGroup) -> str:
    """A group in words: how many units of which networks, and its name."""
    counts = [
        f"{count} of {escape_markdown(population.titles[name])}"
        for name, count in group.networks.items()
    ]
    words = f"{len(group.points)} channels: {', '.join(counts)}."
    if group.name:
        name = escape_markdown(group.name)
        words += f" {group.share:.0%} of them find **{name}** in drawn scenes."
    missing = set(population.network_names) - set(group.networks)
    if missing:
        titles = sorted(escape_markdown(population.titles[name]) for name in missing)
        words += f" {' and '.join(titles)}: none in these layers."
    return words


def _show_unit(results: Results, population: Population, point: int) -> None:
    """Show the crops that excite a unit most, and a link to the microscope."""
    name, layer = population.layer_of(point)
    unit, card = int(population.drawn.unit[point]), population.models[name]
    st.subheader(escape_markdown(population.names[point]), anchor=False)
    responses_recipe = population.responses[int(population.drawn.layer[point])]
    results.ask([responses_recipe, layers_recipe(card)])
    responses = results.show(responses_recipe, PLACEHOLDER)
    layers = results.value(layers_recipe(card))
    if responses is None or layers is None:
        return
    field = layers.receptive_fields.get(layer.name)
    st.caption("Strongest examples, cropped to what the channel sees:")
    with st.grid(CROPS, min_column_width=90) as grid:
        for index in responses.top(unit, CROPS).tolist():
            with grid.cell():
                try:
                    picture = population.pictures.image(index, max(card.input_size[1:]))
                except ZooscopeError as error:
                    st.caption(f":red[{escape_markdown(error)}]")
                    continue
                crop = card.preprocessing.crop(picture)
                place = responses.place[index, unit]
                st.image(
                    crop_around(crop, layer.shape, place, field), width="stretch",
                    caption=f"{responses.peak[index, unit]:.2f}", alt=f"Crop of picture {index}",
                    output_format="JPEG",
                )  # fmt: skip
    link_to_microscope(name, layer.name, unit, "Open in Neurons", icon="biotech")


def _show_exciting(pictures: PictureSet, group: NeuronGroup) -> None:
    wanted = list(group.pictures[:PICTURES])
    tiles, _ = thumbnails(pictures, wanted)
    with st.grid(PICTURES, min_column_width=80) as grid:
        for index in wanted:
            if index in tiles:
                with grid.cell():
                    st.image(
                        tiles[index], width="stretch", output_format="JPEG",
                        caption=escape_markdown(pictures.label(index)),
                        alt=f"Picture {index} {pictures.label(index)}",
                    )  # fmt: skip
