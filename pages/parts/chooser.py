"""The picture and the models that follow a user from page to page, and stand in the URL."""

import time
from collections.abc import Callable

import streamlit as st
from PIL import Image
from streamlit.typing import UploadedFile

from core.errors import ZooscopeError
from core.images import BadImage
from core.pictures import GALLERY_SCENES, PHOTOS, Picture, PictureForgotten, photo, scene
from core.scenes import BadScene
from core.zoo import Card, catalog
from pages.parts.session import asker, forget_file, workbench
from pages.parts.text import plain

MOST_MODELS = 4
# Seconds a request may be on its way.
ON_THE_WAY = 1.5
FIRST_PICTURE = "photo:chelsea"
FIRST_SCENE = f"scene:{GALLERY_SCENES[0]}"
# Small, of two families, for a machine on which there are no weights yet.
FIRST_MODELS = ("resnet18.a1_in1k", "mobilenetv3_small_100.lamb_in1k")
FILE_TYPES = ["jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff"]


def show() -> None:
    """The chooser, for the sidebar."""
    new = [_in_url("picture", _first_picture), _in_url("models", _first_models)]
    _show_picture()
    _show_models()
    if any(new):
        st.rerun()


def picture() -> Picture | None:
    """The chosen picture; where the server lacks it the page says so."""
    found = _find()
    if isinstance(found, Picture):
        return found
    st.warning(plain(found), icon=":material/hide_image:")
    return None


def models() -> dict[str, Card | ZooscopeError]:
    """The chosen models by name: each one's card, or why there is none."""
    found: dict[str, Card | ZooscopeError] = {}
    for name in st.session_state.models[:MOST_MODELS]:
        try:
            card = workbench().card(name)
            found[card.name] = card  # "resnet18" and its default tag are one
        except ZooscopeError as error:
            found[name] = error
    return found


def choose_models(names: list[str]) -> None:
    """Choose models, for callbacks."""
    assign("models", names[:MOST_MODELS])


def _find() -> Picture | ZooscopeError:
    try:
        return workbench().pictures.find(st.session_state.picture or FIRST_PICTURE)
    except (PictureForgotten, BadImage, BadScene) as error:
        return error


def _in_url(key: str, first: Callable[[], str | list[str]]) -> bool:
    """Have the value of a bound widget stand in the URL, also the first one; call it before.

    Streamlit leaves a widget's default out of the URL, and writes what code assigns only once the
    widget is there: hence the assignment at every run, and the second run of a new session.

    Returns:
        Whether the script has to run again.
    """
    if key in st.session_state:
        hold(key)
        st.session_state[key] = st.session_state[key]
        return False
    if key in st.query_params:
        return False
    st.session_state[key] = first()
    return True


def _first_picture() -> str:
    """A scene where the first model knows nothing else, else a photograph."""
    chosen = st.session_state.get("models") or st.query_params.get_all("models")
    name = (chosen or _first_models())[0]
    try:
        return FIRST_SCENE if workbench().card(name).knows_scenes_only else FIRST_PICTURE
    except ZooscopeError:
        return FIRST_PICTURE  # the page says what is wrong with the model


def _first_models() -> list[str]:
    table = catalog(workbench().settings)
    here = table[table["where"].isin(["bundled", "local", "cached"]) & (table["classes"] > 0)]
    return list(here["name"][:2]) or list(FIRST_MODELS)


def _show_picture() -> None:
    options = [f"scene:{text}" for text in GALLERY_SCENES] + [f"photo:{name}" for name in PHOTOS]
    options += st.session_state.setdefault("_uploads", [])
    # A link may hold a picture this session never saw, or that is no more: the page says so.
    linked = st.session_state.get("picture") or st.query_params.get("picture")
    if linked and linked not in options:
        options.append(linked)
    preview = st.container()
    st.selectbox("Picture", options, index=None, key="picture", bind="query-params")
    chosen = _find()
    if isinstance(chosen, ZooscopeError):
        preview.caption(":material/hide_image: This picture is not here.")
    else:
        preview.image(
            chosen.preview,
            caption=_caption(chosen),
            alt=chosen.title,
            width="stretch",
            output_format="JPEG",
        )
    with st.container(horizontal=True):
        if st.button("Gallery", icon=":material/photo_library:"):
            _gallery()
        if st.button("Camera", icon=":material/photo_camera:"):
            _camera()
    _show_upload()


def _caption(chosen: Picture) -> str:
    width, height = chosen.image.size
    return " · ".join(filter(None, [chosen.title, f"{width} × {height}", chosen.credit]))


def _show_upload() -> None:
    # A new key empties the uploader: to replace a file it would run the script twice.
    key = f"_upload_{st.session_state.setdefault('_taken', 0)}"
    st.file_uploader(
        "Upload a picture",
        type=FILE_TYPES,
        key=key,
        on_change=_take,
        args=(key,),
        max_upload_size=20,
        help="Stays in the server's memory only, until you forget it or it has to make room.",
    )
    if problem := st.session_state.get("_problem"):
        st.error(plain(problem), icon=":material/broken_image:")
    if st.session_state._uploads or str(st.session_state.picture).startswith("upload:"):
        st.button(
            "Forget my pictures",
            icon=":material/delete:",
            on_click=_forget,
            help="Takes the pictures you gave, and the one shown, out of the server's memory.",
        )


def _show_models() -> None:
    table = catalog(workbench().settings)
    # Half the names are of untrained networks; the list is felt at every run.
    options = list(table["name"][~table["where"].isin(["untrained", "refused"])])
    linked = st.session_state.get("models") or st.query_params.get_all("models")
    options += [name for name in linked if name not in options]
    st.multiselect(
        "Models, up to four",
        options,
        key="models",
        bind="query-params",
        max_selections=MOST_MODELS,
        placeholder="Type a name: resnet, mobilenet …",
        help="The Models page lists all of them with sizes and families, untrained ones too.",
    )


@st.dialog("Gallery", width="large")
def _gallery() -> None:
    drawn, taken = st.tabs(["Drawn scenes", "Photographs"])
    with drawn, st.grid(4, min_column_width=120) as grid:
        for text in GALLERY_SCENES:
            with grid.cell():
                found = scene(text)
                _show_tile(found.image, found.factors.class_.capitalize(), f"scene:{text}")
    with taken, st.grid(3, min_column_width=160) as grid:
        for name, entry in PHOTOS.items():
            with grid.cell():
                _show_tile(photo(name), entry.title, f"photo:{name}")


def _show_tile(img: Image.Image, title: str, reference: str) -> None:
    st.image(img, alt=title, width="stretch", output_format="JPEG")
    if st.button(
        title,
        key=f"_gallery_{reference}",
        width="stretch",
        on_click=choose_picture,
        args=(reference,),
    ):
        st.rerun()  # closes the dialog


@st.dialog("Camera")
def _camera() -> None:
    if st.camera_input("Take a picture", key="_camera", on_change=_take, args=("_camera",)):
        st.rerun()  # closes the dialog


def choose_picture(reference: str) -> None:
    """Choose a picture, for callbacks."""
    assign("picture", reference)


def assign(key: str, value: str | list[str]) -> None:
    """Set a widget's value, from a callback. See `hold`."""
    st.session_state[f"_assigned_{key}"] = (st.session_state.get(key), value, time.monotonic())
    st.session_state[key] = value


def hold(key: str) -> None:
    """Keep an assigned value against requests that were on their way when it was assigned.

    A page that shows progress asks the server every few moments, and each time the browser sends
    what its widgets hold: just after an assignment that is the value before it.
    """
    before, value, when = st.session_state.get(f"_assigned_{key}", (None, None, 0.0))
    if time.monotonic() - when < ON_THE_WAY and st.session_state.get(key) == before:
        st.session_state[key] = value


def _take(key: str) -> None:
    """Take in what the uploader or the camera holds."""
    given: UploadedFile | None = st.session_state[key]
    st.session_state._problem = None
    if given is None:
        return
    data = given.getvalue()
    forget_file(given)
    try:
        reference = workbench().pictures.upload(data, asker())
    except BadImage as error:
        st.session_state._problem = f"{given.name}: {error}"
        return
    finally:
        st.session_state._taken += 1
    if reference not in st.session_state._uploads:
        st.session_state._uploads.append(reference)
    choose_picture(reference)


def _forget() -> None:
    workbench().pictures.forget(asker(), st.session_state.picture or "")
    workbench().sets.forget(asker())
    st.session_state._uploads = []
    st.session_state.pop("_crops", None)
    choose_picture(_first_picture())
