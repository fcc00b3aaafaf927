"""For a unit of one network, the units of the others that respond to the same scenes."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import compare
from core.dissect import Responses
from core.layer_info import LayerInfo
from core.workbench.recipes import Recipe
from core.workbench.tasks.responses import responses_recipe
from core.workbench.tasks.visualization import Visualization, channel_recipe
from core.zoo import Card
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.results import Results
from pages.parts.shared.unit_pictures import show_unit, unit_of

LINKED = Linked("compare_neurons")
PATIENCE = 0.2

Layers = Mapping[str, Sequence[LayerInfo]]


def show(results: Results, models: Mapping[str, Card], layers: Layers) -> None:
    """Show a unit of the first network, and the most similar unit of each other network."""
    first, *others = models
    layer, unit = _pick_unit(models[first], layers[first])
    st.caption(
        "For each other network: of all channels of its blocks, the one that responds most"
        " similarly to the same drawn scenes. r is the correlation, 1 where they always agree (Li"
        " et al. 2016)."
    )
    responses = _responses(results, models, layers, first, layer)
    if responses is None:
        return
    own = responses[first][layer.name].peak[:, unit]
    matches = {
        name: compare.best_match(own, {key: other.peak for key, other in responses[name].items()})
        for name in others
    }
    recipes = {first: channel_recipe(models[first], layer, unit)}
    for name, match in matches.items():
        matched_layer = next(each for each in layers[name] if each.name == match.layer)
        recipes[name] = channel_recipe(models[name], matched_layer, match.unit)
    correlations = {name: match.r for name, match in matches.items()}
    _show_units(results, models, recipes, correlations)


def _pick_unit(card: Card, layers: Sequence[LayerInfo]) -> tuple[LayerInfo, int]:
    """Pickers of a layer and a unit of the first network."""
    left, right = st.columns([3, 1])
    by_name = {layer.name: layer for layer in layers}
    names = list(by_name)
    with left:
        name = LINKED.select(
            f"Layer of {escape_markdown(card.title)}", names, "of_layer", names[2 * len(names) // 3]
        )
    layer = by_name[name]
    with right:
        unit = LINKED.number("Channel", 0, layer.shape[0] - 1, "of_unit", 0)
    return layer, unit


def _show_units(
    results: Results,
    models: Mapping[str, Card],
    recipes: Mapping[str, Recipe[Visualization]],
    correlations: Mapping[str, float],
) -> None:
    results.ask(list(recipes.values()), PATIENCE)
    places = st.columns(len(models), border=True)
    for place, (name, recipe) in zip(places, recipes.items(), strict=True):
        with place:
            st.markdown(with_badge(models[name]))
            title = f"{recipe.layer}, channel {unit_of(recipe)}"
            note = f" · r = {correlations[name]:.2f}" if name in correlations else ""
            show_unit(results, recipe, title, note)


def _responses(
    results: Results, models: Mapping[str, Card], layers: Layers, first: str, layer: LayerInfo
) -> dict[str, dict[str, Responses]] | None:
    """Responses of the chosen layer, and of every block of the other networks.

    None until all of them are there.
    """
    recipes = {
        (name, each.name): responses_recipe(card, each.name)
        for name, card in models.items()
        for each in layers[name]
        if name != first or each.name == layer.name
    }
    results.ask(list(recipes.values()))
    results.show_errors(list(recipes.values()))
    responses: dict[str, dict[str, Responses]] = {name: {} for name in models}
    for (name, layer_name), recipe in recipes.items():
        computed = results.value(recipe)
        if computed is None:
            return None
        responses[name][layer_name] = computed
    return responses
