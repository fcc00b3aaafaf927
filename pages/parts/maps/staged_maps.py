"""The same pictures at each stage of a network: how classes separate with depth."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core import figures, zoo
from core.layer_info import LayerInfo
from core.layers import LOGITS, PIXELS
from core.sets import PictureSet
from core.workbench.recipes import Recipe
from core.workbench.tasks.class_separation import ClassSeparation, class_separation_recipe
from core.workbench.tasks.features import features_recipe
from core.workbench.tasks.picture_map import PictureMap, staged_recipes
from core.zoo import Card
from pages.parts.maps.colouring import colour_points, pick_colouring, show_legend
from pages.parts.maps.map_options import pick_tsne_options
from pages.parts.maps.picture_names import picture_names
from pages.parts.maps.prefetch_features import prefetch_features
from pages.parts.shared import downloads
from pages.parts.shared.layer_depth import stages
from pages.parts.shared.layer_picker import pick_model
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.results import Results

# Titles of stages whose layer has a name that says too little.
TITLES: Mapping[str, str] = {PIXELS: "input picture", LOGITS: "class scores"}
# Room for the slider below the map, in pixels.
SLIDER_HEIGHT = 80


def show(
    results: Results,
    models: Mapping[str, Card],
    layers: Mapping[str, Sequence[LayerInfo]],
    pictures: PictureSet,
) -> None:
    """Show one network's maps along its layers, and the class purity of all networks' layers."""
    card = pick_model(models)
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        options = pick_tsne_options(several=False)
    with right:
        by = pick_colouring(pictures, classifiers=False)
    depths = {name: stages(each, layers[name]) for name, each in models.items()}
    features = {
        name: {layer: features_recipe(each, pictures.reference, layer) for layer in depths[name]}
        for name, each in models.items()
    }
    own = features[card.name]
    maps = staged_recipes(list(own.values()), pictures.reference, **options.tsne_options)
    by_layer = dict(zip(own, maps, strict=True))
    separations = {
        (name, layer): class_separation_recipe(recipe, pictures.reference, options.metric)
        for name, of_network in features.items()
        for layer, recipe in of_network.items()
    }
    _ask(results, [*separations.values(), *maps], features)
    _show_stages(results, card, pictures, by_layer, by)
    _show_separation(results, models, depths, separations)


def _ask(
    results: Results,
    wanted: Sequence[Recipe[Any]],
    features: Mapping[str, Mapping[str, Recipe[np.ndarray]]],
) -> None:
    every = [recipe for of_network in features.values() for recipe in of_network.values()]
    prefetch_features(wanted, every)
    results.ask(wanted)
    results.show_errors(wanted)


def _show_stages(
    results: Results,
    card: Card,
    pictures: PictureSet,
    maps: Mapping[str, Recipe[PictureMap]],
    by: str,
) -> None:
    drawn = results.values(maps)
    if not drawn:
        results.placeholder(list(maps.values()), figures.MAP_HEIGHT)
        return
    positions = {TITLES.get(layer, layer): each.positions for layer, each in drawn.items()}
    colouring = colour_points(by, pictures, {card.name: card}, {})
    colours, names = colouring.colours[card.name], picture_names(pictures)
    figure = figures.staged_map(positions, colours, names, by, colouring.categories)
    st.markdown(f"{with_badge(card)}, from input to output: press Play or move the slider.")
    height = figures.MAP_HEIGHT + SLIDER_HEIGHT
    shown = go.Figure(figure).update_layout(height=height, showlegend=False)
    st.plotly_chart(
        shown, key="_stages", config={"displaylogo": False},
        alt=f"Maps of {len(pictures)} pictures at {len(positions)} stages of {card.title}",
    )  # fmt: skip
    show_legend(colouring)
    downloads.html(figure, f"{card.architecture}-stages", label="Plot")


def _show_separation(
    results: Results,
    models: Mapping[str, Card],
    depths: Mapping[str, Mapping[str, float]],
    recipes: Mapping[tuple[str, str], Recipe[ClassSeparation]],
) -> None:
    rows = [
        (name, layer, depths[name][layer], separation.purity)
        for (name, layer), recipe in recipes.items()
        if (separation := results.value(recipe)) is not None and separation.purity is not None
    ]
    if not rows:
        if results.done(list(recipes.values())):
            st.caption("No class has two pictures here, so class separation is unknown.")
        return
    titles = zoo.distinct_titles(models)
    curves: dict[str, dict[str, tuple[float, float]]] = {}
    for name, layer, depth, purity in rows:
        curves.setdefault(titles[name], {})[TITLES.get(layer, layer)] = depth, purity
    st.subheader("Class separation by layer", anchor=False)
    st.caption(
        "Share of each picture's ten nearest neighbours that show the same class. It rises with"
        " depth where a network learns to tell the classes apart."
    )
    st.plotly_chart(
        figures.purity_curves(curves), key="_purity", config={"displayModeBar": False},
        alt="Class purity of each network's layers by depth",
    )  # fmt: skip
    table = pd.DataFrame(rows, columns=["network", "layer", "depth", "purity"])
    downloads.csv(table, "purity", index=False)
