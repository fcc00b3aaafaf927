"""The benchmark of a GPU runs without one, and without Streamlit."""

import subprocess
import sys

import pytest
import torch

from benchmarks import gpu
from core.zoo.precision import BFLOAT16, FLOAT32
from tests.conftest import PROJECT

IMPORTS = "import sys, benchmarks.gpu, core.zoo; assert 'streamlit' not in sys.modules"


def test_importing_it_does_not_import_streamlit():
    subprocess.run([sys.executable, "-c", IMPORTS], cwd=PROJECT, check=True)


def test_every_part_runs_on_a_cpu_and_agrees_with_itself(capsys: pytest.CaptureFixture[str]):
    gpu.main(["--quick", "--device=cpu"])
    lines = capsys.readouterr().out.splitlines()
    for part in gpu.parts(gpu.QUICK):
        line = next(line for line in lines if f"{part.count} {part.title}, float32" in line)
        if part.comparable:  # the same device in the same format
            assert float(line.rpartition(" ")[2]) == pytest.approx(1, abs=1e-3)
    assert sum("the same top class for 8 of 8 pictures" in line for line in lines) == 2
    assert any("channels last" in line for line in lines)


def test_the_full_benchmark_has_what_was_asked_for():
    sizes = gpu.Sizes()
    counts = {part.title: part.count for part in gpu.parts(sizes)}
    assert sizes.networks[0] == "resnet50"
    assert len(sizes.networks) == 4
    assert counts["channels of a layer"] == 512
    assert counts["class logits"] == 64
    assert counts["masks of RISE"] == 4000
    assert counts["pictures' features"] == 10_000


def test_forward_passes_are_also_timed_in_the_fastest_format(monkeypatch):
    monkeypatch.setattr(gpu, "fast_precision", lambda _device: BFLOAT16)
    timed = {part.title: gpu.formats(part, torch.device("cuda")) for part in gpu.parts(gpu.QUICK)}
    assert timed["masks of RISE"] == timed["pictures' features"] == [FLOAT32, BFLOAT16]
    assert timed["class logits"] == [FLOAT32]
