"""bfloat16 is used where the processor computes it, whatever this machine can do."""

import pytest
import torch

from core.zoo.precision import BFLOAT16, FLOAT32, fast_precision, running_in

CPU = torch.device("cpu")


@pytest.mark.parametrize("instructions", ["avx512_bf16", "amx_bf16", "bf16", "sve_bf16"])
def test_a_cpu_with_bfloat16_instructions_is_fastest_with_them(instructions):
    assert fast_precision(CPU, {"avx2": True, instructions: True}) == BFLOAT16


def test_a_cpu_that_would_emulate_bfloat16_keeps_float32():
    emulated = {"avx2": True, "avx512_f": True, "avx512_vnni": True, "avx512_bf16": False}
    assert fast_precision(CPU, emulated) == FLOAT32
    assert fast_precision(CPU, {}) == FLOAT32


@pytest.mark.parametrize(
    ("capability", "precision"), [((7, 5), FLOAT32), ((8, 0), BFLOAT16), ((9, 0), BFLOAT16)]
)
def test_a_gpu_is_judged_by_its_compute_capability(monkeypatch, capability, precision):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _device: capability)
    assert fast_precision(torch.device("cuda")) == precision


def test_devices_that_were_not_measured_keep_float32():
    assert fast_precision(torch.device("mps")) == FLOAT32


def test_networks_run_in_the_format_and_later_as_before():
    net, x = torch.nn.Linear(8, 2), torch.randn(1, 8)
    with running_in(BFLOAT16, CPU):
        assert net(x).dtype == torch.bfloat16
        with running_in(FLOAT32, CPU):
            assert net(x).dtype == torch.float32
    assert net(x).dtype == torch.float32
