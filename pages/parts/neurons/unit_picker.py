"""Pickers of the channel or class to examine, and of those whose pictures are shown."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.layer_info import LayerInfo
from core.layers import LOGITS
from core.pictures import Picture
from core.workbench import showcase
from core.workbench.tasks.logits import logits_recipe
from core.zoo import Card
from pages.parts.shared.bounded_number import LONGEST_NUMBER, bounded, is_number
from pages.parts.shared.class_names import class_indices, ranked_classes
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.page_intro import expert
from pages.parts.shared.results import Results

LINKED = Linked("neurons")
# Units shown at once: as many as are shipped, and a multiple of 2, 3, 4 and 6 columns.
TILES = showcase.FIRST
# Key of the session state: the channel that was requested and does not exist.
MISSING = "_missing_channel"
# Classes that are shown without pages, where a network has no more.
MOST_CLASSES = 30


@dataclass(frozen=True)
class Choice:
    """The chosen units of a layer.

    Attributes:
        unit: Index of the unit to examine.
        shown: Indices of the units whose pictures are shown.
    """

    unit: int
    shown: Sequence[int]


@dataclass(frozen=True)
class MissingChannel:
    """A channel that a layer does not have.

    Attributes:
        layer: Name of the layer.
        named: How the channel was named: a number out of range, or any other text.
        shown: Index of the channel that is shown in its place.
    """

    layer: str
    named: str
    shown: int


def pick_units(
    results: Results, card: Card, layer: LayerInfo, picture: Picture | None
) -> Choice | None:
    """Show the pickers of a layer's units.

    Args:
        results: Of the page.
        card: The network's card.
        layer: The layer; the network's classes are the layer "logits".
        picture: The chosen picture, whose most probable classes come first.

    Returns:
        What is chosen; None until it is known which classes come first.
    """
    if layer.name != LOGITS:
        return _pick_channels(layer)
    return _pick_classes(results, card, picture)


def open_unit(card: Card, layer: LayerInfo, unit: int) -> None:
    """Choose a unit of a layer, in a callback."""
    LINKED.set("layer", layer.name)
    if layer.name == LOGITS:
        LINKED.set("class", list(class_indices(card))[unit])
    else:
        LINKED.set("unit", unit)


def _pick_channels(layer: LayerInfo) -> Choice:
    channels = layer.shape[0]
    _remember_missing_channel(layer)
    chosen = bounded(LINKED.value("unit"), 0, channels - 1, 0)
    _explain_missing_channel(layer, chosen)
    with st.container() if expert() else st.popover(f"Channel {chosen}", width="stretch"):
        unit = LINKED.number("Channel", 0, channels - 1, "unit", 0)
    starts = {f"{first} to {min(first + TILES, channels) - 1}": first
              for first in range(0, channels, TILES)}  # fmt: skip
    first = 0
    if len(starts) > 1:
        first = starts[LINKED.select_slider("Channels", list(starts), "channels")]
    return Choice(unit, range(first, min(first + TILES, channels)))


def _remember_missing_channel(layer: LayerInfo) -> None:
    """Note that a link, or the layer before, names a channel that this layer does not have.

    The picker replaces it in the URL, and the script runs again: hence the note in the session.
    """
    named = LINKED.value("unit")
    if named is None:
        return
    shown = bounded(named, 0, layer.shape[0] - 1, 0)
    if not is_number(named) or float(str(named)) != shown:
        st.session_state[MISSING] = MissingChannel(layer.name, str(named), shown)


def _explain_missing_channel(layer: LayerInfo, shown: int) -> None:
    """Say which channels the layer has, until another channel or layer is chosen."""
    missing: MissingChannel | None = st.session_state.get(MISSING)
    if missing is None or (missing.layer, missing.shown) != (layer.name, shown):
        return
    name, named = escape_markdown(layer.name), escape_markdown(missing.named[:LONGEST_NUMBER])
    st.warning(
        f"There is no channel {named}: {name} has only {layer.shape[0]:,} channels, 0 to"
        f" {layer.shape[0] - 1}. Channel {shown} is shown.",
        icon=":material/filter_none:",
    )


def _pick_classes(results: Results, card: Card, picture: Picture | None) -> Choice | None:
    _open_numbered_class(list(class_indices(card)))
    logits = None
    if picture is not None:
        recipe = logits_recipe(card, picture.id)
        results.ask([recipe])
        if not results.done([recipe]):
            return None
        results.show_error(recipe)
        computed = results.value(recipe)
        logits = computed.logits if computed else None
    indices = ranked_classes(card, logits)
    order = list(indices.values())
    name = LINKED.select(
        "Class", list(indices), "class", default_in_url=True,
        help="Type a part of a name. The most probable classes of your picture come first.",
    )  # fmt: skip
    if len(order) <= MOST_CLASSES:
        return Choice(indices[name], order)
    first = TILES * (LINKED.pagination(-(-len(order) // TILES), "page") - 1)
    return Choice(indices[name], order[first : first + TILES])


def _open_numbered_class(names: Sequence[str]) -> None:
    """Open the class that a link names by its number, as links to channels do.

    Streamlit reads the URL before the script runs, so the script runs again.
    """
    LINKED.value("unit")  # takes over a parameter of an old link
    key, class_key = LINKED.key("unit"), LINKED.key("class")
    number = st.query_params.get(key)
    if number is None or key in st.session_state:
        return
    del st.query_params[key]
    if class_key not in st.query_params:
        st.session_state.pop(class_key, None)
        st.query_params[class_key] = names[bounded(number, 0, len(names) - 1, 0)]
    st.rerun()
