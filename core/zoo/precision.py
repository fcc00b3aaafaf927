"""The number format in which a network runs: float32, or bfloat16 where that is faster."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

# The names of the formats in recipes. bfloat16 has float32's range and 8 instead of 24 significant
# bits.
FLOAT32, BFLOAT16 = "float32", "bfloat16"
# What `torch.cpu.get_capabilities` calls instructions that multiply bfloat16 numbers: AVX-512 BF16
# and AMX of x86-64, NEON's and SVE's of ARM64.
CPU_INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")
# The first compute capability of CUDA with bfloat16 in its tensor cores (Ampere).
CUDA_CAPABILITY = (8, 0)


def fast_precision(device: torch.device, cpu: Mapping[str, Any] | None = None) -> str:
    """Return the format in which this device runs forward passes fastest.

    The processor's instructions decide, not a measured time: a time varies, and the same machine
    should always give the same result. Where bfloat16 is only emulated, it is slower than float32:
    on a CPU with AVX-512 but without its BF16 instructions, 1.5 to 3.5 times. torch's own
    `torch.ops.mkldnn._is_mkldnn_bf16_supported` is true there, because it includes emulation.

    Args:
        device: The device of the network.
        cpu: Whether the CPU has instructions, by name; None asks torch about this machine.
    """
    if device.type == "cpu":
        found = torch.cpu.get_capabilities() if cpu is None else cpu
        native = any(found.get(name, False) for name in CPU_INSTRUCTIONS)
    elif device.type == "cuda":
        native = torch.cuda.get_device_capability(device) >= CUDA_CAPABILITY
    else:  # others were not measured
        native = False
    return BFLOAT16 if native else FLOAT32


@contextmanager
def running_in(precision: str, device: torch.device) -> Iterator[None]:
    """Run the forward passes in this context in a format, whatever the format of the weights.

    In bfloat16, torch's autocast converts the weights and activations of convolutions and linear
    layers, and leaves operations that need more precision in float32.
    """
    with torch.autocast(device.type, torch.bfloat16, enabled=precision == BFLOAT16):
        yield
