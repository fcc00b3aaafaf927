"""The app under test: in this process (AppTest), and as a server that a browser opens."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.conftest import PROJECT

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture
def app(made_models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The app, from its entry file, with no models but two small ones in a folder; not run yet."""
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(made_models))
    monkeypatch.chdir(PROJECT)
    st.cache_resource.clear()
    yield AppTest.from_file(str(PROJECT / "streamlit_app.py"), default_timeout=60)
    st.cache_resource.clear()


def settled(app: AppTest) -> AppTest:
    """Run the page again, as its progress does, until all is there."""
    until = time.monotonic() + 60
    while (app.run().get("progress") or app.get("skeleton")) and time.monotonic() < until:
        assert not app.exception, app.exception
    assert not app.exception, app.exception
    assert not app.get("progress")
    return app


def links(app: AppTest) -> list[str]:
    """What the links to pages say."""
    return [link.proto.label.replace("\\", "") for link in app.get("page_link")]


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Starts the app as a server of its own and gives its address."""
    servers: list[subprocess.Popen] = []

    def start(models: Path) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {
            **os.environ,
            "ZOOSCOPE_MODELS": str(models),
            "ZOOSCOPE_STORE": str(tmp_path_factory.mktemp("store")),
            "HF_HUB_CACHE": str(tmp_path_factory.mktemp("hub")),
            "HF_ENDPOINT": "http://127.0.0.1:9",
        }
        log = (tmp_path_factory.mktemp("server") / "log").open("w")
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py",
                   "--server.headless=true", "--server.address=127.0.0.1",
                   f"--server.port={port}", "--server.fileWatcherType=none"]  # fmt: skip
        server = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=log)
        servers.append(server)
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/_stcore/health", server)
        return address

    yield start
    for server in servers:
        server.terminate()
        server.wait(20)


def _wait_for(url: str, server: subprocess.Popen) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("the server did not come up")


@pytest.fixture(scope="session")
def browser():
    """Chromium. Where it is missing: a skip, or a failure if ZOOSCOPE_REQUIRE_BROWSER is set."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        if os.environ.get("ZOOSCOPE_REQUIRE_BROWSER"):
            pytest.fail("the browser tests need Debian's package chromium")
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()
