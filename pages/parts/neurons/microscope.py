"""The views of one unit: variations, examples, parts, connections, and switching it off."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core import dissect, figures, visualize
from core.dissect import Responses, reference_scenes
from core.workbench.recipes import Recipe
from core.workbench.tasks.part_scores import part_scores_recipe
from core.workbench.tasks.responses import responses_recipe
from core.workbench.tasks.visualization import (
    CARICATURE,
    DIRECTION,
    Visualization,
    channel_recipe,
    layer_view_recipe,
)
from pages.parts.neurons import connections, switched_off, top_crops
from pages.parts.neurons.finding import concept_in_words
from pages.parts.neurons.unit import CHOOSE_PICTURE, Needs, Unit, UnitView
from pages.parts.shared.linked import Linked
from pages.parts.shared.page_intro import expert
from pages.parts.shared.renamed_options import accept_old_options
from pages.parts.shared.results import Results

LINKED = Linked("neurons")
VARIATIONS, BEST_PARTS = 4, 8
TABLE_HEIGHT = 240  # of the table of all units, in pixels
CANVASES = {
    "fourier": "**Waves**: coarse and fine detail change at the same pace.",
    "maco": "**Natural image spectrum** (MACO); unimportant areas are transparent.",
    "pixels": "**Pixels**: nothing suppresses fine noise, which networks respond to as well.",
}
LAYER_VIEWS = {
    DIRECTION: "Same features, free layout",
    CARICATURE: "Same features, same layout",
}
# Present names of the views by those that are in older links.
OLD_NAMES = {
    "Faces": "Variations",
    "Canvases": "Rendering styles",
    "Top crops": "Strongest examples",
    "The picture": "Your picture in this layer",
    "Links": "Connections",
    "Without it": "Switch it off",
}


def pick_view(unit: Unit) -> UnitView:
    """Show a picker of the views of a unit, explain the chosen one, and return it."""
    accept_old_options(LINKED, "section", OLD_NAMES)
    linked = LINKED.value("section")
    offered = [
        name
        for name, view in VIEWS.items()
        if view.fits(unit) and (not view.rare or expert() or linked == name)
    ]
    view = VIEWS[LINKED.pills("View", offered, "section", label_visibility="collapsed")]
    st.caption(view.explanation)
    return view


# Variations


def _variations(unit: Unit) -> Recipe[Visualization]:
    return channel_recipe(unit.card, unit.layer, unit.index, variations=VARIATIONS)


def _show_variations(unit: Unit, results: Results) -> None:
    computed = results.value(_variations(unit))
    if computed is None:
        return
    with st.grid(2, min_column_width=100) as grid:
        for index, picture in enumerate(computed.pictures):
            with grid.cell():
                st.image(picture, alt=f"Variation {index + 1} of {unit.title}", width="stretch")


# Rendering styles


def _on_canvas(unit: Unit, canvas: str) -> Recipe[Visualization]:
    quality = visualize.quality_for(unit.card.input_size, unit.layer.name, unit.layer.shape)
    quality = visualize.on_canvas(quality, canvas)
    return channel_recipe(unit.card, unit.layer, unit.index, quality=quality)


def _show_canvases(unit: Unit, results: Results) -> None:
    for place, (canvas, caption) in zip(st.columns(3), CANVASES.items(), strict=True):
        computed = results.value(_on_canvas(unit, canvas))
        if computed is None:
            continue
        picture = computed.pictures[0]
        if computed.importance is not None:
            picture = visualize.translucent(picture, computed.importance[0])
        place.image(picture, caption=caption, alt=f"{unit.title}, {canvas}", width="stretch")


# Classes


def _responses(unit: Unit) -> Recipe[Responses]:
    return responses_recipe(unit.card, unit.layer.name)


def _show_classes(unit: Unit, results: Results) -> None:
    responses = results.value(_responses(unit))
    if responses is None:
        return
    classes = [reference_scenes.class_of(index) for index in range(len(responses.peak))]
    best = dissect.selectivity(responses, classes).iloc[unit.index]
    st.caption(
        f"Selectivity for {best['class']}: {best['selectivity']:.2f} (0: no preference, 1: responds"
        " to no other class; Morcos et al. 2018)."
    )
    table = dissect.responses_by_class(responses, classes, unit.index)
    st.plotly_chart(
        figures.horizontal_bars(table["mean"], "average strongest response"), key="_by_class",
        config={"displayModeBar": False}, alt=f"Average response of {unit.title} by class",
    )  # fmt: skip


# Parts


def _show_parts(unit: Unit, results: Results) -> None:
    scores = results.value(part_scores_recipe(unit.card, unit.layer.name))
    if scores is None:
        return
    names = [concept_in_words(concept) for concept in dissect.CONCEPTS]
    own = pd.Series(scores.iou[unit.index], index=names).nlargest(BEST_PARTS)
    bar = st.column_config.ProgressColumn("Overlap (IoU)", format="%.2f", max_value=1.0)
    st.dataframe(own.rename("iou").rename_axis("Part"), column_config={"iou": bar})
    st.caption("All channels of this layer, with the best match of each:")
    st.dataframe(
        scores.best().rename_axis("Channel"), height=TABLE_HEIGHT,
        column_config={
            "concept": "Best match", "iou": bar, "part": "Best part",
            "part_iou": st.column_config.ProgressColumn(
                "Overlap of the part", format="%.2f", max_value=1.0
            ),
        },
    )  # fmt: skip


# The picture in the layer


def _layer_views(unit: Unit) -> dict[str, Recipe[Visualization]]:
    """Recipes of the chosen picture as the layer represents it; none without a picture."""
    if unit.picture is None:
        return {}
    return {
        method: layer_view_recipe(unit.card, unit.layer, unit.picture.id, method)
        for method in LAYER_VIEWS
    }


def _show_layer_views(unit: Unit, results: Results) -> None:
    recipes = _layer_views(unit)
    if not recipes:
        st.info(CHOOSE_PICTURE)
        return
    for place, (method, recipe) in zip(st.columns(2), recipes.items(), strict=True):
        caption, computed = LAYER_VIEWS[method], results.value(recipe)
        if computed is not None:
            place.image(computed.pictures[0], caption=caption, alt=caption, width="stretch")


def _spatial(unit: Unit) -> bool:
    return unit.layer.is_spatial


def _part_needs(unit: Unit) -> Needs:
    return [part_scores_recipe(unit.card, unit.layer.name)]


def _always(unit: Unit) -> bool:
    return True


VIEWS: Mapping[str, UnitView] = {
    "Strongest examples": UnitView(
        "The parts of pictures that excite it most.", top_crops.needs, top_crops.show
    ),
    "Variations": UnitView(
        "Four generated pictures that excite it, as different from each other as possible.",
        lambda unit: [_variations(unit)],
        _show_variations,
        _always,
    ),
    "Classes": UnitView(
        "How strongly it responds to drawn scenes of each class, on average.",
        lambda unit: [_responses(unit)],
        _show_classes,
    ),
    "Parts": UnitView(
        "How well the places where it responds most overlap with each part of drawn scenes (IoU, 0"
        " to 1; Network Dissection, Bau et al. 2017).",
        _part_needs,
        _show_parts,
        _spatial,
    ),
    "Your picture in this layer": UnitView(
        "What the whole layer, not this channel alone, keeps of your picture.",
        lambda unit: list(_layer_views(unit).values()),
        _show_layer_views,
        _spatial,
    ),
    "Connections": UnitView(
        "Which channels of the layer before excite it (+) or suppress it (-), and what it does to"
        " the next layer.",
        connections.needs,
        connections.show,
    ),
    "Switch it off": UnitView(
        "What the network predicts for your picture with this channel, and without it: the three"
        " most probable classes, and the five that change most.",
        switched_off.needs,
        switched_off.show,
        lambda unit: not unit.is_class and bool(unit.card.labels),
    ),
    "Rendering styles": UnitView(
        "The same search with three ways of drawing. Trust what all three show.",
        lambda unit: [_on_canvas(unit, canvas) for canvas in CANVASES],
        _show_canvases,
        _always,
        rare=True,
    ),
}
