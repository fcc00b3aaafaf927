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
from contextlib import suppress
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from core.settings import BadSetting
from core.visualize import Quality
from core.workbench import Workbench
from pages.parts.shared.session import workbench
from tests.conftest import PROJECT
from tests.pages.visit import LONGEST_WAIT

# Seconds that a page waits for results in a test.
RESULT_PATIENCE = 3.0
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def new_session() -> AppTest:
    """Return the app in a session of its own, on the page Predict, not run yet.

    The first page, Overview, computes more than most tests need.
    """
    app = AppTest.from_file(str(PROJECT / "streamlit_app.py"), default_timeout=LONGEST_WAIT)
    return app.switch_page("pages/predict.py")


@pytest.fixture
def quick_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pictures of units, and few reference scenes; tests of `core` check the real ones."""
    for kind in ("UNITS", "FIRST_LAYERS", "CLASSES"):
        monkeypatch.setattr(f"core.visualize.quality.{kind}", Quality(size=24, steps=4))
    monkeypatch.setattr("core.dissect.reference_scenes.COUNT", 56)
    monkeypatch.setattr("core.compare.backbones.REPEATS", 3)


@pytest.fixture
def few_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page wait for its results instead of running again and again until they are there.

    Streamlit would also read the metadata of all installed packages for every `AppTest`, in search
    of components; the app uses none of a package.
    """
    wait = Workbench.wait

    def wait_longer(bench, recipes, requester, seconds):
        return wait(bench, recipes, requester, max(seconds, RESULT_PATIENCE))

    monkeypatch.setattr(Workbench, "wait", wait_longer)
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", list)


@pytest.fixture
def app(
    quick_results: None, few_runs: None, made_models: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AppTest]:
    """The app with no models but two small ones in a folder; not run yet."""
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(made_models))
    monkeypatch.chdir(PROJECT)
    st.cache_resource.clear()
    yield new_session()
    with suppress(BadSetting):
        workbench().close()
    st.cache_resource.clear()


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Return a function that starts the app as a new server and returns its address."""
    servers: list[subprocess.Popen] = []

    def start(models: Path) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {
            **os.environ,
            "ZOOSCOPE_MODELS": str(models),
            "ZOOSCOPE_STORE": str(tmp_path_factory.mktemp("store")),
            "ZOOSCOPE_RUNS": str(tmp_path_factory.mktemp("runs")),
            "ZOOSCOPE_NETWORKS": str(tmp_path_factory.getbasetemp() / "networks"),
            "HF_HUB_CACHE": str(tmp_path_factory.mktemp("hub")),
            "HF_ENDPOINT": "http://127.0.0.1:9",
        }
        log = (tmp_path_factory.mktemp("server") / "log").open("w")
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py",
                   "--server.headless=true", "--server.address=127.0.0.1",
                   f"--server.port={port}"]  # fmt: skip
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


@pytest.fixture(scope="session")
def real_app(serve: Callable[..., str], shared_models: Path) -> str:
    """Return the address of a server that has the real weights; all journeys share it."""
    return serve(shared_models)


@pytest.fixture(scope="session")
def small_app(serve: Callable[..., str], made_models: Path) -> str:
    """Return the address of a server that has two small networks, and the bundled ones."""
    return serve(made_models)


@pytest.fixture
def new_page(browser) -> Iterator[Callable]:
    """Return a function that opens a page in a new session.

    At the end the test fails where JavaScript threw an error, or a page shows an exception.
    """
    contexts, errors = [], []

    def open_page(**options):
        options = {"viewport": {"width": 1400, "height": 1000}, **options}
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(1000 * LONGEST_WAIT)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        for page in context.pages:
            errors += page.locator("[data-testid=stException]").all_inner_texts()
        context.close()
    assert not errors
