"""One saliency map, large: its scale, its scores, its options, and its difference to another."""

from collections.abc import Mapping, Sequence

import streamlit as st
from PIL import Image

from core import heatmap, saliency
from core.heatmap import Scale
from core.saliency import Method
from core.workbench.recipes import Recipe
from core.workbench.tasks.saliency_map import SaliencyMap, saliency_map_recipe
from core.workbench.tasks.saliency_scores import saliency_scores_recipe
from core.zoo import Card
from core.zoo.precision import FLOAT32
from pages.parts.saliency.cell import Cell, Cells
from pages.parts.saliency.class_picker import Target
from pages.parts.saliency.difference import (
    offer_difference,
    other_recipe,
    pick_other,
    show_difference,
    subtract,
)
from pages.parts.saliency.method_options import pick_options
from pages.parts.shared import downloads
from pages.parts.shared.layer_picker import pick_model
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.method_picker import pick_method
from pages.parts.shared.results import Results, browser_has_drawn

# Height of the map's placeholder and of the scores' placeholder, in pixels.
MAP_HEIGHT, SCORES_HEIGHT = 420, 96


def show(
    results: Results,
    models: Mapping[str, Card],
    methods: Sequence[str],
    cells: Cells,
    targets: Mapping[str, Target | str],
    scales: Mapping[tuple[str, str], Scale],
    opacity: float,
) -> None:
    """Show the map that was clicked large; the first one where none was."""
    st.subheader("Enlarged map", anchor=False)
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        card = pick_model(models)
    with right:
        method = pick_method("Method", [saliency.find(key, {}) for key in methods])
    target, cell = targets.get(card.name), cells.get((card.name, method.key))
    if isinstance(target, Target) and cell is not None:
        _show_cell(results, cell, target, cells, scales.get((card.name, method.key)), opacity)
    elif isinstance(target, str):
        st.info(escape_markdown(target))


def _show_cell(
    results: Results,
    cell: Cell,
    target: Target,
    cells: Cells,
    scale: Scale | None,
    opacity: float,
) -> None:
    left, right = st.columns([3, 2], gap="medium")
    with right:
        st.caption(f"{cell.method.title}: {cell.method.paper}. {_first_line(cell.method)}")
        options, layer = pick_options(results, cell.card, cell.method)
        recipe = saliency_map_recipe(
            cell.card, cell.picture.id, cell.method.key, target.recipe_class, target.against,
            layer, options, cell.recipe.precision,
        )  # fmt: skip
        other = pick_other(cell, cells)
        subtracted = other_recipe(cell, target, other, recipe) if other else None
        if other and layer:  # names of layers are different in each network
            st.caption(
                f"{escape_markdown(other.card.title)}: its own last convolutional layer is used."
            )
        if isinstance(subtracted, str):
            st.warning(escape_markdown(subtracted), icon=":material/help:")
        results.ask([recipe, *([subtracted] if isinstance(subtracted, Recipe) else [])])
    if recipe != cell.recipe:
        scale = None
    with left:
        if other and isinstance(subtracted, Recipe):
            _show_both(results, cell, recipe, other, subtracted, opacity)
        elif (own := results.show(recipe, MAP_HEIGHT)) is not None:
            _show_map(cell, own, scale or _scale(cell, own), opacity)
    own = results.value(recipe)
    if own is not None:  # not before, or cancelling the map would not cancel the scores
        with right:
            _show_scores(results, cell, recipe, own, [each.recipe.key for each in cells.values()])
            if not (other and isinstance(subtracted, Recipe)):
                _offer_downloads(cell, own, recipe, scale or _scale(cell, own), opacity)


def _show_both(
    results: Results,
    cell: Cell,
    recipe: Recipe[SaliencyMap],
    other: Cell,
    subtracted: Recipe[SaliencyMap],
    opacity: float,
) -> None:
    """Show the difference of two maps, or a placeholder until both are there."""
    own, theirs = results.value(recipe), results.value(subtracted)
    if own is not None and theirs is not None:
        difference = subtract(cell, own, other, theirs)
        show_difference(difference, cell, other, opacity)
        offer_difference(difference, cell, other, [recipe, subtracted], opacity)
    elif not results.show_errors([recipe, subtracted]):
        results.placeholder([recipe, subtracted], MAP_HEIGHT)


def _show_map(cell: Cell, own: SaliencyMap, scale: Scale, opacity: float) -> None:
    if own.flat:
        st.warning(
            "This method found no evidence for the class: the map is the same everywhere.",
            icon=":material/blur_off:",
        )
    st.plotly_chart(
        heatmap.figure(cell.crop(), own.map, scale, opacity),
        alt=f"{cell.method.title} of {cell.card.title}, with its scale",
    )
    if own.precision != FLOAT32:
        st.caption(
            f"Computed in {own.precision}: its order of pixels agrees with the exact map's to 0.99"
            " (rank correlation, checked on a drawn scene). Expert options have exact maps."
        )


def _show_scores(
    results: Results,
    cell: Cell,
    recipe: Recipe[SaliencyMap],
    own: SaliencyMap,
    shown: Sequence[str],
) -> None:
    """Show insertion and deletion, computed once the browser has had time to draw the maps."""
    if not browser_has_drawn(shown):
        st.skeleton(height=SCORES_HEIGHT)
        return
    scores_recipe = saliency_scores_recipe(cell.card, cell.picture.id, recipe)
    results.ask([scores_recipe])
    scores = results.show(scores_recipe, SCORES_HEIGHT)
    if scores is None:
        return
    left, right = st.columns(2)
    left.metric(
        "Insertion", f"{scores.insertion_area[0]:.2f}", border=True,
        help="Mean probability of the class while pixels are added to a blurred picture, those with"
        " the highest saliency first (RISE, Petsiuk et al. 2018). Higher is better.",
    )  # fmt: skip
    right.metric(
        "Deletion", f"{scores.deletion_area[0]:.2f}", border=True,
        help="The same while pixels are removed from the picture. Lower is better.",
    )  # fmt: skip
    for name, value in own.notes.items():
        st.caption(f"{name.capitalize()}: {value:.1%}")


def _offer_downloads(
    cell: Cell, own: SaliencyMap, recipe: Recipe[SaliencyMap], scale: Scale, opacity: float
) -> None:
    stem = f"{cell.method.key}-{cell.card.architecture}"
    crop = cell.crop()  # not in the download's thread, which has no session

    def picture() -> Image.Image:
        size = downloads.PICTURE_SIDE, downloads.PICTURE_SIDE
        large = crop.resize(size, Image.Resampling.BICUBIC)
        return heatmap.overlay(large, own.map, scale, opacity)

    with st.container(horizontal=True):
        downloads.png(picture, stem)
        downloads.npz({"map": own.map}, stem)
        downloads.array_csv(own.map, stem)
        downloads.recipe(recipe)


def _scale(cell: Cell, own: SaliencyMap) -> Scale:
    return heatmap.fit_scale([own.map], cell.signed)


def _first_line(method: Method) -> str:
    return (method.explain.__doc__ or "").strip().partition("\n")[0]
