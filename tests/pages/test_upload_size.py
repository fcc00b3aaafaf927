"""The server accepts what the uploaders offer, and checks it outside the computing thread."""

import ast
import threading
import tomllib

import pytest
from streamlit.testing.v1 import AppTest

from core import images
from core.sets import SetLibrary, archive
from pages.parts.shared import picture_sources
from tests.conftest import PROJECT
from tests.pages.test_set_picker import app as app
from tests.pages.test_set_picker import open_picker, pick_kind, run_until_complete, zipped

MEGABYTE = 1_000_000


def server_limit() -> int:
    """Return the limit of the server's configuration, in MB."""
    config = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    return config["server"]["maxUploadSize"]


def test_the_uploader_of_sets_offers_what_server_and_core_accept(app: AppTest):
    pick_kind(open_picker(app), "Upload")
    (uploader,) = app.file_uploader
    assert uploader.proto.max_upload_size_mb * MEGABYTE == archive.MAX_UPLOAD
    # More, since the server counts the form around the file as well.
    assert server_limit() > uploader.proto.max_upload_size_mb


def test_the_uploader_of_pictures_offers_what_server_and_core_accept():
    assert picture_sources.MAX_UPLOAD_MB * MEGABYTE == images.MAX_BYTES
    assert server_limit() > picture_sources.MAX_UPLOAD_MB


def test_every_uploader_has_a_limit():
    calls = [
        node
        for path in (PROJECT / "pages").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "file_uploader"
    ]
    assert len(calls) >= 2
    for call in calls:
        assert "max_upload_size" in [keyword.arg for keyword in call.keywords]


def test_an_upload_is_checked_outside_the_computing_thread(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
):
    threads = []
    check = SetLibrary.add_archive_steps

    def recording_check(*arguments):
        threads.append(threading.current_thread().name)
        return check(*arguments)

    monkeypatch.setattr(SetLibrary, "add_archive_steps", recording_check)
    pick_kind(open_picker(app), "Upload")
    app.file_uploader[0].upload("mine.zip", zipped())
    run_until_complete(app)
    assert threads == ["engine-child"]
