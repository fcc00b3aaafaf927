"""The options of a saliency method, and the layer that it uses."""

from collections.abc import Sequence

import streamlit as st

from core.options import Option
from core.saliency import Method
from core.zoo import Card
from pages.parts.shared.layer_picker import network_layers
from pages.parts.shared.linked import Linked
from pages.parts.shared.rare_option import shows_option
from pages.parts.shared.renamed_options import accept_old_options
from pages.parts.shared.results import Results

LINKED = Linked("saliency")
LAST = "Last convolutional layer"
OLD_LAST = "the last with positions"
# Largest value of an option that is a number, as a multiple of its default.
MAX_MULTIPLE = 8
# Taken instead of a default of 0, so that the largest value is not 0.
SMALLEST_DEFAULT = 0.125


def pick_options(results: Results, card: Card, method: Method) -> tuple[dict[str, Option], str]:
    """Show a popover with the options of a method; return them and the layer.

    It is shown in expert mode, and where a link has set an option.

    Returns:
        The method's options by name, and the layer's name; empty for the method's own choice.
    """
    options: dict[str, Option] = {}
    layer = ""
    accept_old_options(LINKED, "map_layer", {OLD_LAST: LAST})
    if not _shows_options(method):
        return options, layer
    with st.popover("Method options", icon=":material/tune:"):
        for name, default in method.options.items():
            options[name] = _pick_option(method, name, default)
        if method.uses_layer and (layers := network_layers(results, card)) is not None:
            layer = _pick_layer([each.name for each in layers.main if each.is_spatial])
    return options, layer


def _shows_options(method: Method) -> bool:
    named = {f"{method.key}_{name}": default for name, default in method.options.items()}
    if method.uses_layer:
        named["map_layer"] = LAST
    return any(shows_option(LINKED, name, default) for name, default in named.items())


def _pick_layer(names: Sequence[str]) -> str:
    chosen = LINKED.select("Layer", [LAST, *names], "map_layer")
    return "" if chosen == LAST else chosen


def _pick_option(method: Method, name: str, default: Option) -> Option:
    key, title = f"{method.key}_{name}", name.capitalize()
    if name in method.choices:
        return LINKED.select(title, method.choices[name], key, str(default))
    if isinstance(default, bool):
        return LINKED.toggle(title, key, default)
    if isinstance(default, float):
        high = MAX_MULTIPLE * max(default, SMALLEST_DEFAULT)
        return LINKED.number(title, 0.0, high, key, default)
    if isinstance(default, int):
        low, high_count = min(1, default), max(MAX_MULTIPLE, MAX_MULTIPLE * default)
        return LINKED.number(title, low, high_count, key, default)
    return default
