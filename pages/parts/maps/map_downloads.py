"""Downloads of maps of pictures: coordinates, features, the plot."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core import figures
from core.compare import TopPredictions
from core.sets import PictureSet
from core.workbench.recipes import Recipe
from core.workbench.tasks.picture_map import PictureMap
from core.zoo import Card
from pages.parts.maps.colouring import Colouring
from pages.parts.maps.picture_names import picture_names
from pages.parts.shared import downloads
from pages.parts.shared.session import session_id, workbench


def offer_downloads(
    models: Mapping[str, Card],
    titles: Mapping[str, str],
    pictures: PictureSet,
    features: Mapping[str, Recipe[np.ndarray]],
    maps: Mapping[str, PictureMap],
    predictions: Mapping[str, TopPredictions],
    colouring: Colouring,
) -> None:
    """Show the download buttons of the maps that are done.

    Args:
        models: The networks by name.
        titles: Their titles to show.
        pictures: The pictures.
        features: Recipes of the features, by network.
        maps: The maps that are done, by network.
        predictions: What networks predict, by network.
        colouring: The colours of the points.
    """
    if not maps:
        st.caption("Available once a map is done.")
        return
    coordinates = partial(_coordinates, pictures, maps, predictions)
    downloads.csv(coordinates, "map", index=False, label="Coordinates, CSV", width="stretch")
    for name, drawn in maps.items():
        title, stem = titles[name], models[name].architecture
        arrays = partial(_feature_arrays, pictures, features[name], session_id())
        downloads.npz(arrays, f"{stem}-features", label=f"Features, NPZ: {title}", width="stretch")
        figure = partial(_figure, pictures, drawn, colouring, name)
        downloads.html(figure, f"{stem}-map", label=f"Plot, HTML: {title}", width="stretch")


def _coordinates(
    pictures: PictureSet, maps: Mapping[str, PictureMap], predictions: Mapping[str, TopPredictions]
) -> pd.DataFrame:
    """A row for each picture: its key and class, and each network's position and prediction."""
    every = range(len(pictures))
    columns: dict[str, object] = {
        "picture": every, "key": pictures.keys, "class": [pictures.label(each) for each in every],
    }  # fmt: skip
    for name, drawn in maps.items():
        x, y = drawn.positions.T
        columns |= {f"{name} x": x, f"{name} y": y}
        if name in predictions:
            columns |= {f"{name} says": predictions[name].labels,
                        f"{name} probability": predictions[name].probability}  # fmt: skip
    return pd.DataFrame(columns)


def _feature_arrays(
    pictures: PictureSet, recipe: Recipe[np.ndarray], requester: str
) -> dict[str, np.ndarray]:
    (features,) = workbench().answer([recipe], requester)
    labels = np.array([pictures.label(index) for index in range(len(pictures))])
    return {"features": features, "keys": np.array(pictures.keys), "labels": labels}


def _figure(pictures: PictureSet, drawn: PictureMap, colouring: Colouring, name: str) -> go.Figure:
    figure = figures.point_map(
        drawn.positions, colouring.colours.get(name), picture_names(pictures),
        title=colouring.by, categories=colouring.categories,
    )  # fmt: skip
    return figure.update_layout(title=name)
