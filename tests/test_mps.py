"""What torch lacks on Apple's GPUs, without one of them."""

import os
import subprocess
import sys

import pytest
import torch

from core import mps
from core.float64 import to_float64
from tests.conftest import PROJECT

FALLBACK = "PYTORCH_ENABLE_MPS_FALLBACK"
# Prints what torch will read, and whether it was loaded before.
REPORT = f"import core, os, sys; print(os.environ['{FALLBACK}'], 'torch' in sys.modules)"


@pytest.mark.parametrize(("given", "value"), [({}, "1"), ({FALLBACK: "0"}, "0")])
def test_importing_core_sets_the_fallback_before_torch_is_loaded(given, value):
    inherited = {name: text for name, text in os.environ.items() if name != FALLBACK}
    output = subprocess.check_output(
        [sys.executable, "-c", REPORT], cwd=PROJECT, env=inherited | given, text=True
    )
    assert output.split() == [value, "False"]


def test_the_fallback_of_the_host_stays():
    environment = {FALLBACK: "0"}
    mps.set_defaults(environment)
    assert environment == {FALLBACK: "0"}


class _OnAppleGpu(torch.Tensor):
    """A tensor that says it is on an Apple GPU, and has no float64 there."""

    device = torch.device("mps")

    def double(self) -> torch.Tensor:
        raise TypeError("the MPS framework doesn't support float64")

    def cpu(self) -> torch.Tensor:
        return self.as_subclass(torch.Tensor)


def test_float64_moves_to_the_cpu_where_a_gpu_lacks_it():
    x = torch.arange(3.0)
    assert to_float64(x).dtype == torch.float64
    moved = to_float64(x.as_subclass(_OnAppleGpu))
    assert moved.dtype == torch.float64
    assert torch.equal(moved, x.double())
