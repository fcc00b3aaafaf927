"""Set-up of all tests: run-time shape checks, isolated settings, real models and photographs."""

import os

# Several workers (`pytest -n 2`) share the cores; otherwise their torch threads would wait for each
# other. Servers and child processes inherit the variable. torch reads it when it is imported.
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
if WORKERS > 1:
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // WORKERS)))
# What `core` sets when it is imported. The process that starts the workers must not hand it on.
OPENMP = ("OMP_NUM_THREADS", "GOMP_SPINCOUNT")
GIVEN = {name: os.environ[name] for name in OPENMP if name in os.environ}

from jaxtyping import install_import_hook  # noqa: E402

import tests.checker  # noqa: E402, F401 - the hook finds it by name

# Checks annotated types and shapes at every call; must come before any import of core.
install_import_hook("core", "tests.checker.checked")

from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import pytest  # noqa: E402
import timm  # noqa: E402
import torch  # noqa: E402
from PIL import Image  # noqa: E402
from timm.models import save_for_hf  # noqa: E402

from core import images, zoo  # noqa: E402
from core.settings import BUNDLED, Settings  # noqa: E402
from core.zoo.installed import PACKAGES  # noqa: E402

if "PYTEST_XDIST_WORKER" not in os.environ:
    for name in OPENMP:
        os.environ.pop(name, None)
    os.environ.update(GIVEN)

PROJECT = Path(__file__).resolve().parent.parent
SHARED = PROJECT.parent / "shared"


@pytest.fixture(autouse=True)
def _isolated_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory):
    """Hide the user's settings and caches, bundled and installed models, and the real hub."""
    for name in (
        "MODELS",
        "PICTURES",
        "STORE",
        "ENGINE",
        "DEVICE",
        "MEMORY_MB",
        "STORE_MB",
        "DOWNLOAD_MB",
    ):
        monkeypatch.delenv(f"ZOOSCOPE_{name}", raising=False)
    monkeypatch.setenv("ZOOSCOPE_STORE", str(tmp_path_factory.mktemp("store")))
    monkeypatch.setenv("ZOOSCOPE_SETS", str(tmp_path_factory.mktemp("sets")))
    monkeypatch.setenv("ZOOSCOPE_NETWORKS", str(tmp_path_factory.getbasetemp() / "networks"))
    monkeypatch.setenv("ZOOSCOPE_RUNS", str(tmp_path_factory.getbasetemp() / "runs"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path_factory.mktemp("hub")))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # no server listens on the discard port
    monkeypatch.setattr("core.zoo.card.BUNDLED", tmp_path_factory.getbasetemp() / "no weights")
    monkeypatch.setattr("core.zoo.installed.PACKAGES", {})


@pytest.fixture
def installed(_isolated_settings, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Make the networks of installed packages available as in the app, and return their names.

    Each is converted once in a session of tests, where a test loads it.
    """
    monkeypatch.setattr("core.zoo.installed.PACKAGES", PACKAGES)
    return [f"installed/{name}" for name in PACKAGES]


@pytest.fixture
def bundled(_isolated_settings, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Make the bundled networks available as in the app, and return their names."""
    monkeypatch.setattr("core.zoo.card.BUNDLED", BUNDLED)
    names = sorted(folder.name for folder in BUNDLED.iterdir()) if BUNDLED.is_dir() else []
    return [f"bundled/{name}" for name in names]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(store=str(tmp_path / "results"))


@pytest.fixture(scope="session")
def shared_models() -> Path:
    folder = SHARED / "models"
    if not folder.is_dir():
        pytest.skip("the real weights in ../shared/models are missing")
    return folder


@pytest.fixture(scope="session")
def shared_photos() -> Path:
    folder = SHARED / "photos"
    if not folder.is_dir():
        pytest.skip("the photographs in ../shared/photos are missing")
    return folder


@pytest.fixture(scope="session")
def small_model() -> zoo.Model:
    """A small untrained CNN, for tests that need no trained weights."""
    return zoo.load("untrained/test_resnet")


@pytest.fixture
def noise() -> Image.Image:
    """A picture of coloured noise, 40 × 30 pixels."""
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    return images.read(images.png(Image.fromarray(pixels)))


@pytest.fixture(autouse=True)
def _same_random_numbers():
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def made_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two small models in timm's hub layout, with random weights."""
    folder = tmp_path_factory.mktemp("models")
    for seed, architecture in enumerate(["test_resnet", "test_efficientnet"]):
        torch.manual_seed(seed)
        net = timm.create_model(architecture)
        save_for_hf(net, folder / architecture, safe_serialization=True)
    return folder
