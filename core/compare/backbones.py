"""Costs of a network on this machine: parameters, multiply-adds, time and memory."""

import platform
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from joblib import cpu_count
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from typing_extensions import override

from core.compare.accuracy import AccuracyReport
from core.compare.size import network_size
from core.steps import Progress, Steps, drain
from core.threads import ALL_THREADS
from core.zoo import Model

# Number of forward passes: untimed ones first, to warm up, then timed ones. Timing stops after
# REPEATS passes or MAX_SECONDS, but not before MIN_REPEATS passes.
WARM_UP, REPEATS, MIN_REPEATS, MAX_SECONDS = 2, 20, 3, 2.0


@dataclass(frozen=True)
class Costs:
    """Costs of a network for one picture of its input size.

    Attributes:
        parameters: Number of parameters.
        multiply_adds: Number of multiply-adds in convolutions and linear layers.
        seconds: Duration of each timed forward pass of one picture.
        memory: Bytes of the weights plus the peak of the activations.
    """

    parameters: int
    multiply_adds: int
    seconds: Float[np.ndarray, " repeats"]
    memory: int


def measure_costs(m: Model) -> Costs:
    """Measure the costs of a network on this machine. See `measure_costs_steps`."""
    return drain(measure_costs_steps(m))


def measure_costs_steps(m: Model) -> Steps[Costs]:
    """Measure the costs of a network on this machine; a step is a forward pass.

    The times are valid only if no other computation runs meanwhile.
    """
    noise = torch.rand(1, *m.input_size, generator=torch.Generator().manual_seed(0))
    x = m.preprocessing.normalised(noise.to(m.device))
    activations = peak_activation_bytes(m, x)
    seconds: list[float] = []
    for step in range(WARM_UP):
        yield Progress(step, WARM_UP + REPEATS)
        _time_forward(m, x)
    while len(seconds) < MIN_REPEATS or (len(seconds) < REPEATS and sum(seconds) < MAX_SECONDS):
        yield Progress(WARM_UP + len(seconds), WARM_UP + REPEATS)
        seconds.append(_time_forward(m, x))
    size = network_size(m)
    return Costs(
        parameters=size.parameters,
        multiply_adds=size.multiply_adds,
        seconds=np.array(seconds),
        memory=m.memory + activations,
    )


def peak_activation_bytes(m: Model, x: Float[Tensor, "n c h w"]) -> int:
    """Measure the largest total size of the input and all activations alive at once, in bytes.

    Temporary memory inside an operation, such as a convolution's unfolded input, is not included.
    """
    weights = [*m.net.parameters(), *m.net.buffers()]
    with m.borrow() as net, torch.no_grad(), _AllocationTracker([*weights, x]) as tracker:
        net(x)
    return tracker.peak + x.nbytes


def machine_name(device: torch.device) -> str:
    """Describe the hardware on which a speed is measured: the GPU, or processor and threads."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    if device.type == "mps":
        return f"{platform.machine()}, Apple GPU"
    # ALL_THREADS, not torch's current limit: the name is part of a recipe, so it has to be the
    # same in threads that are limited to one core.
    threads = f"{ALL_THREADS} thread{'s' * (ALL_THREADS != 1)}"
    return f"{platform.machine()}, {cpu_count()} cores, {threads}"


def median_seconds(costs: Costs) -> float:
    """Return the median of the seconds that a picture takes."""
    return float(np.median(costs.seconds))


def backbone_table(
    costs: Mapping[str, Costs], accuracies: Mapping[str, AccuracyReport]
) -> pd.DataFrame:
    """Return a table of costs and accuracy, one row per network.

    Args:
        costs: Costs by network.
        accuracies: Accuracy by network; networks without one get NaN.
    """

    def accuracy(name: str) -> float:
        return accuracies[name].accuracy if name in accuracies else np.nan

    def calibration_error(name: str) -> float:
        return accuracies[name].calibration.ece if name in accuracies else np.nan

    columns: dict[str, Callable[[str], float]] = {
        "parameters": lambda name: costs[name].parameters,
        "multiply-adds": lambda name: costs[name].multiply_adds,
        "ms a picture": lambda name: 1000 * median_seconds(costs[name]),
        "memory, MB": lambda name: costs[name].memory / 1e6,
        "accuracy": accuracy,
        "ECE": calibration_error,
    }
    return pd.DataFrame(
        {title: [value(name) for name in costs] for title, value in columns.items()},
        index=pd.Index(list(costs), name="network"),
    )


def _time_forward(m: Model, x: Tensor) -> float:
    """Return the seconds of one forward pass, including the transfer of the output to the CPU."""
    with m.borrow() as net, torch.inference_mode():
        start = time.perf_counter()
        net(x).cpu()
        return time.perf_counter() - start


class _AllocationTracker(TorchDispatchMode):
    """A context that measures the memory of all living tensors that operations have returned.

    Args:
        existing: Tensors whose memory is not counted.

    Attributes:
        current: Bytes alive now.
        peak: Largest number of bytes alive at once.
    """

    def __init__(self, existing: Sequence[Tensor]):
        super().__init__()
        self.current = self.peak = 0
        self._addresses = {tensor.untyped_storage().data_ptr() for tensor in existing}

    @override
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(output):
            if isinstance(leaf, Tensor):
                self._track(leaf.untyped_storage())
        return output

    def _track(self, storage: torch.UntypedStorage) -> None:
        # Views and in-place operations return memory that is counted already; the address shows it.
        address, size = storage.data_ptr(), storage.nbytes()
        if not size or address in self._addresses:
            return
        self._addresses.add(address)
        self.current += size
        self.peak = max(self.peak, self.current)
        weakref.finalize(storage, self._release, address, size)

    def _release(self, address: int, size: int) -> None:
        self._addresses.discard(address)
        self.current -= size
