"""A loaded model: the network with its card, its layers and its preprocessing."""

import copy
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn

from core import memory
from core.arguments import require_some
from core.layer_tracing import trace_layers
from core.layers import Layer
from core.stage_ends import stage_ends
from core.zoo import norms
from core.zoo.card import Card
from core.zoo.preprocessing import Preprocessing

# Limits of a batch on a CPU: the bytes of the largest activation in one forward pass, and the
# number of pictures. The allocator of a thread other than the main one has heaps of 64 MB (glibc's
# HEAP_MAX_SIZE) and requests anything larger from the system anew each time: MobileNetV2 takes
# twice as long per picture for a batch of 16 pictures of 224 px as for one of 6.
LARGEST_TENSOR_BYTES = 32 * 2**20
MAX_BATCH_SIZE = 64
# Limits of a batch on a GPU: the share of its free memory that the activations of all layers take,
# which a gradient needs at once, and the number of pictures. Not measured: no GPU was available.
GPU_MEMORY_SHARE = 0.5
MAX_GPU_BATCH_SIZE = 256
# This many pictures fit into the memory in one batch, with nearly any network.
SMALL_BATCH = 4
BYTES_PER_VALUE = 4  # float32
Result = TypeVar("Result")
Batch = TypeVar("Batch", Sequence[Image.Image], Tensor)
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
    # The most rows of a batch that fitted into the memory after it ran out.
    _most_rows: int = field(default=MAX_GPU_BATCH_SIZE, repr=False)

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
        """Names of the layers that have several positions, in the order of the forward pass."""
        return tuple(name for name, layer in self.layers.items() if layer.is_spatial)

    @cached_property
    def stage_ends(self) -> tuple[str, ...]:
        """Names of the last layers of the stages, for class activation maps; see `stage_ends`."""
        with self.borrow() as net:
            return stage_ends(net, self.layers, self.input_size)

    @cached_property
    def batch_size(self) -> int:
        """The number of pictures per forward pass that runs fastest; results don't depend on it.

        On a GPU it follows the memory that is free when it is first used.
        """
        values = [math.prod(self.input_size)]
        values += [math.prod(layer.shape) for layer in self.layers.values()]
        if self.device.type == "cpu":
            limit = LARGEST_TENSOR_BYTES // (BYTES_PER_VALUE * max(values))
            return min(max(1, limit), MAX_BATCH_SIZE)
        available = int(GPU_MEMORY_SHARE * memory.free_gpu_memory(self.device))
        limit = available // (BYTES_PER_VALUE * sum(values))
        return min(max(1, limit), MAX_GPU_BATCH_SIZE)

    def batches(self, items: Batch) -> Iterator[Batch]:
        """Yield slices of pictures or inputs, each with as many as run fastest at once.

        Raises:
            BadArgument: There are none.
        """
        require_some("pictures", items)
        for start in range(0, len(items), self.batch_size):
            yield items[start : start + self.batch_size]

    def in_batches(self, compute: Callable[..., Result], *rows: Tensor) -> Result:
        """Compute rows in batches that fit into the device's memory, and join the results.

        When memory runs out, the batch is halved and computed again; later batches of this network
        are not larger then. Everything that passes many pictures through a network uses this.

        Args:
            compute: Takes a batch of each tensor, and treats each row on its own: for example the
                network. Returns a tensor with a row for each row of the batch, or a tuple, list or
                dictionary of such tensors.
            rows: Tensors with equally many rows, such as preprocessed pictures.

        Raises:
            OutOfMemory: Not even a single row fits.
        """
        # `batch_size` lists the layers first; for a few pictures that would take too long.
        size = self.batch_size if len(rows[0]) > SMALL_BATCH else SMALL_BATCH
        size = min(size, self._most_rows)
        result, fitted = memory.compute_in_batches(compute, rows, size)
        if fitted < size:
            self._most_rows = fitted
        return result

    def preprocess(self, imgs: Sequence[Image.Image]) -> Float[Tensor, "n c h w"]:
        """Return the network's input for these pictures, on the network's device."""
        return self.preprocessing(imgs).to(self.device)

    def copy(self) -> "Model":
        """Return a model with a copy of the network, which the caller may change."""
        with self.borrow() as net:
            return Model(self.card, copy.deepcopy(net), self.device, self.weights_id)

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
