"""A loaded model: the network with its card, its layers and its preprocessing."""

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

from core.layers import Layer, trace_layers
from core.zoo import norms
from core.zoo.card import Card
from core.zoo.preprocessing import Preprocessing

# Limits of a batch: the bytes of the largest activation in one forward pass, by type of device, and
# the number of pictures. On a CPU, the allocator of a thread other than the main one has heaps of
# 64 MB (glibc's HEAP_MAX_SIZE) and requests anything larger from the system anew each time:
# MobileNetV2 takes twice as long per picture for a batch of 16 pictures of 224 px as for one of 6.
LARGEST_TENSOR_BYTES = {"cpu": 32 * 2**20, "cuda": 512 * 2**20}
MAX_BATCH_SIZE = 64
BYTES_PER_VALUE = 4  # float32
HOOK_ATTRIBUTES = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


@dataclass(eq=False)
class Model:
    """A loaded network with its card. It belongs to the code that loaded it.

    Attributes:
        card: All that was known about the model before loading.
        net: timm's network, in eval mode and frozen. For notebooks; methods use `borrow`.
        device: The device that the network is on.
        weights_id: The identity of the weights, a SHA-256 in hex, which is part of every recipe;
            see `zoo.weights_id`.
    """

    card: Card
    net: nn.Module
    device: torch.device
    weights_id: str
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def name(self) -> str:
        """The name of the card."""
        return self.card.name

    @property
    def title(self) -> str:
        """A short name to display, which states when the network is untrained."""
        return self.card.title

    @property
    def labels(self) -> tuple[str, ...]:
        """A label per class; empty for a network that doesn't classify."""
        return self.card.labels

    @property
    def input_size(self) -> tuple[int, int, int]:
        """Channels, height and width of the network's input."""
        return self.preprocessing.input_size

    @property
    def preprocessing(self) -> Preprocessing:
        """The preprocessing that the model's config states."""
        return self.card.preprocessing

    @property
    def memory(self) -> int:
        """Bytes of the parameters and buffers."""
        tensors = [*self.net.parameters(), *self.net.buffers()]
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    @cached_property
    def layers(self) -> Mapping[str, Layer]:
        """The layers by dotted timm name, in the order of the forward pass."""
        with self.borrow() as net:
            return MappingProxyType(trace_layers(net, self.input_size))

    @cached_property
    def spatial_layers(self) -> tuple[str, ...]:
        """Names of the layers whose activations are spatial maps, in the order of the forward pass.

        Layers inside an attention block are left out: their heads × tokens × features have as many
        axes as channels × height × width, but are no maps.
        """
        return tuple(
            name
            for name, layer in self.layers.items()
            if len(layer.shape) == 3
            and min(layer.shape[1:]) > 1
            and not _inside_attention(self.net, layer.module)
        )

    @cached_property
    def batch_size(self) -> int:
        """The number of pictures per forward pass that runs fastest; results don't depend on it."""
        sizes = [math.prod(layer.shape) for layer in self.layers.values()]
        largest = max([math.prod(self.input_size), *sizes])
        limit = LARGEST_TENSOR_BYTES[self.device.type] // (BYTES_PER_VALUE * largest)
        return min(max(1, limit), MAX_BATCH_SIZE)

    def preprocess(self, imgs: Sequence[Image.Image]) -> Float[Tensor, "n c h w"]:
        """Return the network's input for these pictures, on the network's device."""
        return self.preprocessing(imgs).to(self.device)

    @contextmanager
    def borrow(self, backward: bool = False) -> Iterator[nn.Module]:
        """Lend the network to one thread at a time, in eval mode and frozen.

        Afterwards, also after an error, the network's modes, gradients and hooks are restored.

        Args:
            backward: Set this if a backward pass will follow. Batch norms are then computed as
                affine maps, which is faster and equal up to rounding.
        """
        with self._lock:
            state = _FrozenState(self.net)
            try:
                with norms.affine_batch_norms(self.net) if backward else nullcontext():
                    yield self.net
            finally:
                state.restore()


def _inside_attention(net: nn.Module, path: str) -> bool:
    """Return whether a module or one of the modules around it is an attention block."""
    parts = path.split(".")
    ancestors = (net.get_submodule(".".join(parts[:depth])) for depth in range(1, len(parts) + 1))
    return any("Attention" in type(ancestor).__name__ for ancestor in ancestors)


class _FrozenState:
    """Freezes a network in eval mode and remembers the state to restore.

    A network has hundreds of modules and is borrowed for each batch, so both freezing and restoring
    set only the values that differ.
    """

    def __init__(self, net: nn.Module):
        modules, parameters = list(net.modules()), list(net.parameters())
        self._modes = [(module, module.training) for module in modules]
        self._parameters = [(p, p.requires_grad, p.grad) for p in parameters]
        self._hooks = [
            (hooks, set(hooks))
            for module in modules
            for hooks in (getattr(module, name) for name in HOOK_ATTRIBUTES)
        ]
        if any(training for _, training in self._modes):
            net.eval()
        for parameter, requires_grad, grad in self._parameters:
            if requires_grad:
                parameter.requires_grad_(False)
            if grad is not None:
                parameter.grad = None  # a backward pass would add to it in place

    def restore(self) -> None:
        """Restore modes, flags and gradients, and remove the hooks that were added."""
        for module, mode in self._modes:
            if module.training != mode:
                module.training = mode
        for parameter, requires_grad, grad in self._parameters:
            if parameter.requires_grad != requires_grad:
                parameter.requires_grad_(requires_grad)
            if parameter.grad is not grad:
                parameter.grad = grad
        for hooks, handles_before in self._hooks:
            for handle in hooks.keys() - handles_before:
                del hooks[handle]
