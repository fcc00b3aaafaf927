"""The picture in the sidebar: uploads, deleting them, and links to pictures."""

import math
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import images
from core.owned_cache import Room
from pages.parts.shared import picture_sources
from pages.parts.shared.session import workbench
from tests.pages.conftest import new_session
from tests.pages.visit import (
    button_labels,
    click,
    run_until_complete,
    texts,
)


def open_app(app: AppTest, **parameters: str | list[str]) -> AppTest:
    """Open the landing page by a link, and wait for its results."""
    for name, value in parameters.items():
        app.query_params[name] = value
    return run_until_complete(app)


def picture_bytes(seed: int = 0, kind: str = "PNG") -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (60, 80, 3), np.uint8)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def test_an_upload_becomes_the_picture(app):
    open_app(app)
    app.file_uploader[0].upload("mine.png", picture_bytes()).run()
    assert app.session_state["picture"].startswith("upload:")
    assert not app.error


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.png", b""),
        ("text.png", b"not a picture at all"),
        ("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("cut.jpg", picture_bytes(kind="JPEG")[:900]),
    ],
)
def test_a_bad_upload_shows_an_error_and_keeps_the_picture(app, name, data):
    open_app(app)
    app.file_uploader[0].upload(name, data).run()
    assert not app.exception
    assert name in app.error[0].value
    assert "JPEG, PNG" in app.error[0].value
    assert app.session_state["picture"] == "photo:chelsea"
    assert len(app.get("plotly_chart")) == 2


def test_a_link_to_a_deleted_picture_shows_a_warning(app):
    open_app(app, picture="upload:0123456789abcdef")
    assert texts(app).count("no longer holds") == 1
    assert not app.get("plotly_chart")


def test_deleted_uploads_are_gone_for_other_sessions_too(app):
    open_app(app)
    app.file_uploader[0].upload("mine.png", picture_bytes()).run()
    mine = app.session_state["picture"]
    click(app, "Delete my images")
    assert app.session_state["picture"] == "photo:chelsea"
    assert "Delete my images" not in button_labels(app)
    stranger = new_session()
    assert "no longer holds" in texts(open_app(stranger, picture=mine))


def test_picture_ids_do_not_depend_on_the_file_format(app):
    png = images.picture_id(images.read(picture_bytes(kind="PNG")))
    bmp = images.picture_id(images.read(picture_bytes(kind="BMP")))
    assert png == bmp


def test_streamlit_keeps_no_copy_of_an_upload(app, monkeypatch):
    removed = []
    monkeypatch.setattr(
        "streamlit.runtime.memory_uploaded_file_manager.MemoryUploadedFileManager.remove_file",
        lambda self, session, file: removed.append(file),
    )
    open_app(app)
    app.file_uploader[0].upload("mine.png", picture_bytes()).run()
    assert len(removed) == 1


def test_a_repeated_request_with_a_file_that_was_read_already_changes_nothing(app, monkeypatch):
    open_app(app)
    monkeypatch.setattr(
        "streamlit.runtime.memory_uploaded_file_manager.MemoryUploadedFileManager.get_files",
        lambda *_, **__: [],
    )
    app.file_uploader[0].upload("mine.png", picture_bytes()).run()
    assert not app.exception
    assert app.session_state["picture"] == "photo:chelsea"


def test_an_upload_can_be_deleted_after_a_reload(app):
    open_app(app)
    app.file_uploader[0].upload("mine.png", picture_bytes()).run()
    mine = app.session_state["picture"]
    reloaded = new_session()
    open_app(reloaded, picture=mine)
    click(reloaded, "Delete my images")
    stranger = new_session()
    assert "no longer holds" in texts(open_app(stranger, picture=mine))


def test_a_request_in_transit_does_not_undo_an_upload(app, monkeypatch):
    monkeypatch.setattr("pages.parts.shared.linked_state.IN_TRANSIT", math.inf)
    open_app(app, picture="photo:coffee")
    app.file_uploader[0].upload("mine.png", picture_bytes()).run()
    mine = app.session_state["picture"]
    app.selectbox(key="picture").select("photo:coffee").run()  # what the browser had before
    assert app.session_state["picture"] == mine
    app.selectbox(key="_picture").select("photo:coffee").run()
    assert app.session_state["picture"] == mine
    monkeypatch.setattr("pages.parts.shared.linked_state.IN_TRANSIT", 0.0)
    app.selectbox(key="picture").select("photo:coffee").run()  # what the visitor chose later
    assert app.session_state["picture"] == "photo:coffee"


def test_the_page_says_which_uploads_had_to_make_room(app, monkeypatch):
    room = Room(128_000_000, items=2)
    monkeypatch.setattr(picture_sources, "SESSION_ROOM", room)
    open_app(app)
    monkeypatch.setattr(workbench().pictures._uploads, "_room_of_owner", room)
    references = []
    for seed in range(2):
        app.file_uploader[0].upload("mine.png", picture_bytes(seed)).run()
        references.append(app.session_state["picture"])
    assert "had to forget" not in texts(app)
    app.file_uploader[0].upload("mine.png", picture_bytes(2)).run()
    assert "had to forget the oldest of your pictures" in texts(app)
    assert "latest 2 pictures" in texts(app)
    assert references[0] not in app.selectbox(key="picture").options
    assert references[1] in app.selectbox(key="picture").options
    app.file_uploader[0].upload("mine.png", picture_bytes(2)).run()
    assert "had to forget" not in texts(app)


def titles(app: AppTest) -> list[str]:
    """Return what the visible chooser of the picture shows."""
    return app.selectbox(key="_picture").options


def test_pictures_are_chosen_by_their_titles(app):
    open_app(app)
    assert {"Chelsea the cat", "Drawn wolf on snow"} <= set(titles(app))
    assert not any(":" in title for title in titles(app))
    app.selectbox(key="_picture").select("photo:coffee").run()
    assert app.session_state["picture"] == "photo:coffee"


def test_equal_titles_are_told_apart(app):
    open_app(app, picture="scene:wolf~8~background=snow")
    assert {"Drawn wolf on snow", "Drawn wolf on snow (2)"} <= set(titles(app))
    assert app.selectbox(key="_picture").value == "scene:wolf~8~background=snow"


def test_an_upload_is_called_by_its_files_name_in_its_session_only(app):
    open_app(app)
    name = "[mine](//nasty.org) *1*.png"
    app.file_uploader[0].upload(name, picture_bytes()).run()
    assert name in titles(app)
    mine = app.session_state["picture"]
    stranger = open_app(new_session(), picture=mine)
    assert name not in titles(stranger)
    assert "Your picture" in titles(stranger)
