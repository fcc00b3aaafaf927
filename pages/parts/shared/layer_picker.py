"""Pickers of a network and of its layer, and what a page shows where there is no network."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import zoo
from core.errors import ZooscopeError
from core.layer_info import OPENING_DEPTH, LayerInfo, classes_layer, nearest_layer
from core.layers import LOGITS
from core.pictures import Picture
from core.workbench.tasks.layers import NetworkLayers, layers_recipe
from core.zoo import Card
from pages.parts.shared import sidebar
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.page_intro import expert
from pages.parts.shared.renamed_options import accept_old_options
from pages.parts.shared.results import Results

# The chosen network follows the visitor to other pages.
SHARED = Linked()
# The parameter with which a link on another page names the network. It is not the picker's own
# parameter: where the page that the visitor leaves shows this picker, too, Streamlit removes that.
LINKED_MODEL = "open_model"
LINKED = Linked("neurons")
# Networks whose names fit side by side, also in a column of the page.
MOST_SIDE_BY_SIDE = 2


def usable(models: Mapping[str, Card | ZooscopeError]) -> dict[str, Card]:
    """Return the networks whose weights are on this machine, by name."""
    return {
        name: card
        for name, card in models.items()
        if isinstance(card, Card) and card.where not in ("hub", "refused")
    }


def classifiers_and_picture() -> tuple[dict[str, Card], Picture] | None:
    """Return the chosen networks that have classes, and the picture.

    Where one of them is missing, the page says so, and None is returned.
    """
    models = {name: card for name, card in usable(sidebar.models()).items() if card.labels}
    picture = sidebar.picture()
    if models and picture is not None:
        return models, picture
    show_no_model("a picture and ")
    return None


def show_no_model(more: str = "") -> None:
    """Say that no usable network is chosen, and how to get one.

    Args:
        more: What else has to be chosen, such as "a picture and ".
    """
    missing = [card for card in sidebar.models().values() if isinstance(card, Card)]
    if missing and any(card.where == "hub" for card in missing):
        names = ", ".join(f"**{escape_markdown(card.title)}**" for card in missing)
        text = f"This page opens once the weights of {names} are here: download them above."
    else:
        text = f"Choose {more}a network in the sidebar whose weights are on this machine."
    st.info(text, icon=":material/left_panel_open:")


def pick_model(models: Mapping[str, Card]) -> Card:
    """Show a picker of one of the chosen networks and return it."""
    titles = network_titles()
    _open_linked_model(titles)
    if len(models) == 1:
        return next(iter(models.values()))
    accept_old_options(SHARED, "model", titles)  # links held the networks' full names
    by_title = {titles[name]: card for name, card in models.items()}
    if len(models) > MOST_SIDE_BY_SIDE:
        return by_title[SHARED.select("Network", list(by_title), "model")]
    title = SHARED.segmented("Network", list(by_title), "model", format_func=escape_markdown)
    return by_title[title]


def network_titles() -> dict[str, str]:
    """Return the titles that tell the chosen networks apart, by name."""
    cards = {name: card for name, card in sidebar.models().items() if isinstance(card, Card)}
    return zoo.distinct_titles(cards)


def _open_linked_model(titles: Mapping[str, str]) -> None:
    """Move the network that a link names to the picker's own parameter.

    Streamlit reads the URL before the script runs, so the script runs again.

    Args:
        titles: The titles of the chosen networks by name.
    """
    name = st.query_params.get(LINKED_MODEL)
    if name is None:
        return
    del st.query_params[LINKED_MODEL]
    st.session_state.pop(SHARED.key("model"), None)
    st.query_params[SHARED.key("model")] = titles.get(name, name)
    st.rerun()


def network_layers(results: Results, card: Card) -> NetworkLayers | None:
    """Return a network's layers; where they are missing, the page shows progress or the error."""
    recipe = layers_recipe(card)
    results.ask([recipe])
    results.show_error(recipe)
    return results.value(recipe)


def pick_layer(card: Card, layers: Sequence[LayerInfo]) -> LayerInfo:
    """Show a picker of a layer and return it.

    Where another network's layer was chosen, the layer at the same depth is taken.
    """
    sub_layers = str(LINKED.value("inner")).lower() == "true"
    offered = [layer for layer in layers if (layer.main or sub_layers) and len(layer.shape) == 3]
    if card.labels:
        offered.append(classes_layer(card))
    by_name = {layer.name: layer for layer in offered}
    nearest = nearest_layer(offered, st.session_state.get("_depth", OPENING_DEPTH))
    name = LINKED.select(
        "Layer", list(by_name), "layer", nearest.name, default_in_url=True,
        help="Layers in order, from the picture to the answer; the last one, logits, has the scores"
        " of the classes.",
    )  # fmt: skip
    st.session_state["_depth"] = by_name[name].depth
    return by_name[name]


def show_layer_size(card: Card, layer: LayerInfo) -> None:
    """Show what a layer is in words, and what leads to other layers."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if layer.name == LOGITS:
            st.caption(f"The answer: a score for each of {layer.shape[0]} classes.")
        else:
            channels, height, width = layer.shape
            st.caption(
                f"{channels} channels, each a map of {height} × {width} positions."
                f" {layer.depth:.0%} of the way from the picture to the answer."
            )
        if card.labels and layer.name != LOGITS:
            st.button(
                "Show classes", icon=":material/label:", key="_show_classes",
                on_click=LINKED.set, args=("layer", LOGITS),
                help="Pictures of what the network looks for in each of its classes.",
            )  # fmt: skip
        if expert() or str(LINKED.value("inner")).lower() == "true":
            LINKED.toggle("Show sub-layers", "inner")
