"""Settings of a hosted server: what is in force, and what a visitor sees of an exception."""

import json
import os
import subprocess
import sys

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from pages.parts.shared.frame import PAGES
from tests.conftest import PROJECT
from tests.pages.visit import LONGEST_WAIT

DETAILS = "client.showErrorDetails"
IN_FORCE = {
    DETAILS: "none",
    "runner.magicEnabled": False,
    "server.enableAgentApi": False,
    "server.enableCORS": True,
    "server.enableStaticServing": False,
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.maxMessageSize": 50,
}
# What the server asks, in the project's folder and without the settings of this environment.
ASK = """
import json, sys
from streamlit import config
print(json.dumps({name: config.get_option(name) for name in sys.argv[1:]}))
"""
SECRET = "/srv/zooscope/secret.safetensors"


def test_the_settings_for_hosting_are_in_force():
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")
    }
    run = subprocess.run(
        [sys.executable, "-c", ASK, *IN_FORCE],
        cwd=PROJECT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(run.stdout) == IN_FORCE


def failing() -> None:
    import streamlit as st

    st.title("Shown")
    try:
        open("/srv/zooscope/secret.safetensors")  # noqa: SIM115 - there is none
    except OSError as error:
        raise RuntimeError(f"no {error}") from error


def test_an_exception_shows_no_path_and_no_trace():
    app = AppTest.from_function(failing, default_timeout=LONGEST_WAIT).run()
    assert app.title[0].value == "Shown"
    (shown,) = app.exception
    assert "secret" not in str(shown.proto)
    assert "Traceback" not in str(shown.proto)
    assert not shown.proto.stack_trace
    assert str(PROJECT) not in str(shown.proto)
    assert "RuntimeError" not in str(shown.proto)


def test_false_means_none(app: AppTest, monkeypatch: pytest.MonkeyPatch):
    """Some hosts set the option to `false`, for which Streamlit would show a trace."""

    def fail() -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr("pages.parts.shared.sidebar.show", fail)
    before = config.get_option(DETAILS)
    config.set_option(DETAILS, False)
    try:
        (shown,) = app.run().exception
    finally:
        config.set_option(DETAILS, before)
    assert SECRET not in str(shown.proto)
    assert not shown.proto.stack_trace


@pytest.mark.parametrize("page", [entry[0] for entry in PAGES])
def test_no_page_needs_magic(app: AppTest, monkeypatch: pytest.MonkeyPatch, page: str):
    """Magic parses pages in threads, which CPython 3.11.7 cannot do reliably."""

    def refuse(code: str, path: str) -> None:
        raise AssertionError(path)

    monkeypatch.setattr("streamlit.runtime.scriptrunner.magic.add_magic", refuse)
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    assert app.title
