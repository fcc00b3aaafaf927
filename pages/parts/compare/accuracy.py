"""Accuracy on labelled pictures: by class, the confusion matrix, and calibration."""

from collections.abc import Iterable, Mapping

import pandas as pd
import streamlit as st

from core import compare, figures, zoo
from core.compare import AccuracyReport, TopPredictions, normalise_label
from core.sets import PictureSet
from core.zoo import Card
from pages.parts.compare.prediction_grid import show_grid
from pages.parts.shared import downloads
from pages.parts.shared.heatmap_picker import pick_cell
from pages.parts.shared.layer_picker import pick_model
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown

LINKED = Linked("compare")
COLUMNS = {
    "accuracy": st.column_config.NumberColumn(
        "accuracy", format="percent",
        help="Share of the labelled pictures whose top class is right.",
    ),
    "ECE": st.column_config.NumberColumn(
        "ECE", format="percent",
        help="Expected calibration error (Guo et al. 2017): the average difference between how sure"
        " a network is and how often it is right. Lower is better.",
    ),
}  # fmt: skip


def show(
    models: Mapping[str, Card], predicted: Mapping[str, TopPredictions], pictures: PictureSet
) -> None:
    """Show how often each network is right, and one of them by class."""
    st.subheader("Accuracy", anchor=False)
    able = scorable(models, pictures)
    accuracies = measure(able, {name: predicted[name] for name in able}, pictures)
    if not accuracies:
        return
    titles = zoo.distinct_titles(models)
    rows = {
        titles[name]: {"accuracy": each.accuracy, "ECE": each.calibration.ece}
        for name, each in accuracies.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("network")
    st.dataframe(table, column_config=COLUMNS, key="_right", width="content")
    downloads.csv(table, "accuracy")
    card = pick_model({name: models[name] for name in accuracies})
    _show_network(card, accuracies[card.name], predicted[card.name], pictures)


def scorable(models: Mapping[str, Card], pictures: PictureSet) -> dict[str, Card]:
    """Return the networks that have a class for every label of a set.

    For all others, the page says in one sentence why they have no accuracy.
    """
    labels = list(dict.fromkeys(pictures.label(index) for index in range(len(pictures))))
    if not any(labels):
        st.caption(
            ":material/label_off: These images have no labels, so there is no accuracy. Drawn"
            " scenes and Imagenette have labels; uploads have them by sub-folders or a labels.csv."
        )
        return {}
    unknown = {name: compare.unknown_labels(labels, card.labels) for name, card in models.items()}
    able = {name: card for name, card in models.items() if not unknown[name]}
    left_out = [name for name in models if unknown[name]]
    if left_out:
        all_titles = zoo.distinct_titles(models)
        titles = " and ".join(f"**{escape_markdown(all_titles[name])}**" for name in left_out)
        examples = unknown[left_out[0]][:2]
        named = ", ".join(f"“{escape_markdown(label)}”" for label in examples)
        st.caption(
            f":material/label_off: No accuracy for {titles}: these pictures have labels that are"
            f" not among their classes, such as {named}. Choose pictures that the networks know:"
            " Imagenette for ImageNet networks, drawn scenes for networks taught on them."
        )
    return able


def measure(
    models: Mapping[str, Card], predicted: Mapping[str, TopPredictions], pictures: PictureSet
) -> dict[str, AccuracyReport]:
    """Return how often networks are right, as far as their predictions are there.

    Args:
        models: Networks that know all labels (`scorable`).
        predicted: What they predict.
        pictures: The pictures.
    """
    truth = [pictures.label(index) for index in range(len(pictures))]
    return {
        name: compare.measure_accuracy(each, truth, models[name].labels)
        for name, each in predicted.items()
    }


def _show_network(
    card: Card, measured: AccuracyReport, predicted: TopPredictions, pictures: PictureSet
) -> None:
    stem = card.title
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**By class**, lowest accuracy first")
        st.dataframe(measured.by_class, column_config=COLUMNS, key="_by_class")
        downloads.csv(measured.by_class, f"classes-{stem}")
    with right:
        st.markdown("**Calibration**: how sure it is, and how often it is right")
        figure = figures.reliability_diagram(measured.calibration)
        st.plotly_chart(
            figure, key="_reliability", config={"displayModeBar": False},
            alt=f"Reliability diagram of {card.title}",
        )  # fmt: skip
        downloads.html(figure, f"reliability-{stem}")
    _show_confusion(card, measured.confusion, predicted, pictures)


def _show_confusion(
    card: Card, counts: pd.DataFrame, predicted: TopPredictions, pictures: PictureSet
) -> None:
    st.markdown("**Confusion matrix**: click a cell to see its pictures")
    figure = figures.confusion_matrix(counts)
    chosen = pick_cell(
        figure, counts, LINKED, ("shown", "said"), ("True class", "Predicted"),
        f"Confusion matrix of {card.title}",
    )  # fmt: skip
    if chosen:
        true, label = chosen
        indices = _confused(pictures, predicted, true, label, counts.index)
        if indices:
            show_grid(pictures, indices, {card.name: card}, {card.name: predicted}, "confused")
        else:
            st.caption(f"No {escape_markdown(true)} is predicted to be {escape_markdown(label)}.")
    with st.container(horizontal=True):
        downloads.csv(counts, f"confusion-{card.title}")
        downloads.html(figure, f"confusion-{card.title}")


def _confused(
    pictures: PictureSet, predicted: TopPredictions, true: str, label: str, classes: Iterable[str]
) -> list[int]:
    """The pictures that show one class and for which another one is predicted."""
    known = {normalise_label(name) for name in classes}

    def is_predicted(name: str) -> bool:
        if label == compare.OTHER_CLASS:
            return normalise_label(name) not in known
        return normalise_label(name) == normalise_label(label)

    return [
        index
        for index, name in enumerate(predicted.labels)
        if normalise_label(pictures.label(index)) == normalise_label(true) and is_predicted(name)
    ]
