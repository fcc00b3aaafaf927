"""Some pictures of a set, a page at a time, with what networks say of each."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.compare import Verdicts
from core.compare.agreement import plain as bare
from core.sets import BrokenFile, PictureSet
from core.zoo import Card
from pages.parts.session import held
from pages.parts.text import plain

# Pictures of a page, and their sides in pixels where they are drawn.
SHOWN, SIDE = 12, 160


def show(
    pictures: PictureSet,
    indices: Sequence[int],
    cards: Mapping[str, Card],
    verdicts: Mapping[str, Verdicts],
    key: str,
) -> None:
    """Show them; the URL keeps the page.

    Args:
        pictures: The set.
        indices: Of the pictures to show, in this order.
        cards: The networks', by name.
        verdicts: By a network's name, of all pictures of the set.
        key: Of the page's number, in the URL.
    """
    pages = max(1, -(-len(indices) // SHOWN))
    if held(key) is not None and str(held(key)) not in map(str, range(1, pages + 1)):
        st.session_state[key] = 1
    knowing = {name for name, card in cards.items() if _knows(card, pictures)}
    place = st.container()
    page = st.pagination(pages, key=key, bind="query-params") if pages > 1 else 1
    with place, st.grid(4, min_column_width=150) as grid:
        for index in indices[(page - 1) * SHOWN : page * SHOWN]:
            with grid.cell():
                said = [
                    _line(card, verdicts[name], pictures, index, name in knowing)
                    for name, card in cards.items()
                ]
                _show_one(pictures, index, said)


def _show_one(pictures: PictureSet, index: int, said: Sequence[str]) -> None:
    label = pictures.label(index)
    name = label or f"picture {index}"
    try:
        img = pictures.image(index, SIDE)
    except BrokenFile as error:
        st.caption(plain(error))
    else:
        img.thumbnail((2 * SIDE, 2 * SIDE))
        st.image(img, alt=f"Picture {index}: {name}", width="stretch", output_format="JPEG")
    st.caption("  \n".join([f"**{plain(name)}**", *said]))


def _line(card: Card, said: Verdicts, pictures: PictureSet, index: int, judged: bool) -> str:
    """What a network says of a picture, how sure it is, and where it can be judged if it is right.

    Args:
        card: The network's.
        said: What it says of all pictures.
        pictures: The set.
        index: Of the picture.
        judged: Whether the network knows the names of the set's classes.
    """
    label, own = pictures.label(index), said.labels[index]
    mark = ""
    if judged and label:
        mark = ":material/check: " if bare(own) == bare(label) else ":material/close: "
    return f"{mark}{plain(card.title)}: {plain(own)}, {said.probability[index]:.0%}"


def _knows(card: Card, pictures: PictureSet) -> bool:
    """Whether a network has a class of each label's name; no other is right or wrong."""
    return {bare(label) for label in pictures.classes} <= {bare(label) for label in card.labels}
