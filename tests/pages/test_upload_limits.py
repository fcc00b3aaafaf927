"""Uploaded files in the server's memory: a session can't push any number of them."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from streamlit import config
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.web.server.starlette.starlette_routes import create_upload_routes

from core.owned_cache import Room
from pages.parts.shared import upload_limits
from pages.parts.shared.upload_limits import limit_files
from tests.pages.test_sidebar_picture import open_app, picture_bytes

BODY = b"--x\r\nContent-Disposition: form-data; name=a; filename=a.png\r\n\r\n%b\r\n--x--\r\n"


@pytest.fixture
def files() -> MemoryUploadedFileManager:
    """A file manager with room for 100 bytes or 5 files of a session, and 150 bytes in all."""
    files = MemoryUploadedFileManager("/_stcore/upload_file")
    limit_files(files, Room(150), Room(100, 5))
    return files


def add(files: MemoryUploadedFileManager, session: str, name: str, size: int) -> None:
    files.add_file(session, UploadedFileRec(name, name, "image/png", b"x" * size))


def kept(files: MemoryUploadedFileManager, session: str) -> list[str]:
    return list(files.file_storage.get(session, {}))


@pytest.mark.parametrize(("size", "number"), [(30, 3), (0, 5)])
def test_a_session_s_files_are_limited_in_bytes_and_number(files, size: int, number: int):
    for index in range(number):
        add(files, "ada", f"{index}", size)
    with pytest.raises(HTTPException) as error:
        add(files, "ada", "one more", size)
    assert error.value.status_code == 413
    assert kept(files, "ada") == [f"{index}" for index in range(number)]
    files.remove_file("ada", "0")
    add(files, "ada", "one more", size)
    add(files, "bob", "his", size)


def test_a_file_that_is_sent_twice_takes_its_room_once(files):
    for _ in range(3):
        add(files, "ada", "large", 80)
    assert kept(files, "ada") == ["large"]


def test_the_session_that_uses_most_makes_room_for_others(files):
    for index in range(3):
        add(files, "eve", f"{index}", 30)
    add(files, "ada", "a", 30)
    add(files, "ada", "b", 30)
    assert kept(files, "ada") == ["a", "b"]
    add(files, "bob", "c", 20)
    assert kept(files, "eve") == ["1", "2"]
    with pytest.raises(HTTPException):
        add(files, "ada", "d", 40)
    assert kept(files, "ada") == ["a", "b"]


def put(app: Starlette, path: str, content: bytes) -> int:
    """Send a PUT request to an ASGI app, and return the status of its response."""
    scope = {
        "type": "http", "method": "PUT", "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": [(b"content-type", b"multipart/form-data; boundary=x")],
    }  # fmt: skip
    messages = [{"type": "http.request", "body": BODY % content, "more_body": False}]
    sent: list[dict] = []

    async def receive() -> dict:
        return messages.pop()

    async def send(message: dict) -> None:
        sent.append(message)

    # In a thread of its own: Playwright keeps an event loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, app(scope, receive, send)).result()
    return sent[0]["status"]


def test_the_server_refuses_files_that_no_widget_asked_for(files, monkeypatch):
    options = {"server.maxUploadSize": 1, "secrets.files": []}
    monkeypatch.setattr(config, "get_option", options.get)
    runtime = SimpleNamespace(is_active_session=lambda session: True)
    app = Starlette(routes=create_upload_routes(runtime, files, None))
    statuses = [put(app, f"/_stcore/upload_file/ada/{index}", b"x" * 40) for index in range(20)]
    assert statuses == [204] * 2 + [413] * 18


def test_every_session_of_the_app_has_these_limits(app, monkeypatch):
    managers: list[MemoryUploadedFileManager] = []
    monkeypatch.setattr(upload_limits, "limit_files", lambda files, room: managers.append(files))
    open_app(app)
    app.file_uploader[0].upload("mine.png", picture_bytes()).run()
    assert len(managers) == 1
