"""The sidebar: the networks and the picture, which follow the visitor to every page."""

from collections.abc import Callable

import streamlit as st

from core.errors import ZooscopeError
from core.images import BadImage
from core.pictures import Picture, PictureForgotten
from core.scenes import BadScene
from core.zoo import Card, catalog, refused_folders
from pages.parts.sets import upload_set
from pages.parts.shared import network_chooser, own_networks, picture_chooser, picture_sources
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.picture_titles import with_title
from pages.parts.shared.session import session_id, workbench
from pages.parts.shared.start_choice import FIRST_PICTURE, first_models, first_picture

MAX_MODELS = 4
# Key of the choosers' container, by which the browser finds it.
CHOOSERS = "choosers"
LINKED = Linked()


def show() -> None:
    """Show the choosers of the networks and the picture."""
    picture_sources.drop_lost_uploads()
    new = [_put_in_url("picture", _first_picture), _put_in_url("models", first_models)]
    choosers = st.container(key=CHOOSERS)
    _show_references()
    with choosers:
        table = catalog(workbench().settings, own_networks.names())
        network_chooser.show(models(), table, MAX_MODELS, choose_models)
        _show_refused()
        picture_chooser.show(
            _find_picture(), picture_reference(), choose_picture,
            _delete_uploads,
        )  # fmt: skip
    if any(new) or any([_was_reset("picture"), _was_reset("models")]):
        st.rerun()


def picture() -> Picture | None:
    """Return the chosen picture; where the server does not have it, the page says so."""
    chosen = _find_picture()
    if isinstance(chosen, Picture):
        return chosen
    st.warning(escape_markdown(chosen), icon=":material/hide_image:")
    return None


def picture_reference() -> str:
    """Return the reference of the chosen picture, whether the server has it or not."""
    return st.session_state.picture or FIRST_PICTURE


def picture_title() -> str:
    """Return the title of the chosen picture."""
    chosen = _find_picture()
    return chosen.title if isinstance(chosen, Picture) else "Image unavailable"


def models() -> dict[str, Card | ZooscopeError]:
    """Return the chosen networks by name: the card of each, or why there is none."""
    cards: dict[str, Card | ZooscopeError] = {}
    for name in st.session_state.models[:MAX_MODELS]:
        try:
            card = workbench().card(name)
            cards[card.name] = card  # "resnet18" and its default tag are the same network
        except ZooscopeError as error:
            cards[name] = error
    return cards


def choose_picture(reference: str) -> None:
    """Choose a picture, in a callback."""
    _assign("picture", reference)


def add_models(names: list[str]) -> None:
    """Choose networks besides the chosen ones, in a callback; the last of those make room."""
    others = [name for name in models() if name not in names]
    choose_models([*others[: MAX_MODELS - len(names)], *names])


def choose_models(names: list[str]) -> None:
    """Choose networks, in a callback."""
    _assign("models", names[:MAX_MODELS])


def _find_picture() -> Picture | ZooscopeError:
    try:
        found = workbench().pictures.find(picture_reference())
        return with_title(found)
    except (PictureForgotten, BadImage, BadScene) as error:
        return error


def _assign(name: str, value: str | list[str]) -> None:
    LINKED.assign(name, value)
    st.session_state[f"_kept_{name}"] = value


def _put_in_url(name: str, first: Callable[[], str | list[str]]) -> bool:
    """Have the value of a widget in the URL, also the first one; called before the widget is made.

    Streamlit leaves a widget's default out of the URL, and writes a value that code assigns only
    once the widget exists: hence the assignment in every run, and the second run of a new session.
    An empty value is a choice only where `_assign` made it; see `_was_reset`.

    Returns:
        Whether the script has to run again.
    """
    kept = st.session_state.get(f"_kept_{name}")
    if name in st.session_state:
        LINKED.keep_assigned(name)
        value = st.session_state[name] or kept or st.session_state[name]
        st.session_state[name] = st.session_state[f"_kept_{name}"] = value
        return False
    if name in st.query_params:
        return False
    st.session_state[name] = first() if kept is None else kept
    return True


def _was_reset(name: str) -> bool:
    """Return whether Streamlit has just reset a widget; the next run restores its value.

    It does that where Back or Forward leads to an address that does not have the parameter.
    """
    return not st.session_state[name] and bool(st.session_state.get(f"_kept_{name}"))


def _first_picture() -> str:
    return first_picture(st.session_state.get("models") or st.query_params.get_all("models"))


def _show_references() -> None:
    """Show the widgets whose values the URL holds: references, not titles.

    Streamlit puts into the URL what a widget shows, so a widget that shows titles can't be the
    linked one. In a closed popover the browser does not draw them.
    """
    linked = st.session_state.get("picture") or st.query_params.get("picture")
    names = st.session_state.get("models") or st.query_params.get_all("models")
    with st.popover("References", icon=":material/link:", type="tertiary"):
        st.caption("Links and scripts call the picture and the networks by these references.")
        st.selectbox(
            "Picture", picture_chooser.references(linked), index=None, key="picture",
            bind="query-params",
        )  # fmt: skip
        st.multiselect(
            "Networks", list(dict.fromkeys(names)), key="models", bind="query-params",
            max_selections=MAX_MODELS, select_all=False,
        )  # fmt: skip


def _show_refused() -> None:
    refused = len(refused_folders(workbench().settings))
    if refused:
        st.caption(
            f":material/folder_off: {refused} model folder{'s' * (refused > 1)} can't be opened;"
            " the Models page says why."
        )


def _delete_uploads() -> None:
    workbench().pictures.forget(session_id(), st.session_state.picture or "")
    upload_set.delete_runs()
    workbench().sets.forget(session_id())
    picture_sources.uploads().clear()
    st.session_state.pop("_crops", None)
    choose_picture(_first_picture())
