"""A loaded network with all that's needed to use it."""

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn

from core import probe
from core.zoo import norms
from core.zoo.card import Card
from core.zoo.preprocessing import Preprocessing

# Bytes of the largest tensor in one pass, by kind of device, and pictures in it at most. In its own
# thread a CPU's allocator has 64 MB in one piece (glibc's HEAP_MAX_SIZE), and asks the system
# anew, each time, for what does not fit: MobileNetV2 takes twice as long a picture for 16 pictures
# of 224 px as for six.
LARGEST_TENSOR = {"cpu": 32 * 2**20, "cuda": 512 * 2**20}
MOST_AT_ONCE = 64
BYTES = 4  # of a number in the tensors that networks run on
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


@dataclass(eq=False)
class Model:
    """A network, and what its config says of it. Belongs to whoever loaded it.

    Attributes:
        card: What was known before loading.
        net: timm's network, in eval mode and frozen. For notebooks; methods use `borrow`.
        device: Where it lies.
        weights_id: What the weights are, for recipes.
    """

    card: Card
    net: nn.Module
    device: torch.device
    weights_id: str
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def name(self) -> str:
        """The name it was loaded by."""
        return self.card.name

    @property
    def title(self) -> str:
        """A name to show, which says so where the network is untrained."""
        return self.card.title

    @property
    def labels(self) -> tuple[str, ...]:
        """A name per class; empty for a network that doesn't classify."""
        return self.card.labels

    @property
    def input_size(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        return self.preprocessing.input_size

    @property
    def preprocessing(self) -> Preprocessing:
        """What it wants done to a picture."""
        return self.card.preprocessing

    @property
    def memory(self) -> int:
        """Bytes its parameters and buffers take."""
        tensors = [*self.net.parameters(), *self.net.buffers()]
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    @cached_property
    def layers(self) -> Mapping[str, probe.Layer]:
        """Its layers by dotted timm name, in the order of computing."""
        with self.borrow() as net:
            return MappingProxyType(probe.trace(net, self.input_size))

    @cached_property
    def layers_with_positions(self) -> tuple[str, ...]:
        """Names of the layers that keep places apart, in order.

        An attention's heads and tokens have as many axes as a map, and are none.
        """
        found = []
        for name, layer in self.layers.items():
            parts = layer.module.split(".")
            homes = (".".join(parts[: depth + 1]) for depth in range(len(parts)))
            kinds = [type(self.net.get_submodule(home)).__name__ for home in homes]
            maps = len(layer.shape) == 3 and min(layer.shape[1:]) > 1
            if maps and not any("Attention" in kind for kind in kinds):
                found.append(name)
        return tuple(found)

    @cached_property
    def at_once(self) -> int:
        """How many pictures go through it together best; results do not depend on it."""
        sizes = [math.prod(layer.shape) for layer in self.layers.values()]
        largest = max([math.prod(self.input_size), *sizes])
        limit = LARGEST_TENSOR[self.device.type] // (BYTES * largest)
        return min(max(1, limit), MOST_AT_ONCE)

    def preprocess(self, imgs: Sequence[Image.Image]) -> Float[Tensor, "n c h w"]:
        """The network's input for these pictures, on its device."""
        return self.preprocessing(imgs).to(self.device)

    @contextmanager
    def borrow(self, backward: bool = False) -> Iterator[nn.Module]:
        """The network for a method's use: locked, in eval mode, frozen.

        On return, also after an error, it is as it was found: modes, gradients and hooks.

        Args:
            backward: A backward pass will follow: compute batch norms as affine maps, which is
                quicker then, and the same up to rounding.
        """
        with self._lock:
            found = _Frozen(self.net)
            try:
                with norms.affine(self.net) if backward else nullcontext():
                    yield self.net
            finally:
                found.restore()


class _Frozen:
    """A network that only runs: what a method could change is put back afterwards.

    Only what differs is set: a network has hundreds of modules, and is borrowed for each batch.
    """

    def __init__(self, net: nn.Module):
        modules, parameters = list(net.modules()), list(net.parameters())
        self._modes = [(module, module.training) for module in modules]
        self._parameters = [(p, p.requires_grad, p.grad) for p in parameters]
        self._hooks = [
            (hooks, set(hooks))
            for module in modules
            for hooks in (getattr(module, name) for name in HOOKS)
        ]
        if any(training for _, training in self._modes):
            net.eval()
        for parameter, requires_grad, grad in self._parameters:
            if requires_grad:
                parameter.requires_grad_(False)
            if grad is not None:
                parameter.grad = None  # a backward pass would add to it in place

    def restore(self) -> None:
        for module, mode in self._modes:
            if module.training != mode:
                module.training = mode
        for parameter, requires_grad, grad in self._parameters:
            if parameter.requires_grad != requires_grad:
                parameter.requires_grad_(requires_grad)
            if parameter.grad is not grad:
                parameter.grad = grad
        for hooks, found in self._hooks:
            for handle in hooks.keys() - found:
                del hooks[handle]
