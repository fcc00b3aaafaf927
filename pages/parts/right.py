"""Right and wrong on labelled pictures: by class, what is taken for what, and how sure."""

from collections.abc import Iterable, Mapping

import pandas as pd
import streamlit as st

from core import compare, figures
from core.compare import Marks, NotScored, Verdicts
from core.compare.agreement import plain as bare
from core.sets import PictureSet
from core.zoo import Card
from pages.parts import cells, downloads, layers, thumbnails
from pages.parts.text import plain


def show(
    models: Mapping[str, Card], verdicts: Mapping[str, Verdicts], pictures: PictureSet
) -> None:
    """How often each network is right, and one of them by class."""
    st.subheader("Who is right", anchor=False)
    scored = marks(models, verdicts, pictures)
    if not scored:
        return
    rows = {
        models[name].title: {"accuracy": one.accuracy, "ECE": one.calibration.ece}
        for name, one in scored.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("network")
    st.dataframe(table, column_config=COLUMNS, key="_right", width="content")
    downloads.csv(table, "accuracy")
    card = layers.choose_model({name: models[name] for name in scored})
    _show_one(card, scored[card.name], verdicts[card.name], pictures)


def marks(
    models: Mapping[str, Card], verdicts: Mapping[str, Verdicts], pictures: PictureSet
) -> dict[str, Marks]:
    """How often networks are right; of those that can't be scored the page says why."""
    truth = [pictures.label(index) for index in range(len(pictures))]
    if not any(truth):
        st.info(
            "Nobody said what these pictures show, so nobody is right or wrong. Drawn scenes and"
            " Imagenette have labels; uploads have them by sub-folders or a labels.csv.",
            icon=":material/label_off:",
        )
        return {}
    found = {}
    for name, one in verdicts.items():
        try:
            found[name] = compare.marks(one, truth, models[name].labels)
        except NotScored as error:
            st.info(f"{plain(models[name].title)}: {plain(error)}", icon=":material/label_off:")
    return found


def _show_one(card: Card, found: Marks, verdicts: Verdicts, pictures: PictureSet) -> None:
    stem = card.title
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**By class**, the worst first")
        st.dataframe(found.by_class, column_config=COLUMNS, key="_by_class")
        downloads.csv(found.by_class, f"classes-{stem}")
    with right:
        st.markdown("**How sure, how often right**")
        figure = figures.reliability_diagram(found.calibration)
        st.plotly_chart(
            figure, key="_reliability", config={"displayModeBar": False},
            alt=f"Reliability diagram of {card.title}",
        )  # fmt: skip
        downloads.html(figure, f"reliability-{stem}")
    _show_confusion(card, found.confusion, verdicts, pictures)


def _show_confusion(
    card: Card, counts: pd.DataFrame, verdicts: Verdicts, pictures: PictureSet
) -> None:
    st.markdown("**What it takes for what**: click a cell for its pictures")
    figure = figures.confusion(counts)
    chosen = cells.choose(
        figure, counts, ("shown", "said"), ("They show", "It says"),
        f"What {card.title} takes for what",
    )  # fmt: skip
    if chosen:
        shown, said = chosen
        indices = _pictures(pictures, verdicts, shown, said, counts.index)
        if indices:
            said_by = {card.name: verdicts}
            thumbnails.show(pictures, indices, {card.name: card}, said_by, key="confused")
        else:
            st.caption(f"It takes no {plain(shown)} for {plain(said)}.")
    with st.container(horizontal=True):
        downloads.csv(counts, f"confusion-{card.title}")
        downloads.html(figure, f"confusion-{card.title}")


def _pictures(
    pictures: PictureSet, verdicts: Verdicts, shown: str, said: str, named: Iterable[str]
) -> list[int]:
    """Those that show the one class and are taken for the other."""
    known = {bare(name) for name in named}

    def taken(label: str) -> bool:
        return bare(label) not in known if said == compare.OTHER else bare(label) == bare(said)

    return [
        index
        for index, label in enumerate(verdicts.labels)
        if bare(pictures.label(index)) == bare(shown) and taken(label)
    ]


COLUMNS = {
    "accuracy": st.column_config.NumberColumn(
        "accuracy", format="percent",
        help="Share of the labelled pictures whose top class is right.",
    ),
    "ECE": st.column_config.NumberColumn(
        "ECE", format="percent",
        help="Expected calibration error (Guo et al. 2017): how far, on average, how sure it is"
        " lies from how often it is right. Lower is better.",
    ),
}  # fmt: skip
