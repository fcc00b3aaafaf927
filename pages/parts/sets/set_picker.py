"""The picture set of a page, chosen by kind; the URL holds its reference."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import scenes, sets
from core.errors import ZooscopeError
from core.scenes.reference import MAX_SEED
from core.sets import (
    Archive,
    DrawnScenes,
    Folder,
    PictureSet,
    SinglePictures,
    archive,
    drawn_scenes,
    folder,
    gallery_views,
    scene_set,
    single_pictures,
)
from core.zoo import Card
from pages.parts.sets import imagenette, upload_set
from pages.parts.sets.set_in_url import (
    LINKED,
    NAME,
    WRITTEN,
    linked_reference,
    open_address,
    put_in_url,
)
from pages.parts.shared import picture_sources
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.session import workbench

VIEWS, DRAWN, GALLERY, MINE, UPLOAD, FOLDER, IMAGENETTE = (
    "Gallery views", "Drawn scenes", "Gallery", "My pictures", "Upload", "Folder", "Imagenette",
)  # fmt: skip
# Keys of the session state: the kind of the set that was chosen for the visitor (empty once they
# have chosen one), and what is wrong with the set of a link.
FIRST_KIND, PROBLEM = "_set_first_kind", "_set_problem"


def first_set(models: Iterable[Card], count: int = drawn_scenes.COUNT) -> PictureSet:
    """Return the set that suits networks: drawn scenes if they know nothing else, else photographs.

    Args:
        models: The cards of the networks; at least one.
        count: Number of drawn scenes.
    """
    if all(card.knows_scenes_only for card in models):
        return scene_set(count)
    return workbench().sets.gallery_views


def pick_set(
    first: PictureSet | None = None, problems: DeltaGenerator | None = None
) -> PictureSet | None:
    """Show the pickers of a set: the one that was chosen, or that a link names.

    Args:
        first: The set that is shown until the visitor chooses one (`first_set`); drawn scenes where
            None. Another kind of first set takes the place of the one before.
        problems: Where to say what is wrong with the set, for pickers that a visitor has to unfold;
            beside the pickers where None.

    Returns:
        The set; None where there is none, which the page says.
    """
    _follow(first or scene_set())
    kind = st.segmented_control(
        "Pictures", list(PANELS), key="_set_kind", required=True, persist_state="session",
        on_change=_choose,
    )  # fmt: skip
    chosen, problem = None, st.session_state.get(PROBLEM)
    try:
        chosen = PANELS.get(str(kind), _pick_scenes)()
    except ZooscopeError as error:
        problem = str(error)
    if problem:
        (problems or st).warning(escape_markdown(problem), icon=":material/hide_image:")
    if chosen is not None:
        _describe(chosen)
    if chosen is not None or not problem:
        put_in_url(chosen.reference if chosen is not None else "")
    shown = LINKED.text(
        "Dataset ID", NAME, disabled=True,
        help="The name of this set in links. It changes when any of its pictures changes.",
    )  # fmt: skip
    open_address(shown)
    return chosen


def _follow(first: PictureSet) -> None:
    """Open the set that a link or the browser's Back names, or the first one."""
    LINKED.keep_assigned(NAME)
    state, linked = st.session_state, linked_reference()
    kind = _kind_of(first.reference)
    if linked and linked != state.get(WRITTEN):
        state[FIRST_KIND], state[WRITTEN] = "", linked
        _open(linked, first)
    elif "_set_kind" not in state or (state.get(FIRST_KIND) and state[FIRST_KIND] != kind):
        state[FIRST_KIND] = kind
        _open("", first)


def _choose() -> None:
    """Note that the visitor has chosen a set, which the networks do not change any more."""
    st.session_state[FIRST_KIND] = ""
    _set_problem("")


def _set_problem(problem: str) -> None:
    """Have the page say what is wrong with a link's set, until another is chosen."""
    st.session_state[PROBLEM] = problem


def _kind_of(reference: str, default: str = DRAWN) -> str:
    """Return the kind of the set with this reference; the default for a reference of no kind."""
    kinds = (kind for scheme, kind in KINDS.items() if reference.startswith(scheme))
    return next(kinds, default)


def _open(reference: str, first: PictureSet) -> None:
    """Set the widgets to what a link names."""
    state = st.session_state
    state["_set_kind"] = _kind_of(reference, _kind_of(first.reference))
    _set_problem("")
    found: PictureSet | None = None
    try:
        found = workbench().sets.find(reference) if reference else first
    except ZooscopeError as error:
        _set_problem(str(error))
    shown = found if isinstance(found, DrawnScenes) else scene_set()
    state["_set_classes"] = [] if shown.classes == scenes.CLASSES else list(shown.classes)
    state["_set_backgrounds"] = list(shown.backgrounds)
    state["_set_count"], state["_set_seed"] = shown.count, shown.seed
    if isinstance(found, SinglePictures):
        state["_set_linked"] = found.members
    if isinstance(found, Archive):
        upload_set.open_reference(reference)
    if state["_set_kind"] == FOLDER:
        state["_set_folder"] = folder.folder_name(reference)
        if variant := imagenette.variant_of(state["_set_folder"]):
            state["_set_kind"] = IMAGENETTE
            imagenette.open_variant(variant)


def _pick_scenes() -> PictureSet:
    left, right = st.columns(2)
    with left:
        classes = st.multiselect(
            "Classes", scenes.CLASSES, key="_set_classes", placeholder="All classes",
            persist_state="session", on_change=_choose,
        )  # fmt: skip
        count = st.number_input(
            "How many", 1, sets.MAX_PICTURES, key="_set_count", persist_state="session",
            on_change=_choose,
        )  # fmt: skip
    with right:
        backgrounds = st.multiselect(
            "Backgrounds", scenes.BACKGROUNDS, key="_set_backgrounds", placeholder="Random",
            persist_state="session", on_change=_choose,
        )  # fmt: skip
        seed = st.number_input(
            "Random seed", 0, MAX_SEED, key="_set_seed", persist_state="session",
            on_change=_choose, help="Another seed draws other scenes.",
        )  # fmt: skip
    return scene_set(int(count), int(seed), classes, backgrounds)


def _views() -> PictureSet:
    return workbench().sets.gallery_views


def _gallery() -> PictureSet:
    return workbench().sets.gallery


def _my_pictures() -> PictureSet | None:
    members = [*st.session_state.get("_set_linked", ()), *picture_sources.uploads()]
    if not members:
        st.info("Upload pictures in the sidebar one by one, or many at once under “Upload”.")
        return None
    return workbench().sets.single_pictures(members)


def _pick_folder() -> PictureSet | None:
    folders = workbench().sets.folders
    names = [name for name in folders.names if not imagenette.variant_of(name)]
    if not names:
        st.info("No folders configured. The server's setting ZOOSCOPE_PICTURES names them.")
        return None
    if st.session_state.get("_set_folder") not in names:
        st.session_state["_set_folder"] = names[0]
    name = st.selectbox(
        "Folder", names, key="_set_folder", persist_state="session", on_change=_choose
    )
    chosen = folders.get(name)
    if not chosen:
        st.info("This folder has no pictures.")
    return chosen or None


def _describe(chosen: PictureSet) -> None:
    """Say how many pictures there are, of which classes, and what is not among them."""
    labels = Counter(chosen.label(index) for index in range(len(chosen)))
    left_out = chosen.omitted_count if isinstance(chosen, Archive | Folder) else 0
    parts = [chosen.name, f"{len(chosen):,} pictures", f"{len(chosen.classes)} classes",
             f"{left_out:,} left out" if left_out else ""]  # fmt: skip
    st.caption(escape_markdown(" · ".join(filter(None, parts))))
    if chosen.classes:
        rows = [(label or "(none)", count) for label, count in sorted(labels.items())]
        _show_table("Class list", rows, ["class", "pictures"])
    if isinstance(chosen, Archive) and chosen.skipped:
        _show_table(f"{len(chosen.skipped):,} files skipped", chosen.skipped, ["file", "why"])


def _show_table(title: str, rows: Sequence[tuple[str, object]], columns: list[str]) -> None:
    with st.expander(title):
        st.dataframe(pd.DataFrame(rows, columns=columns), hide_index=True)


PANELS: Mapping[str, Callable[[], PictureSet | None]] = MappingProxyType(
    {
        VIEWS: _views,
        DRAWN: _pick_scenes,
        GALLERY: _gallery,
        MINE: _my_pictures,
        UPLOAD: upload_set.pick_upload,
        FOLDER: _pick_folder,
        IMAGENETTE: imagenette.pick_imagenette,
    }
)
# Kinds by the start of a reference.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        gallery_views.SCHEME: VIEWS,
        drawn_scenes.SCHEME: DRAWN,
        single_pictures.GALLERY: GALLERY,
        single_pictures.SCHEME: MINE,
        archive.SCHEME: UPLOAD,
        folder.SCHEME: FOLDER,
    }
)
