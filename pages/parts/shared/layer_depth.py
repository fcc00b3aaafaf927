"""A picker of one layer for each network: at the same depth for all, or by name."""

from collections.abc import Mapping, Sequence

from core.layer_info import LayerInfo
from core.layers import LOGITS, PIXELS
from core.workbench.tasks.layers import layers_recipe
from core.zoo import Card
from pages.parts.shared.linked import Linked
from pages.parts.shared.page_intro import expert
from pages.parts.shared.renamed_options import accept_old_options
from pages.parts.shared.results import Results

LINKED = Linked("maps")
LAST, BY_NAME = "final features", "by name"
SCORES, PICTURE = "class scores", "input picture"
SHARES: Mapping[str, float] = {"late": 0.75, "middle": 0.5, "early": 0.25, "first layer": 0.0}
DEPTHS = (LAST, SCORES, *SHARES, PICTURE, BY_NAME)
# What the depths are called in older links.
RENAMED = {
    "last before the classes": LAST, "the classes' scores": SCORES, "three quarters in": "late",
    "half-way": "middle", "a quarter in": "early", "first": "first layer",
    "the picture itself": PICTURE,
}  # fmt: skip
# Layers from the picture to the classes, both among them.
STAGES = 7


def main_layers(results: Results, models: Mapping[str, Card]) -> dict[str, list[LayerInfo]]:
    """Return the main layers of each network that have channels; missing networks are left out."""
    recipes = {name: layers_recipe(card) for name, card in models.items()}
    results.ask(list(recipes.values()))
    results.show_errors(list(recipes.values()))
    return {name: layers.main for name, layers in results.values(recipes).items()}


def pick_layers(
    models: Mapping[str, Card], layers: Mapping[str, Sequence[LayerInfo]]
) -> dict[str, str]:
    """Show a picker of a depth, or of a layer of each network.

    Args:
        models: The networks by name.
        layers: Their main layers.

    Returns:
        A layer's name by network; "logits" and "pixels" are among them.
    """
    accept_old_options(LINKED, "depth", RENAMED)
    named = expert() or LINKED.value("depth") == BY_NAME
    depth = LINKED.select(
        "Layer", DEPTHS if named else DEPTHS[:-1], "depth",
        help="Where in the network pictures are compared: by each channel's mean over positions.",
    )  # fmt: skip
    if depth != BY_NAME:
        return {name: layer_at(card, layers[name], depth) for name, card in models.items()}
    chosen = {}
    for index, (name, card) in enumerate(models.items()):
        classes = [LOGITS] if card.labels else []
        names = [PIXELS, *(layer.name for layer in layers[name]), *classes]
        default = layer_at(card, layers[name], LAST)
        chosen[name] = LINKED.select(card.title, names, f"layer_{index}", default)
    return chosen


def layer_at(card: Card, layers: Sequence[LayerInfo], depth: str) -> str:
    """Return the layer of a network at a depth; the last one for classes that it does not have."""
    if depth == PICTURE:
        return PIXELS
    if depth == SCORES and card.labels:
        return LOGITS
    if depth in SHARES:
        return min(layers, key=lambda layer: abs(layer.depth - SHARES[depth])).name
    return layers[-1].name


def stages(card: Card, layers: Sequence[LayerInfo], count: int = STAGES) -> dict[str, float]:
    """Return layers from the picture to the classes, evenly spread, with their depths.

    Args:
        card: The network's card.
        layers: Its main layers.
        count: The largest number of stages.
    """
    depths = [(index + 1) / (count - 2) for index in range(count - 2)]
    nearest = {min(layers, key=lambda layer: abs(layer.depth - depth)).name for depth in depths}
    inner = {
        layer.name: layer.depth for layer in layers if layer.name in nearest or layer is layers[-1]
    }
    return {PIXELS: 0.0} | inner | ({LOGITS: 1.0} if card.labels else {})
