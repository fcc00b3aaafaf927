"""The same pictures at each stage of a network: how order appears with depth."""

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core import figures, tasks
from core.anatomy import Organ
from core.embed import PIXELS
from core.engine import Answer
from core.recipes import Recipe
from core.sets import PictureSet
from core.zoo import Card
from pages.parts import colouring, depths, layers, map_files, reading, settling, work
from pages.parts.text import plain

# What a stage is called, where its layer's name says too little.
TITLES: Mapping[str, str] = {PIXELS: "the picture", "logits": "the classes' scores"}


def show(
    models: Mapping[str, Card], organs: Mapping[str, Sequence[Organ]], chosen: PictureSet
) -> None:
    """One network's maps along its layers, and the class purity of all networks'."""
    card = layers.choose_model(models)
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        asked_for = settling.options(several=False)
    with right:
        by = colouring.choose(chosen, classifiers=False)
    stages = {name: depths.stages(one, organs[name]) for name, one in models.items()}
    features = {
        name: {layer: tasks.features_recipe(one, chosen.reference, layer) for layer in stages[name]}
        for name, one in models.items()
    }
    maps = dict(
        zip(
            stages[card.name],
            tasks.through_recipes(
                list(features[card.name].values()), chosen.reference, **asked_for.asked
            ),
            strict=True,
        )
    )
    purities = {
        (name, layer): tasks.purity_recipe(recipe, chosen.reference, asked_for.metric)
        for name, own in features.items()
        for layer, recipe in own.items()
    }
    found = _found([*purities.values(), *maps.values()], features)
    _show_stages(card, chosen, maps, found, by)
    _show_purity(models, stages, purities, found)


def _found(
    wanted: Sequence[Recipe], features: Mapping[str, Mapping[str, Recipe]]
) -> dict[Recipe, Answer]:
    reading.together(wanted, [one for own in features.values() for one in own.values()])
    found = dict(zip(wanted, work.answers(wanted, key="stages"), strict=True))
    for number, (recipe, answer) in enumerate(found.items()):
        if answer.error:
            work.failed(recipe, answer, f"stages_{number}")
    reading.remember(found)
    return found


def _show_stages(
    card: Card,
    chosen: PictureSet,
    maps: Mapping[str, Recipe],
    found: Mapping[Recipe, Answer],
    by: str,
) -> None:
    done = {
        TITLES.get(layer, layer): result.arrays["positions"]
        for layer, recipe in maps.items()
        if (result := found[recipe].result)
    }
    if not done:
        work.waiting(figures.HEIGHT)
        return
    colours = colouring.colouring(by, chosen, [card.name], {})
    figure = figures.staged_map(done, colours.colours[card.name], map_files.names(chosen), by)
    st.markdown(f"**{plain(card.title)}**, from the picture to its classes: move the slider.")
    whole = figure.to_html
    figure = go.Figure(figure).update_layout(height=figures.HEIGHT + 80, showlegend=False)
    st.plotly_chart(
        figure, key="_stages", config={"displaylogo": False},
        alt=f"Maps of {len(chosen)} pictures at {len(done)} stages of {card.title}",
    )  # fmt: skip
    colouring.legend(colours)
    st.download_button(
        "Plot", lambda: whole().encode(), f"{card.architecture}-stages.html", "text/html",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def _show_purity(
    models: Mapping[str, Card],
    stages: Mapping[str, Mapping[str, float]],
    purities: Mapping[tuple[str, str], Recipe],
    found: Mapping[Recipe, Answer],
) -> None:
    rows = []
    for (name, layer), recipe in purities.items():
        result = found[recipe].result
        if result and result.record["purity"] is not None:
            rows.append((name, layer, stages[name][layer], result.record["purity"]))
    if not rows:
        if all(found[recipe].done for recipe in purities.values()):
            st.caption("No class has two pictures here, so no purity can be told.")
        return
    lines: dict[str, dict[str, tuple[float, float]]] = {}
    for name, layer, depth, purity in rows:
        lines.setdefault(models[name].title, {})[TITLES.get(layer, layer)] = depth, purity
    st.subheader("How pure, by depth", anchor=False)
    st.caption(
        "Share of a picture's ten nearest, by features, that are of its class. Order that the"
        " network makes rises with depth."
    )
    st.plotly_chart(
        figures.purity_curves(lines), key="_purity", config={"displayModeBar": False},
        alt="Class purity of each network's layers by depth",
    )  # fmt: skip
    table = pd.DataFrame(rows, columns=["network", "layer", "depth", "purity"])
    st.download_button(
        "CSV", table.to_csv(index=False).encode(), "purity.csv", "text/csv",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip
