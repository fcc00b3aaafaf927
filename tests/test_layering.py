"""Rules of the architecture, checked in the source: imports, stored results, names and lengths."""

import ast
import graphlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
CORE = sorted((PROJECT / "core").rglob("*.py"))
PAGES = [*sorted((PROJECT / "pages").rglob("*.py")), PROJECT / "streamlit_app.py"]

# The modules of core from the bottom up: a module imports only from its own level and lower ones.
LEVELS: tuple[tuple[str, ...], ...] = (
    ("arguments", "atomic_file", "blocks", "child_process", "decoding", "errors", "file_kinds",
     "float64", "gallery_cache", "gallery_photos", "glossary", "heatmap", "hooks", "host_memory",
     "images", "intervals", "layer_axes", "layer_places", "layer_tracing", "layers", "memory",
     "mps", "openmp", "options", "owned_cache", "pickled_weights", "picture_scan", "settings",
     "stage_ends", "steps", "textbook", "threads", "timm_import", "torch_compiler"),
    ("zoo", "probe", "layer_info"),
    ("batched_reading", "pictures", "scenes", "sets"),
    ("compare", "dissect", "embed", "predict", "saliency", "train_lab",
     "training", "visualize"),
    ("corruptions", "interventions"),
    ("figures", "workbench"),
)  # fmt: skip
# Modules that execute code from the data they load.
PICKLES = ("pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal")
# What modules that can unpickle have besides.
HARMLESS = ("joblib.cpu_count",)
IMPORT_FUNCTIONS = {"import_module", "__import__", "find_spec", "importorskip"}
# A stored result, and its attributes: only a task knows the names of its arrays.
STORED_RESULT = "StoredResult"
STORED_ATTRIBUTES = {"arrays", "record"}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "misc", "common"}
MAX_LINES = 300


def imported_names(source: str) -> Iterator[str]:
    """Yield the dotted name of everything that the source imports, at any depth.

    Imports in functions and under TYPE_CHECKING count too.
    """
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=aliases):
                yield from (alias.name for alias in aliases)
            case ast.ImportFrom(module=str(module), names=aliases, level=0):
                yield from (f"{module}.{alias.name}" for alias in aliases)
            case ast.Call(
                func=ast.Name(id=function) | ast.Attribute(attr=function),
                args=[ast.Constant(value=str(module)), *_],
            ) if function in IMPORT_FUNCTIONS:
                yield module


def is_within(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


def stored_result_uses(source: str) -> set[str]:
    """Return what a source uses of stored results: the class, or attributes with their arrays."""
    nodes = list(ast.walk(ast.parse(source)))
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    imported = {name.rpartition(".")[2] for name in imported_names(source)}
    return (attributes & STORED_ATTRIBUTES) | ({STORED_RESULT} & (attributes | names | imported))


def import_circle(imports: dict[str, set[str]]) -> Sequence[str]:
    """Return the modules of a circle among these imports, or nothing."""
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as error:
        circle: Sequence[str] = error.args[1]
        return circle
    return ()


@cache
def imports_of(path: Path) -> frozenset[str]:
    return frozenset(imported_names(path.read_text(encoding="utf-8")))


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")


def assert_imports_none_of(path: Path, banned: Sequence[str]) -> None:
    names = imports_of(path) - set(HARMLESS)
    violations = [name for name in names if any(is_within(name, to) for to in banned)]
    assert not violations, f"{name_of(path)} imports {', '.join(sorted(violations))}"


@pytest.mark.parametrize(
    "source",
    [
        "import torch",
        "import os, torch as t",
        "import torch.nn.functional as F",
        "from torch import nn",
        "from torch.nn import functional",
        "def later():\n    if True:\n        import torch",
        "if TYPE_CHECKING:\n    from torch import Tensor",
        "try:\n    from torch import nn\nexcept ImportError:\n    pass",
        "import importlib\nimportlib.import_module('torch.nn')",
        "__import__('torch')",
    ],
)
def test_every_kind_of_import_is_found(source):
    assert any(is_within(name, "torch") for name in imported_names(source))


@pytest.mark.parametrize(
    "source", ["import torchvision", "from . import torch", "from core import torch", "torch = 1"]
)
def test_similar_names_are_not_imports(source):
    assert not any(is_within(name, "torch") for name in imported_names(source))


@pytest.mark.parametrize(
    "source",
    [
        "stored.arrays['logits']",
        "answer.result.record['seconds']",
        "arrays = stored.arrays",
        "from core.workbench.recipes import Recipe, StoredResult",
        "recipes.StoredResult({})",
    ],
)
def test_every_use_of_a_stored_result_is_found(source):
    assert stored_result_uses(source)


def test_other_attributes_are_not_uses_of_a_stored_result():
    assert not stored_result_uses("result.logits[0]; arrays['a']; record.name; Result()")


def test_a_circle_is_found():
    assert set(import_circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})) == {"a", "b", "c"}
    assert not import_circle({"a": {"b", "c"}, "b": {"c"}, "c": set()})


def test_the_rules_cover_core_and_pages():
    assert {"core/images.py", "core/zoo/loading.py"} <= {name_of(path) for path in CORE}
    assert "streamlit_app.py" in {name_of(path) for path in PAGES}
    assert any(name_of(path).startswith("pages/") for path in PAGES)


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_core_imports_neither_streamlit_nor_pages(path):
    assert_imports_none_of(path, ("streamlit", "pages", "streamlit_app"))


def test_every_module_of_core_has_a_level():
    modules = {path.relative_to(PROJECT).parts[1].removesuffix(".py") for path in CORE}
    listed = [module for level in LEVELS for module in level]
    assert sorted(listed) == sorted(modules - {"__init__"}), "add new modules to LEVELS"


@pytest.mark.parametrize("level", range(len(LEVELS)))
def test_imports_in_core_point_down(level):
    higher = [f"core.{module}" for modules in LEVELS[level + 1 :] for module in modules]
    for module in LEVELS[level]:
        for path in CORE:
            if is_within(module_of(path), f"core.{module}"):
                assert_imports_none_of(path, higher)


def test_figures_do_not_import_the_workbench_nor_the_workbench_figures():
    for path in CORE:
        if is_within(module_of(path), "core.figures"):
            assert_imports_none_of(path, ("core.workbench",))
        if is_within(module_of(path), "core.workbench"):
            assert_imports_none_of(path, ("core.figures",))


def test_no_modules_import_each_other_in_a_circle():
    modules = {module_of(path): path for path in (*CORE, *PAGES)}

    def imported_module(name: str) -> str:
        while name and name not in modules:
            name = name.rpartition(".")[0]
        return name

    imports = {
        module: {imported_module(name) for name in imports_of(path)} - {"", module}
        for module, path in modules.items()
    }
    assert any(imports.values())
    circle = import_circle(imports)
    assert not circle, " imports ".join(circle)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_no_page_imports_torch(path):
    assert_imports_none_of(path, ("torch",))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_no_page_reads_a_stored_result(path):
    """Pages use the values that the tasks' readers return."""
    uses = stored_result_uses(path.read_text(encoding="utf-8"))
    assert not uses, f"{name_of(path)} uses {', '.join(sorted(uses))}"


@pytest.mark.parametrize("path", [*CORE, *PAGES], ids=name_of)
def test_no_module_unpickles_data(path):
    assert_imports_none_of(path, PICKLES)


def pickle_readers(source: str) -> list[ast.Call]:
    """Return the calls of torch's function that reads pickled files."""
    return [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load"
    ]


def test_only_the_child_process_reads_pickled_weights_and_never_their_code():
    """The only exception to "no pickle": weights of known content, in a child process."""
    calls = {path: pickle_readers(path.read_text(encoding="utf-8")) for path in (*CORE, *PAGES)}
    reading = {name_of(path): found for path, found in calls.items() if found}
    assert list(reading) == ["core/pickled_weights/child.py"]
    (call,) = reading["core/pickled_weights/child.py"]
    keywords = {word.arg: ast.unparse(word.value) for word in call.keywords}
    assert keywords["weights_only"] == "True"


@pytest.mark.parametrize(
    "path", sorted((PROJECT / "pages").glob("*.py")), ids=lambda path: path.stem
)
def test_every_page_begins_with_what_it_answers_and_how_to_read_it(path):
    show = next(
        node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == "show"
    )
    match show.body[0]:
        case ast.Expr(value=ast.Call(func=ast.Name(id="show_intro"), args=sentences)):
            assert len(sentences) == 3
        case other:
            pytest.fail(f"{path.name} begins with {ast.unparse(other)[:60]}")


@pytest.mark.parametrize("path", [*CORE, *PAGES], ids=name_of)
def test_files_are_short_and_have_telling_names(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_LINES, f"{name_of(path)} has {lines} lines"
    assert not VAGUE_NAMES & set(path.relative_to(PROJECT).with_suffix("").parts)
