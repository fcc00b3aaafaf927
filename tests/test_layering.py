"""Who may import what, read off the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
CORE = sorted((PROJECT / "core").rglob("*.py"))
VIEW = [*sorted((PROJECT / "pages").rglob("*.py")), PROJECT / "streamlit_app.py"]
# Modules that run what they read.
PICKLES = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
IMPORTERS = {"import_module", "__import__", "find_spec", "importorskip"}


def imported(source: str) -> Iterator[str]:
    """The top-level name of every module that the source imports, wherever it does."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]
            case ast.Call(
                func=ast.Name(id=called) | ast.Attribute(attr=called),
                args=[ast.Constant(value=str(module)), *_],
            ) if called in IMPORTERS:
                yield module.partition(".")[0]


@pytest.mark.parametrize(
    "source",
    [
        "import torch",
        "import os, torch as t",
        "import torch.nn.functional as F",
        "from torch import nn",
        "from torch.nn import functional",
        "def later():\n    if True:\n        import torch",
        "try:\n    from torch import nn\nexcept ImportError:\n    pass",
        "import importlib\nimportlib.import_module('torch.nn')",
        "__import__('torch')",
    ],
)
def test_every_way_to_import_is_seen(source):
    assert "torch" in set(imported(source))


@pytest.mark.parametrize(
    "source", ["import torchvision", "from . import torch", "from core import torch", "torch = 1"]
)
def test_what_only_sounds_like_an_import_is_not(source):
    assert "torch" not in set(imported(source))


def assert_imports_none_of(path: Path, banned: set[str]) -> None:
    found = banned & set(imported(path.read_text(encoding="utf-8")))
    assert not found, f"{path.relative_to(PROJECT)} imports {', '.join(sorted(found))}"


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def test_there_is_something_to_look_at():
    assert {"core/images.py", "core/zoo/loading.py"} <= {name_of(path) for path in CORE}
    assert "streamlit_app.py" in {name_of(path) for path in VIEW}
    assert any(name_of(path).startswith("pages/") for path in VIEW)


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_the_core_knows_nothing_of_streamlit_and_the_pages(path):
    assert_imports_none_of(path, {"streamlit", "pages", "streamlit_app"})


@pytest.mark.parametrize("path", VIEW, ids=name_of)
def test_no_page_touches_a_tensor(path):
    assert_imports_none_of(path, {"torch"})


@pytest.mark.parametrize("path", [*CORE, *VIEW], ids=name_of)
def test_nothing_is_ever_unpickled(path):
    assert_imports_none_of(path, PICKLES)
