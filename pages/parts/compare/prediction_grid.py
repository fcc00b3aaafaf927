"""Pictures of a set, a page at a time, with what networks predict for each."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import zoo
from core.compare import Correctness, TopPredictions, judge_prediction
from core.sets import BrokenFile, PictureSet
from core.zoo import Card
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown

LINKED = Linked("compare")
# Pictures of a page, and the side in pixels of those that are drawn.
PER_PAGE, SIDE = 12, 160
MARKS = {
    Correctness.RIGHT: ":material/check: ",
    Correctness.WRONG: ":material/close: ",
    Correctness.UNKNOWN: "",
}


def show_grid(
    pictures: PictureSet,
    indices: Sequence[int],
    models: Mapping[str, Card],
    predicted: Mapping[str, TopPredictions],
    name: str,
) -> None:
    """Show pictures with the predictions of networks; the URL holds the page.

    Args:
        pictures: The set.
        indices: Indices of the pictures to show, in this order.
        models: The networks by name.
        predicted: What each predicts for all pictures of the set.
        name: Name of the page's number in the URL.
    """
    place = st.container()
    page = LINKED.pagination(-(-len(indices) // PER_PAGE), name)
    shown = indices[(page - 1) * PER_PAGE : page * PER_PAGE]
    titles = zoo.distinct_titles(models)
    with place, st.grid(4, min_column_width=150) as grid:
        for index in shown:
            lines = [
                _line(titles[model], card, predicted[model], pictures, index)
                for model, card in models.items()
            ]
            with grid.cell():
                _show_picture(pictures, index, lines)


def _show_picture(pictures: PictureSet, index: int, lines: Sequence[str]) -> None:
    name = pictures.label(index) or f"picture {index}"
    try:
        img = pictures.image(index, SIDE)
    except BrokenFile as error:
        st.caption(escape_markdown(error))
    else:
        img.thumbnail((2 * SIDE, 2 * SIDE))
        st.image(img, alt=f"Picture {index}: {name}", width="stretch", output_format="JPEG")
    st.caption("  \n".join([f"**{escape_markdown(name)}**", *lines]))


def _line(
    title: str, card: Card, predicted: TopPredictions, pictures: PictureSet, index: int
) -> str:
    """What a network predicts, how sure it is, and whether it is right, where that is known."""
    label, probability = predicted.labels[index], predicted.probability[index]
    outcome = judge_prediction(label, pictures.label(index), card.labels)
    return f"{MARKS[outcome]}{escape_markdown(title)}: {escape_markdown(label)}, {probability:.0%}"
