"""Some pictures of a set, a page at a time, with what networks say of each."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.compare import Verdicts
from core.compare.agreement import plain as bare
from core.sets import BrokenFile, PictureSet
from pages.parts.session import held
from pages.parts.text import plain

# Pictures of a page, and their sides in pixels where they are drawn.
SHOWN, SIDE = 12, 160


def show(
    pictures: PictureSet, indices: Sequence[int], verdicts: Mapping[str, Verdicts], key: str
) -> None:
    """Show them; the URL keeps the page.

    Args:
        pictures: The set.
        indices: Of the pictures to show, in this order.
        verdicts: By a network's title, of all pictures of the set.
        key: Of the page's number, in the URL.
    """
    pages = max(1, -(-len(indices) // SHOWN))
    if held(key) is not None and str(held(key)) not in map(str, range(1, pages + 1)):
        st.session_state[key] = 1
    place = st.container()
    page = st.pagination(pages, key=key, bind="query-params") if pages > 1 else 1
    with place, st.grid(4, min_column_width=150) as grid:
        for index in indices[(page - 1) * SHOWN : page * SHOWN]:
            with grid.cell():
                _show_one(pictures, index, verdicts)


def _show_one(pictures: PictureSet, index: int, verdicts: Mapping[str, Verdicts]) -> None:
    label = pictures.label(index)
    name = label or f"picture {index}"
    try:
        img = pictures.image(index, SIDE)
    except BrokenFile as error:
        st.caption(plain(error))
    else:
        img.thumbnail((2 * SIDE, 2 * SIDE))
        st.image(img, alt=f"Picture {index}: {name}", width="stretch")
    lines = [f"**{plain(name)}**"]
    for title, said in verdicts.items():
        mark = _mark(said.labels[index], label)
        lines.append(
            f"{mark}{plain(title)}: {plain(said.labels[index])}, {said.probability[index]:.0%}"
        )
    st.caption("  \n".join(lines))


def _mark(said: str, label: str) -> str:
    """Whether it is right, where that is known."""
    if not label:
        return ""
    return ":material/check: " if bare(said) == bare(label) else ":material/close: "
