"""What the first page does not need is not imported for it: it would take memory all the time."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
# Shows the first page with its results, which ship with the app, and prints what is imported then.
FIRST_PAGE = """
import sys
from core.workbench import Workbench
from streamlit.testing.v1 import AppTest
from pages.parts.shared.session import workbench
from tests.pages.visit import run_until_complete
app = AppTest.from_file("streamlit_app.py", default_timeout=120)
run_until_complete(app)
assert app.get("plotly_chart"), app
workbench().close()
print(*sys.modules)
"""
# Asks timm's and torchvision's own functions that need the compiler.
COMPILER = """
import core.zoo, sys, torch
assert "torch._dynamo" not in sys.modules
import torch._dynamo, torch._dynamo.utils
assert torch._dynamo.__file__ and torch._dynamo.utils.__file__
print(torch.compile(lambda x: 2 * x, backend="eager")(torch.ones(1)).item())
from torchvision.ops import roi_align
print(roi_align(torch.ones(1, 1, 4, 4), [torch.tensor([[0.0, 0, 4, 4]])], 1).item())
"""
# Trains the network of the textbooks, as the page Train does in a child process, and explains a
# step of it, as the page does itself.
TRAINING = """
import sys, tempfile
from pathlib import Path
from core.steps import drain
from core.train_lab.experiment import Experiment
from core.train_lab.networks import build
from core.train_lab.one_step import explain_step
from core.train_lab.run import child_steps
experiment = Experiment(("dog", "fir"), pictures=5, size=32, blocks=1, epochs=1)
with tempfile.TemporaryDirectory() as folder:
    drain(child_steps(experiment.as_json(), folder))
    explain_step(experiment, build(experiment), Path(folder))
print(*sys.modules)
"""
UNNEEDED = ("torch._dynamo", "torch._inductor", "sympy", "sklearn", "skimage", "openTSNE",
            "scipy.optimize", "scipy.stats")  # fmt: skip


def output(script: str) -> str:
    completed = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


@pytest.fixture(scope="module")
def imported() -> set[str]:
    return set(output(FIRST_PAGE).split())


@pytest.mark.parametrize("module", UNNEEDED)
def test_the_first_page_does_not_import(imported: set[str], module: str):
    assert "timm" in imported
    assert module not in imported


def test_training_the_textbook_network_imports_little():
    """A training starts within two seconds, and its process takes little memory."""
    imported = set(output(TRAINING).split())
    assert "torch" in imported
    unneeded = {*UNNEEDED, "timm", "torchvision", "streamlit", "core.workbench", "core.zoo"}
    assert not imported & unneeded


def test_who_needs_the_compiler_gets_the_real_one():
    assert output(COMPILER).split() == ["2.0", "1.0"]
