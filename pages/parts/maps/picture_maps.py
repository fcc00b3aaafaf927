"""Maps of pictures: one for each network, and the pictures that are selected on them."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import zoo
from core.layer_info import LayerInfo
from core.sets import PictureSet
from core.zoo import Card
from pages.parts.maps import selected_pictures, selection
from pages.parts.maps.colouring import colour_points, pick_colouring, show_legend
from pages.parts.maps.map_downloads import offer_downloads
from pages.parts.maps.map_options import pick_map_options
from pages.parts.maps.picture_charts import FIELD, Chart, Looks, show_charts
from pages.parts.maps.picture_recipes import PictureRecipes, picture_recipes
from pages.parts.shared import sidebar
from pages.parts.shared.layer_depth import pick_layers
from pages.parts.shared.linked import Linked
from pages.parts.shared.results import Results

LINKED = Linked("maps")
DOTS, THUMBNAILS = "dots", "pictures"


def show(
    results: Results,
    models: Mapping[str, Card],
    layers: Mapping[str, Sequence[LayerInfo]],
    pictures: PictureSet,
) -> None:
    """Show the maps of all networks, and the pictures that are selected on them."""
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    with left:
        options = pick_map_options(len(models) > 1)
    with middle:
        chosen_layers = pick_layers(models, layers)
    with right:
        by = pick_colouring(pictures, any(card.labels for card in models.values()))
    points, mouse, again, place = _pick_extras()
    picture = sidebar.picture() if place else None
    recipes = picture_recipes(models, chosen_layers, pictures, options, again, picture)
    recipes.ask(results)
    predictions = {
        name: top.named(models[name].labels)
        for name, top in results.values(recipes.predictions).items()
    }
    indices = selection.selected(FIELD, len(pictures))
    colouring = colour_points(by, pictures, models, predictions)
    looks = Looks(colouring, _marked(indices), points == THUMBNAILS, mouse)
    above, below = st.container(), st.container()
    with below:
        left, right = st.columns([4, 1], vertical_alignment="bottom")
        with left:
            selection.show_field(FIELD, indices, "pictures")
        with right, st.popover("Download", icon=":material/download:", width="stretch"):
            offer_downloads(
                models, zoo.distinct_titles(models), pictures, recipes.features,
                results.values(recipes.maps), predictions, colouring,
            )  # fmt: skip
        selected_pictures.show(models, pictures, indices, predictions)
    with above:
        complete = show_charts(results, _charts(models, recipes), pictures, looks)
        show_legend(colouring)
    if looks.marked != indices or not complete:
        st.rerun()
    selected_pictures.show_saliency(results, models, pictures, indices)


def _charts(models: Mapping[str, Card], recipes: PictureRecipes) -> list[Chart]:
    titles = zoo.distinct_titles(models)
    return [
        Chart(titles[name], card, recipes.maps[name], recipes.quick[name],
              recipes.again.get(name), recipes.placed.get(name))
        for name, card in models.items()
    ]  # fmt: skip


def _marked(indices: Sequence[int]) -> Sequence[int]:
    """The points that stand out on the maps: those that were selected in the run before.

    So the selected pictures are shown at once: a browser takes seconds to draw four maps of 2,000
    points again, and shows nothing else in the meantime.
    """
    marked: Sequence[int] = st.session_state.get("_marked_points", indices)
    st.session_state["_marked_points"] = indices
    return marked


def _pick_extras() -> tuple[str, str, bool, bool]:
    """Pickers of how points look, what the mouse does, and what else is on the maps."""
    with st.container(horizontal=True, vertical_alignment="center"):
        points = LINKED.segmented(
            "Points", [DOTS, THUMBNAILS], "points", label_visibility="collapsed"
        )
        mouse = selection.pick_mouse()
        again = LINKED.toggle(
            "Test stability (second seed)", "again",
            help="Makes each map again from a random start, and says how much of it stays.",
        )  # fmt: skip
        place = LINKED.toggle(
            "Show my image on the map", "place",
            help="A star where the sidebar's picture belongs on each t-SNE map.",
        )  # fmt: skip
    return points, mouse, again, place
