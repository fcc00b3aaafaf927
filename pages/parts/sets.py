"""The picture set of a page, chosen by kind; the URL holds its reference."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import pandas as pd
import streamlit as st

from core import scenes, sets
from core.errors import ZooscopeError
from core.scenes.reference import MAX_SEED
from core.sets import (
    Archive,
    DrawnScenes,
    Folder,
    Gathered,
    PictureSet,
    archive,
    drawn,
    drawn_scenes,
    folder,
    gathered,
)
from pages.parts import given, imagenette
from pages.parts.session import held, workbench
from pages.parts.text import plain

DRAWN, GALLERY, MINE, GIVEN, FOLDER, IMAGENETTE = (
    "Drawn scenes", "Gallery", "My pictures", "Upload", "Folder", "Imagenette",
)  # fmt: skip
# Where the URL holds the reference.
KEY = "set"


def choose() -> PictureSet | None:
    """Let a set be chosen: the one that was, that a link names, or drawn scenes at first.

    Returns:
        The set; None where there is none yet, which the page then says.
    """
    if "_set_kind" not in st.session_state:
        _open(str(held(KEY) or ""))
    kind = st.segmented_control(
        "Pictures", list(PANELS), key="_set_kind", required=True, persist_state="session",
        on_change=_say, args=("",),
    )  # fmt: skip
    chosen, problem = None, st.session_state.get("_set_problem")
    try:
        chosen = PANELS.get(str(kind), _drawn)()
    except ZooscopeError as error:
        problem = str(error)
    if problem:
        st.warning(plain(problem), icon=":material/hide_image:")
    if chosen is not None:
        _describe(chosen)
    if chosen is not None or not problem:
        st.session_state[KEY] = chosen.reference if chosen is not None else ""
    st.text_input(
        "Reference", key=KEY, bind="query-params", disabled=True,
        help="What links and recipes call this set: another one when any picture is another.",
    )  # fmt: skip
    return chosen


def _say(problem: str) -> None:
    """Have the page say what is wrong with a link's set, until another is chosen."""
    st.session_state._set_problem = problem


def _open(reference: str) -> None:
    """Set the widgets to what a link names."""
    state = st.session_state
    kinds = (kind for scheme, kind in KINDS.items() if reference.startswith(scheme))
    state._set_kind = next(kinds, DRAWN)
    found: PictureSet | None = None
    try:
        found = workbench().sets.find(reference) if reference else drawn()
    except ZooscopeError as error:
        _say(str(error))
    asked = found if isinstance(found, DrawnScenes) else drawn()
    state._set_classes = [] if asked.classes == scenes.CLASSES else list(asked.classes)
    state._set_backgrounds = list(asked.backgrounds)
    state._set_count, state._set_seed = asked.count, asked.seed
    if isinstance(found, Gathered):
        state._set_linked = found.members
    if isinstance(found, Archive):
        state[given.GIVEN] = reference
    if state._set_kind == FOLDER:
        state._set_folder = folder.name_of(reference)
        if variant := imagenette.variant_of(state._set_folder):
            state._set_kind, state[imagenette.KEY] = IMAGENETTE, variant


def _drawn() -> PictureSet:
    left, right = st.columns(2)
    with left:
        classes = st.multiselect(
            "Classes", scenes.CLASSES, key="_set_classes", placeholder="All there are",
            persist_state="session",
        )  # fmt: skip
        count = st.number_input("How many", 1, sets.MOST, key="_set_count", persist_state="session")
    with right:
        backgrounds = st.multiselect(
            "Backgrounds", scenes.BACKGROUNDS, key="_set_backgrounds", placeholder="By chance",
            persist_state="session",
        )  # fmt: skip
        seed = st.number_input("Number", 0, MAX_SEED, key="_set_seed", persist_state="session",
                               help="Another number, other scenes.")  # fmt: skip
    return drawn(int(count), int(seed), classes, backgrounds)


def _gallery() -> PictureSet:
    return workbench().sets.gallery


def _mine() -> PictureSet | None:
    members = [*st.session_state.get("_set_linked", ()), *st.session_state.get("_uploads", ())]
    if not members:
        st.info("Upload pictures in the sidebar, one by one; for many at once take “Upload”.")
        return None
    return workbench().sets.gathered(members)


def _folder() -> PictureSet | None:
    folders = workbench().sets.folders
    names = [name for name in folders.names if not imagenette.variant_of(name)]
    if not names:
        st.info("This server has none. Whoever runs it names some in ZOOSCOPE_PICTURES.")
        return None
    if st.session_state.get("_set_folder") not in names:
        st.session_state._set_folder = names[0]
    name = st.selectbox(
        "Folder", names, key="_set_folder", persist_state="session", on_change=_say, args=("",)
    )
    found = folders.get(name)
    if not found:
        st.info("There is no picture in this folder.")
    return found or None


def _describe(chosen: PictureSet) -> None:
    """How many pictures, of which classes, and what is not among them."""
    labels = Counter(chosen.label(index) for index in range(len(chosen)))
    left_out = chosen.left_out if isinstance(chosen, Archive | Folder) else 0
    parts = [chosen.name, f"{len(chosen):,} pictures", f"{len(chosen.classes)} classes",
             f"{left_out:,} more left out" if left_out else ""]  # fmt: skip
    st.caption(plain(" · ".join(filter(None, parts))))
    if chosen.classes:
        rows = [(label or "(none)", count) for label, count in sorted(labels.items())]
        _table("Its classes", rows, ["class", "pictures"])
    if isinstance(chosen, Archive) and chosen.skipped:
        _table(f"{len(chosen.skipped):,} files skipped", chosen.skipped, ["file", "why"])


def _table(title: str, rows: Sequence[tuple[str, object]], columns: list[str]) -> None:
    with st.expander(title):
        st.dataframe(pd.DataFrame(rows, columns=columns), hide_index=True)


PANELS: Mapping[str, Callable[[], PictureSet | None]] = MappingProxyType(
    {
        DRAWN: _drawn,
        GALLERY: _gallery,
        MINE: _mine,
        GIVEN: given.choose,
        FOLDER: _folder,
        IMAGENETTE: imagenette.choose,
    }
)
KINDS: Mapping[str, str] = MappingProxyType(
    {
        drawn_scenes.SCHEME: DRAWN,
        gathered.GALLERY: GALLERY,
        gathered.SCHEME: MINE,
        archive.SCHEME: GIVEN,
        folder.SCHEME: FOLDER,
    }
)
