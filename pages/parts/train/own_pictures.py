"""The picker of a visitor's own pictures for training; the URL holds their reference."""

from collections import Counter

import streamlit as st

from core.pictures import PictureForgotten
from core.sets import Archive, archive
from core.train_lab.own_pictures import check_pictures
from pages.parts.sets import upload_set
from pages.parts.sets.set_in_url import (
    LINKED,
    NAME,
    WRITTEN,
    linked_reference,
    open_address,
    put_in_url,
)
from pages.parts.shared.markdown import escape_markdown

HOW = (
    "Upload a zip or a folder with a sub-folder for each class (2 to 10 classes, 20 pictures or"
    " more). A quarter of the pictures is kept to test the network; copies of a picture, also in"
    " another size, stay on one side. Small copies stay with the run on this server until you"
    " delete the run or the pictures."
)


def pick_own_pictures() -> tuple[Archive, dict[str, int]] | None:
    """Show the uploader and return the pictures with their number by class; None without any.

    Raises:
        PictureForgotten: The server no longer holds the pictures.
        BadPictures: A network can't be trained on them.
    """
    _open_link()
    st.caption(HOW)
    chosen, lost = None, None
    try:
        chosen = upload_set.pick_upload(folders=True)
    except PictureForgotten as error:
        lost = error
    if not lost:
        put_in_url(chosen.reference if chosen else "")
    described = st.container()
    shown = LINKED.text(
        "Dataset ID", NAME, disabled=True,
        help="The name of these pictures in links: only who knows it can see them.",
    )  # fmt: skip
    open_address(shown)
    if lost:
        raise lost
    if chosen is None:
        return None
    with described:
        _describe(chosen)
    return chosen, check_pictures(chosen)


def _describe(chosen: Archive) -> None:
    """Say how many pictures of each class there are, and what was left out."""
    labels = Counter(chosen.labels)
    listed = ", ".join(f"{name or 'no class'} {count}" for name, count in sorted(labels.items()))
    st.caption(escape_markdown(f"{len(chosen)} pictures: {listed}"))
    if chosen.skipped:
        path, reason = chosen.skipped[0]
        more = f" (and {len(chosen.skipped) - 1} more)" if len(chosen.skipped) > 1 else ""
        st.caption(escape_markdown(f"Skipped {path}: {reason}{more}"))


def _open_link() -> None:
    """Open the pictures that a link names, once."""
    LINKED.keep_assigned(NAME)
    linked = linked_reference()
    if linked.startswith(archive.SCHEME) and linked != st.session_state.get(WRITTEN):
        st.session_state[WRITTEN] = linked
        upload_set.open_reference(linked)
