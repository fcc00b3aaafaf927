"""Maps of neurons: units that respond alike are close together, of any layers and networks."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from core import embed, figures, zoo
from core.embed import NeuronGroup
from core.layer_info import LayerInfo
from core.sets import PictureSet
from core.workbench.recipes import Recipe
from core.workbench.tasks.neuron_map import NeuronMap, neuron_map_recipe
from core.workbench.tasks.part_scores import part_scores_recipe
from core.workbench.tasks.responses import responses_recipe
from core.zoo import Card
from pages.parts.maps import selected_neurons, selection
from pages.parts.maps.colouring import COLOURED
from pages.parts.maps.map_options import pick_tsne_options
from pages.parts.maps.neuron_population import Population, group_title
from pages.parts.shared import downloads
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.renamed_options import accept_old_options
from pages.parts.shared.results import Results

LINKED = Linked("maps")
# Name of the text field that holds the indices of the selected units.
FIELD = "units"
GROUP, NETWORK, LAYER = "group", "network", "layer"
RENAMED = {"kind": GROUP}  # in older links
NO_GROUP = "in no group"
# Units of one map at most: more take minutes.
MAX_UNITS = 6000
# Pictures that are needed to tell units apart.
MIN_PICTURES = 3
LEGEND_HEIGHT = 60  # pixels

Layers = Sequence[tuple[str, LayerInfo]]


def show(
    results: Results,
    models: Mapping[str, Card],
    layers: Mapping[str, Sequence[LayerInfo]],
    pictures: PictureSet,
) -> None:
    """Show one map of the units of all chosen layers, and the groups that they form."""
    chosen = _pick_layers(models, layers)
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    accept_old_options(LINKED, "units_by", RENAMED)
    with left:
        by = LINKED.segmented("Colour by", [GROUP, NETWORK, LAYER], "units_by")
    with middle:
        options = pick_tsne_options(several=False)
    with right:
        with_names = LINKED.toggle(
            "Name groups by part", "named",
            help="Names each group after the part of drawn scenes that most of its channels find."
            " Takes a minute or two for each layer.",
        )  # fmt: skip
    if not _can_be_drawn(chosen, pictures):
        return
    responses = [
        responses_recipe(models[name], layer.name, [pictures.reference]) for name, layer in chosen
    ]
    scores = [part_scores_recipe(models[name], layer.name) for name, layer in chosen if with_names]
    recipe = neuron_map_recipe(
        responses, scores, options.perplexity, options.iterations, options.seed
    )
    results.ask([recipe])
    drawn = results.value(recipe)
    if drawn is not None:
        _show_map(results, Population(models, chosen, pictures, drawn, responses), by)
    else:
        _show_preview(results, recipe)


def _pick_layers(models: Mapping[str, Card], layers: Mapping[str, Sequence[LayerInfo]]) -> Layers:
    """Pickers of layers of each network; the last one with positions at first."""
    chosen: list[tuple[str, LayerInfo]] = []
    places, titles = st.columns(len(models)), zoo.distinct_titles(models)
    for index, (place, name) in enumerate(zip(places, models, strict=True)):
        by_name = {layer.name: layer for layer in layers[name]}
        spatial = [layer.name for layer in layers[name] if layer.is_spatial] or list(by_name)
        with place:
            names = LINKED.multiselect(
                f"Layers of {escape_markdown(titles[name])}",
                list(by_name),
                f"units_{index}",
                [spatial[-1]],
            )
        chosen += [(name, by_name[layer]) for layer in names]
    return chosen


def _can_be_drawn(layers: Layers, pictures: PictureSet) -> bool:
    """Whether there can be a map; where there cannot, the page says what to do."""
    count = sum(layer.shape[0] for _, layer in layers)
    if not layers:
        st.info("Choose a layer.", icon=":material/layers:")
    elif count > MAX_UNITS:
        st.info(
            f"These layers have {count:,} channels; a map shows up to {MAX_UNITS:,}. Choose fewer"
            " layers.",
            icon=":material/layers:",
        )
    elif len(pictures) < MIN_PICTURES:
        st.info(
            "Channels are compared by the pictures that they respond to: choose at least three"
            " pictures, better some hundred.",
            icon=":material/photo_library:",
        )
    else:
        return True
    return False


def _show_preview(results: Results, recipe: Recipe[NeuronMap]) -> None:
    positions: np.ndarray | None = results.preview(recipe)
    if positions is None:
        results.show(recipe, figures.MAP_HEIGHT)
        return
    alt = f"{len(positions)} channels, not final yet"
    st.plotly_chart(figures.point_map(positions), key="_settling", alt=alt)


def _show_map(results: Results, population: Population, by: str) -> None:
    drawn, groups = population.drawn, population.drawn.groups
    points = selection.selected(FIELD, len(population.names))
    titles = [group_title(index, group) for index, group in enumerate(groups)]
    colours = {
        GROUP: [titles[index] if index >= 0 else NO_GROUP for index in drawn.cluster.tolist()],
        NETWORK: population.networks,
        LAYER: population.full_layer_names,
    }[by]
    largest = sorted(range(len(groups)), key=lambda index: -len(groups[index].points))
    categories = [titles[index] for index in largest] if by == GROUP else dict.fromkeys(colours)
    categories = list(categories)[:COLOURED]
    figure = figures.point_map(
        drawn.positions, colours, population.names, set(points), title=by, categories=categories
    )
    if by == GROUP:
        figures.label_categories(figure, drawn.positions, colours, categories)
    legend = {"orientation": "h", "y": 0, "yanchor": "top"}
    figure.update_layout(
        height=figures.MAP_HEIGHT + LEGEND_HEIGHT, showlegend=by != GROUP, legend=legend
    )
    alt = f"Map of {len(population.names):,} channels, coloured by {by}"
    selection.show_map(figure, "_neurons", FIELD, alt, selection.pick_mouse())
    if by == GROUP and len(groups) > COLOURED:
        st.caption(f"The {COLOURED} largest of {len(groups)} groups are coloured and named.")
    _show_facts(population)
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    with left:
        selection.show_field(FIELD, points, "channels")
    with right, st.popover("Download", icon=":material/download:", width="stretch"):
        downloads.csv(_table(population), "units", index=False, label="Channels, CSV",
                      width="stretch")  # fmt: skip
        downloads.html(figure, "units", label="Plot, HTML", width="stretch")
    selected_neurons.show(results, population, groups, points)
    _show_groups(population)


def _show_facts(population: Population) -> None:
    """Say how far to trust the map, and which networks share groups."""
    drawn, dead, groups = population.drawn, len(population.drawn.dead), population.drawn.groups
    words = [
        f"Trustworthiness {drawn.trustworthiness:.3f}",
        f"perplexity {drawn.perplexity:.0f}",
        f"{len(groups)} group{'s' * (len(groups) != 1)}",
    ]
    if dead:
        words.append(f"{dead} channels do not respond to these pictures and are left out")
    st.caption(
        f"{'; '.join(words)}.",
        help="Channels are close where their strongest responses to the pictures correlate. Groups"
        " are clusters on the map (HDBSCAN, Campello et al. 2013).",
    )
    if len(population.network_names) > 1 and groups:
        st.markdown(_shared_groups(population))


def _shared_groups(population: Population) -> str:
    """How many groups have units of which networks."""
    names, groups = population.network_names, population.drawn.groups
    by_networks = embed.groups_by_networks(groups, names)
    lines = []
    for networks, shared in sorted(by_networks.items(), key=lambda item: -len(item[0])):
        if len(networks) == len(names):
            whose = "in both networks" if len(names) == 2 else "in all networks"
        else:
            titles = (escape_markdown(population.titles[name]) for name in networks)
            whose = "found only in " + " and ".join(titles)
        lines.append(f"**{len(shared)}** {whose}")
    return f"Of {len(groups)} groups: {', '.join(lines)}."


def _show_groups(population: Population) -> None:
    """Show all groups as a table; a click on a row selects its units."""
    groups: Sequence[NeuronGroup] = population.drawn.groups
    if not groups:
        st.caption("No channels lie close enough together to form a group.")
        return
    st.subheader("Groups", anchor=False)
    columns: dict[str, list[object]] = {
        "group": [group_title(index, group) for index, group in enumerate(groups)]
    }
    if any(group.name for group in groups):
        columns["share of the name"] = [group.share for group in groups]
    columns["channels"] = [len(group.points) for group in groups]
    for name in population.network_names:
        columns[population.titles[name]] = [group.networks.get(name, 0) for group in groups]
    select = selection.selector(FIELD)

    def select_group() -> None:
        rows = st.session_state["_kinds"].selection.rows
        select(groups[rows[0]].points if rows else [])

    st.dataframe(
        pd.DataFrame(columns), hide_index=True, key="_kinds", on_select=select_group,
        selection_mode="single-row",
        column_config={"share of the name": st.column_config.NumberColumn(format="percent")},
    )  # fmt: skip


def _table(population: Population) -> pd.DataFrame:
    x, y = population.drawn.positions.T
    return pd.DataFrame(
        {
            "network": population.networks, "layer": population.layer_names,
            "unit": population.drawn.unit, "x": x, "y": y, "group": population.drawn.cluster,
        }
    )  # fmt: skip
