"""Maps to take away: coordinates, features, the plot."""

import io
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from core import figures, tasks
from core.compare import Verdicts
from core.recipes import Recipe, Result
from core.sets import PictureSet
from core.zoo import Card
from pages.parts.colouring import NAMES, Colouring
from pages.parts.session import asker, workbench
from pages.parts.text import plain


def names(chosen: PictureSet) -> list[str]:
    """What each point says of itself. See `name`."""
    return [name(chosen, index) for index in range(len(chosen))]


def name(chosen: PictureSet, index: int) -> str:
    """What a picture is called: its class, else its file or title, else its number."""
    if label := chosen.label(index):
        return label
    facts = chosen.facts(index)
    return next((facts[one] for one in NAMES if facts.get(one)), f"picture {index}")


def offer(
    models: Mapping[str, Card],
    chosen: PictureSet,
    features: Mapping[str, Recipe],
    maps: Mapping[str, Result],
    said: Mapping[str, Verdicts],
    colours: Colouring,
) -> None:
    """Buttons that make the files when they are clicked, for the maps that are done."""
    if not maps:
        st.caption("As soon as a map is done.")
        return
    button("Coordinates, CSV", partial(_coordinates, chosen, maps, said), "map.csv", "text/csv")
    for name, result in maps.items():
        title, stem = models[name].title, models[name].architecture
        button(f"Features, NPZ: {title}", partial(_features, chosen, features[name]),
                f"{stem}-features.npz", "application/octet-stream")  # fmt: skip
        plot = partial(_plot, chosen, result, colours, name)
        button(f"Plot, HTML: {title}", plot, f"{stem}-map.html", "text/html")


def button(label: str, make: Callable[[], bytes], file: str, kind: str) -> None:
    """A download whose file is made when it is asked for."""
    st.download_button(
        plain(label), make, file, kind, icon=":material/download:", on_click="ignore",
        key=f"_file_{label}", width="stretch",
    )  # fmt: skip


def _coordinates(
    chosen: PictureSet, maps: Mapping[str, Result], said: Mapping[str, Verdicts]
) -> bytes:
    """One row a picture: its key, its class, and of each network its place and its class."""
    every = range(len(chosen))
    columns: dict[str, object] = {
        "picture": every, "key": chosen.keys, "class": [chosen.label(one) for one in every],
    }  # fmt: skip
    for name, result in maps.items():
        x, y = result.arrays["positions"].T
        columns |= {f"{name} x": x, f"{name} y": y}
        if name in said:
            columns |= {f"{name} says": said[name].labels,
                        f"{name} probability": said[name].probability}  # fmt: skip
    return pd.DataFrame(columns).to_csv(index=False).encode()


def _features(chosen: PictureSet, recipe: Recipe) -> bytes:
    (result,) = workbench().answer([recipe], asker())
    file = io.BytesIO()
    labels = np.array([chosen.label(index) for index in range(len(chosen))])
    np.savez_compressed(
        file, features=tasks.features_of(result), keys=np.array(chosen.keys), labels=labels
    )
    return file.getvalue()


def _plot(chosen: PictureSet, result: Result, colours: Colouring, name: str) -> bytes:
    figure = figures.point_map(
        result.arrays["positions"], colours.colours.get(name), names(chosen), title=colours.by,
        kinds=colours.kinds,
    )  # fmt: skip
    figure.update_layout(title=name)
    return str(figure.to_html()).encode()
