"""Where a picture comes from: the gallery, the camera, an upload."""

from collections.abc import Callable

import streamlit as st
from PIL import Image

from core.gallery_photos import PHOTOS
from core.images import BadImage
from core.pictures import GALLERY_SCENES, SESSION_ROOM, photo, scene, scene_title
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.picture_titles import remember_name
from pages.parts.shared.session import discard_upload, session_id, uploaded_files, workbench

FILE_TYPES = ["jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff"]
MAX_UPLOAD_MB = 20

NUMBER_LOST = "_uploads_lost"

Choose = Callable[[str], None]


def uploads() -> list[str]:
    """Return the references of the pictures that this session has uploaded."""
    references: list[str] = st.session_state.setdefault("_uploads", [])
    return references


def drop_lost_uploads() -> None:
    """Take the pictures that the server no longer holds off this session's list, and count them."""
    held = [reference for reference in uploads() if workbench().pictures.holds(reference)]
    st.session_state.setdefault(NUMBER_LOST, 0)
    st.session_state[NUMBER_LOST] += len(uploads()) - len(held)
    uploads()[:] = held


def show(choose: Choose) -> None:
    """Show the buttons of the gallery and the camera, and the uploader.

    Args:
        choose: Takes the reference of the picture that the visitor chooses, in a callback.
    """
    with st.container(horizontal=True):
        if st.button("Gallery", icon=":material/photo_library:"):
            _show_gallery(choose)
        if st.button("Camera", icon=":material/photo_camera:"):
            _show_camera(choose)
    # A new key empties the uploader; to replace a file it would run the script twice.
    key = f"_upload_{st.session_state.setdefault('_upload_number', 0)}"
    st.file_uploader(
        "Upload a picture", type=FILE_TYPES, key=key, on_change=_upload, args=(key, choose),
        max_upload_size=MAX_UPLOAD_MB,
        help="Stays in the server's memory only, until you delete it or it has to make room.",
    )  # fmt: skip
    if problem := st.session_state.get("_upload_problem"):
        st.error(escape_markdown(problem), icon=":material/broken_image:")
    if number := st.session_state.get(NUMBER_LOST):
        _show_lost(number)


def _show_lost(number: int) -> None:
    """Say that the server had to forget some of this session's pictures."""
    lost = "the oldest of your pictures" if number == 1 else f"{number} of your oldest pictures"
    room = f"{SESSION_ROOM.bytes // 1_000_000} MB"
    st.info(
        f"The server had to forget {lost}: it keeps the latest {SESSION_ROOM.items} pictures of"
        f" each visitor, up to {room}, and fewer while it has many visitors. Upload again what you"
        " need.",
        icon=":material/hide_image:",
    )


@st.dialog("Gallery", width="large")
def _show_gallery(choose: Choose) -> None:
    photos_tab, scenes_tab = st.tabs(["Photographs", "Drawn scenes"])
    with photos_tab, st.grid(3, min_column_width=160) as grid:
        for name, entry in PHOTOS.items():
            with grid.cell():
                _show_tile(photo(name), entry.title, f"photo:{name}", choose)
    with scenes_tab, st.grid(4, min_column_width=120) as grid:
        for text in GALLERY_SCENES:
            with grid.cell():
                drawn = scene(text)
                title = scene_title(drawn).capitalize()
                _show_tile(drawn.image, title, f"scene:{text}", choose)


def _show_tile(img: Image.Image, title: str, reference: str, choose: Choose) -> None:
    st.image(img, alt=title, width="stretch", output_format="JPEG")
    if st.button(
        title, key=f"_gallery_{reference}", width="stretch", on_click=choose, args=(reference,)
    ):
        st.rerun()  # closes the dialog


@st.dialog("Camera")
def _show_camera(choose: Choose) -> None:
    key = "_camera"
    if st.camera_input("Take a picture", key=key, on_change=_upload, args=(key, choose)):
        st.rerun()  # closes the dialog


def _upload(key: str, choose: Choose) -> None:
    """Read what the uploader or the camera has, keep it in memory, and choose it."""
    files = uploaded_files(key)
    if not files:
        return
    st.session_state["_upload_problem"] = None
    st.session_state[NUMBER_LOST] = 0
    file = files[0]
    data = file.getvalue()
    discard_upload(file)
    try:
        reference = workbench().pictures.upload(data, session_id())
    except BadImage as error:
        st.session_state["_upload_problem"] = f"{file.name}: {error}"
        return
    finally:
        st.session_state["_upload_number"] += 1
    if reference not in uploads():
        uploads().append(reference)
    remember_name(reference, file.name)
    choose(reference)
