"""CONTRIBUTING's worked examples run as they are, and its glossary is that of the code."""

import ast
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
TEXT = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SOURCES = [
    *(PROJECT / "core").rglob("*.py"),
    *(PROJECT / "pages").rglob("*.py"),
    PROJECT / "streamlit_app.py",
]
REPLACED = (
    "Organ", "anatomy", "errands", "Errands", "ledger", "Ledger", "Slide", "sweep", "Dice",
    "Lesson", "Lessons", "exam", "Shelf", "Gathered", "asker", "chooser", "closeup", "bare",
)  # fmt: skip
# What the first line of an example says about the file.
NEW, APPEND, INSERT = "# ", "# append to ", "# insert into PAGES in "
# Runs in a copy of the project that has the examples: a method, a task with progress, and a page.
CHECK = """
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import saliency, zoo
from core.settings import Settings
from core.sparsity import sparsity
from core.workbench import Workbench
from core.workbench.tasks.sparsity import sparsity_recipe

NAME = "untrained/test_resnet"
img = Image.effect_noise((64, 64), 60).convert("RGB")
m = zoo.load(NAME)

maps = saliency.explain(m, [img, img], "mean_activation")
assert maps.shape == (2, *m.input_size[1:])
assert maps.std() > 0

bench = Workbench(Settings.from_environment())
picture = bench.pictures.keep(img, "test")
(shares,) = bench.answer([sparsity_recipe(bench.card(NAME), picture)])
assert shares == sparsity(m, img, list(shares))
assert 0 < max(shares.values()) <= 1
bench.close()

app = AppTest.from_file("streamlit_app.py", default_timeout=60)
app.query_params["models"] = [NAME]
app.switch_page("pages/sparsity.py").run()
for _ in range(200):
    assert not app.exception, app.exception
    if not app.get("progress") and not app.get("skeleton"):
        break
    app.run()
assert len(app.get("vega_lite_chart")) == 1
app.slider(key="sparsity_least").set_value(0.5).run()
assert not app.exception, app.exception
assert app.slider(key="sparsity_least").value == 0.5
"""


def examples() -> list[tuple[str, str]]:
    """The first line and the code of each Python block."""
    blocks = re.findall(r"```python\n(.*?)\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) == 5
    return blocks


def changed_files(project: Path) -> list[str]:
    """Apply all examples to a copy of the project; return the files that changed."""
    changed = []
    for first, code in examples():
        if first.startswith(APPEND):
            name = first.removeprefix(APPEND)
            path = project / name
            path.write_text(f"{path.read_text()}\n\n{code}")
        elif first.startswith(INSERT):
            name = first.removeprefix(INSERT)
            path = project / name
            text = path.read_text()
            assert text.count("\nPAGES = (\n") == 1
            head, tail = text.split("\nPAGES = (\n")
            entries, rest = tail.split("\n)", 1)
            path.write_text(f"{head}\nPAGES = (\n{entries}\n{code.rstrip()}\n){rest}")
        else:
            name = first.removeprefix(NEW)
            path = project / name
            assert not path.exists()
            path.write_text(code)
        changed.append(name)
    return changed


def test_the_worked_examples_work(tmp_path: Path):
    project = tmp_path / "project"
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("core", "pages"):
        shutil.copytree(PROJECT / name, project / name, ignore=ignored)
    (project / "weights").mkdir()
    shutil.copy(PROJECT / "streamlit_app.py", project)
    changed = changed_files(project)
    # A saliency method changes one file, a task two, a page one file and one line.
    assert changed == [
        "core/saliency/cam.py", "core/sparsity.py", "core/workbench/tasks/sparsity.py",
        "pages/sparsity.py", "pages/parts/shared/frame.py",
    ]  # fmt: skip
    run = subprocess.run(
        [sys.executable, "-c", CHECK], cwd=project, capture_output=True, text=True, timeout=240
    )
    assert run.returncode == 0, run.stderr[-3000:]


def glossary() -> list[tuple[str, str]]:
    """Term and name in the code of each row of the glossary."""
    table = TEXT.split("## Glossary")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| `([^`]+)` \|$", table, re.MULTILINE)
    assert len(rows) > 20
    return rows


@cache
def names_in_code() -> set[str]:
    """Every name that the code defines: classes, functions, fields, and assigned names."""
    names: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.ClassDef(name=name):
                    names.add(name)
                    for field in node.body:
                        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                            names.add(f"{name}.{field.target.id}")
                case ast.FunctionDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
                    names.add(name)
                case ast.arg(arg=name):
                    names.add(name)
    return names


@pytest.mark.parametrize(("term", "name"), glossary())
def test_every_term_of_the_glossary_is_in_the_code(term: str, name: str):
    assert name in names_in_code(), f"the glossary's {term} has no {name} in the code"


@pytest.mark.parametrize("name", REPLACED)
def test_no_replaced_name_is_in_the_code(name: str):
    assert name not in names_in_code()
    modules = {path.stem for path in SOURCES}
    assert name not in modules
