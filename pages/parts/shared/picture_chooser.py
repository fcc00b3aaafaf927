"""The chooser of the picture in the sidebar: its title, a small preview, and its sources."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.errors import ZooscopeError
from core.gallery_photos import PHOTOS
from core.pictures import GALLERY_SCENES, Picture
from pages.parts.shared import picture_sources
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.picture_titles import distinct_titles

LINKED = Linked()
# The visible widget; the reference that links hold is another one (`sidebar`).
SHOWN = "_picture"
# Pixels.
PREVIEW_WIDTH = 110

Choose = Callable[[str], None]


def references(linked: str | None) -> list[str]:
    """Return the pictures that can be chosen.

    Args:
        linked: The chosen picture, which may be one that this session has never seen.
    """
    known = [f"photo:{name}" for name in PHOTOS] + [f"scene:{text}" for text in GALLERY_SCENES]
    known += picture_sources.uploads()
    return known if not linked or linked in known else [*known, linked]


def show(
    chosen: Picture | ZooscopeError, reference: str, choose: Choose, delete_uploads: Callable
) -> None:
    """Show the chooser.

    Args:
        chosen: The chosen picture, or why there is none.
        reference: Its reference.
        choose: Takes the reference of the picture that the visitor chooses, in a callback.
        delete_uploads: Deletes the visitor's pictures, in a callback.
    """
    _show_titles(references(reference), reference, choose)
    if isinstance(chosen, ZooscopeError):
        st.caption(":material/hide_image: Image unavailable")
    else:
        _show_preview(chosen)
    picture_sources.show(choose)
    if picture_sources.uploads() or reference.startswith("upload:"):
        st.button(
            "Delete my images", icon=":material/delete:", on_click=delete_uploads,
            help="Takes the images you gave, and the one shown, out of the server's memory.",
        )  # fmt: skip


def _show_titles(options: Sequence[str], reference: str, choose: Choose) -> None:
    titles = distinct_titles(options)
    st.session_state[SHOWN] = reference
    st.selectbox(
        "Picture", options, key=SHOWN, format_func=lambda option: titles.get(option, str(option)),
        on_change=_choose_shown, args=(choose,), filter_mode="contains",
    )  # fmt: skip


def _choose_shown(choose: Choose) -> None:
    reference = st.session_state[SHOWN]
    if not LINKED.was_replaced("picture", reference):
        choose(reference)


def _show_preview(chosen: Picture) -> None:
    width, height = chosen.image.size
    lines = [f"{width} × {height} pixels", escape_markdown(chosen.credit)]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.image(chosen.preview, alt=chosen.title, width=PREVIEW_WIDTH, output_format="JPEG")
        st.caption("  \n".join(filter(None, lines)), width="stretch")
