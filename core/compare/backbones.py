"""What a network costs here: the figures one chooses a backbone by."""

import os
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
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from typing_extensions import override

from core import cores
from core.compare.agreement import Marks
from core.steps import Progress, Steps, drain
from core.zoo import Model

# Passes that are not counted, and those that are: so many, or as many as fit into so many seconds.
WARM, REPEATS, FEWEST, SECONDS = 2, 20, 3, 2.0


@dataclass(frozen=True)
class Costs:
    """What a network costs.

    Attributes:
        parameters: How many.
        multiply_adds: For one picture of its input size.
        seconds: Of each pass of one picture.
        memory: Bytes of the weights, and of all that is computed and alive at once for one picture.
    """

    parameters: int
    multiply_adds: int
    seconds: Float[np.ndarray, " repeats"]
    memory: int


def costs(m: Model) -> Costs:
    """Measure a network on this machine. See `costs_steps`."""
    return drain(costs_steps(m))


def costs_steps(m: Model) -> Steps[Costs]:
    """Measure a network on this machine; a step is a pass. Nothing else should run meanwhile."""
    noise = torch.rand(1, *m.input_size, generator=torch.Generator().manual_seed(0))
    x = m.preprocessing.normalised(noise.to(m.device))
    most = peak(m, x)
    seconds: list[float] = []
    for warm in range(WARM):
        yield Progress(warm, WARM + REPEATS)
        _timed(m, x)
    while len(seconds) < FEWEST or (len(seconds) < REPEATS and sum(seconds) < SECONDS):
        yield Progress(WARM + len(seconds), WARM + REPEATS)
        seconds.append(_timed(m, x))
    return Costs(
        parameters=sum(parameter.numel() for parameter in m.net.parameters()),
        multiply_adds=multiply_adds(m),
        seconds=np.array(seconds),
        memory=m.memory + most,
    )


def multiply_adds(m: Model) -> int:
    """Products summed up in convolutions and linear layers for one picture of the input size.

    Each number that such a layer gives is a sum of as many as its kernel covers. Attention's
    products between positions are not counted.
    """
    total = 0
    for layer in m.layers.values():
        module = m.net.get_submodule(layer.module)
        if isinstance(module, nn.Conv1d | nn.Conv2d):
            covered = module.in_channels // module.groups * int(np.prod(module.kernel_size))
        elif isinstance(module, nn.Linear):
            covered = module.in_features
        else:
            continue
        total += int(np.prod(layer.shape)) * covered
    return total


def peak(m: Model, x: Float[Tensor, "n c h w"]) -> int:
    """Bytes of the input and of all that is computed from it and alive at once.

    What an operation needs for itself alone (a convolution's unfolded picture) is not seen.
    """
    weights = [*m.net.parameters(), *m.net.buffers()]
    with m.borrow() as net, torch.no_grad(), _Alive([*weights, x]) as alive:
        net(x)
    return alive.most + x.nbytes


def machine(on: torch.device) -> str:
    """What a speed was measured on, in words."""
    if on.type == "cuda":
        return str(torch.cuda.get_device_name(on))
    threads = f"{cores.FULL} thread{'s' * (cores.FULL != 1)}"  # whichever thread asks for it
    return f"{platform.machine()}, {os.cpu_count()} cores, {threads}"


def table(measured: Mapping[str, Costs], scored: Mapping[str, Marks]) -> pd.DataFrame:
    """What one chooses a backbone by, one row a network.

    Args:
        measured: By network.
        scored: Those whose classes have the labels' names; NaN for others.
    """
    columns: dict[str, Callable[[str, Costs], float]] = {
        "parameters": lambda _, one: one.parameters,
        "multiply-adds": lambda _, one: one.multiply_adds,
        "ms a picture": lambda _, one: 1000 * float(np.median(one.seconds)),
        "memory, MB": lambda _, one: one.memory / 1e6,
        "accuracy": lambda name, _: scored[name].accuracy if name in scored else np.nan,
        "ECE": lambda name, _: scored[name].calibration.ece if name in scored else np.nan,
    }
    return pd.DataFrame(
        {title: [tell(*row) for row in measured.items()] for title, tell in columns.items()},
        index=pd.Index(list(measured), name="network"),
    )


def _timed(m: Model, x: Tensor) -> float:
    with m.borrow() as net, torch.inference_mode():
        start = time.perf_counter()
        net(x).cpu()
        return time.perf_counter() - start


class _Alive(TorchDispatchMode):
    """While it lasts: the bytes of the tensors that operations gave and nobody has dropped yet."""

    def __init__(self, before: Sequence[Tensor]):
        super().__init__()
        self.now = self.most = 0
        self._known = {tensor.untyped_storage().data_ptr() for tensor in before}

    @override
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        for given in tree_leaves(output):
            if isinstance(given, Tensor):
                self._meet(given.untyped_storage())
        return output

    def _meet(self, storage: torch.UntypedStorage) -> None:
        # By address: of what shares memory (views, work in place) the memory counts once.
        address, size = storage.data_ptr(), storage.nbytes()
        if not size or address in self._known:
            return
        self._known.add(address)
        self.now += size
        self.most = max(self.most, self.now)
        weakref.finalize(storage, self._part, address, size)

    def _part(self, address: int, size: int) -> None:
        self._known.discard(address)
        self.now -= size
