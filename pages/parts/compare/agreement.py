"""Agreement: which networks predict the same, where they differ, and which are right."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from core import compare, figures, zoo
from core.compare import TopPredictions
from core.sets import PictureSet
from core.zoo import Card
from pages.parts.compare import accuracy
from pages.parts.compare.prediction_grid import show_grid
from pages.parts.compare.predictions import classifiers, predictions
from pages.parts.shared import downloads
from pages.parts.shared.linked import Linked
from pages.parts.shared.results import Results

LINKED = Linked("compare")
PLACEHOLDER = 300


def show(results: Results, models: Mapping[str, Card], pictures: PictureSet) -> None:
    """Show which networks agree, the pictures, and how often each network is right."""
    able = classifiers(models)
    if not able:
        return
    predicted = predictions(results, able, pictures)
    if len(predicted) < len(able):
        if not predicted:
            st.container(height=PLACEHOLDER, border=True)
        return
    differing = [each.index for each in compare.disagreements(predicted)]
    if len(able) > 1:
        _show_matrix(able, predicted, len(differing), len(pictures))
    else:
        st.info("Choose a second network in the sidebar to see where the two differ.",
                icon=":material/left_panel_open:")  # fmt: skip
    _show_pictures(able, predicted, pictures, differing)
    accuracy.show(able, predicted, pictures)


def _show_matrix(
    models: Mapping[str, Card], predicted: Mapping[str, TopPredictions], differing: int, count: int
) -> None:
    titles = list(zoo.distinct_titles(models).values())
    table = compare.agreement_matrix(predicted).set_axis(titles).set_axis(titles, axis=1)
    st.subheader("Agreement", anchor=False)
    st.markdown(
        f"All networks predict the same class for **{count - differing:,}** of **{count:,}**"
        f" pictures, and differ on **{differing:,}**. The table has the share of the pictures on"
        " which each two agree."
    )
    figure = figures.annotated_matrix(table)
    st.plotly_chart(
        figure, key="_agreement", config={"displayModeBar": False},
        alt="Share of the pictures on which each two networks agree",
    )  # fmt: skip
    with st.container(horizontal=True):
        downloads.csv(table, "agreement")
        downloads.html(figure, "agreement")


def _show_pictures(
    models: Mapping[str, Card],
    predicted: Mapping[str, TopPredictions],
    pictures: PictureSet,
    differing: Sequence[int],
) -> None:
    st.subheader("Pictures", anchor=False)
    only_differing = len(models) > 1 and LINKED.toggle(
        "Disagreements only", "disagreed", True,
        help="First those on which the networks are surest.",
    )  # fmt: skip
    indices = differing if only_differing else range(len(pictures))
    if not indices:
        st.success("No disagreements: all predict the same classes.", icon=":material/check:")
        return
    show_grid(pictures, indices, models, predicted, "page")
    titles = zoo.distinct_titles(models)
    titled = {titles[name]: each for name, each in predicted.items()}
    downloads.csv(_table(pictures, indices, titled), "verdicts", index=False)


def _table(
    pictures: PictureSet, indices: Sequence[int], predicted: Mapping[str, TopPredictions]
) -> pd.DataFrame:
    """What each network predicts for these pictures, a row for each picture."""
    columns: dict[str, list[object]] = {
        "picture": list(indices),
        "key": [pictures.keys[index] for index in indices],
        "label": [pictures.label(index) for index in indices],
    }
    for title, each in predicted.items():
        columns[f"{title} says"] = [each.labels[index] for index in indices]
        columns[f"{title} is sure"] = [float(each.probability[index]) for index in indices]
    return pd.DataFrame(columns)
