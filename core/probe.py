"""Read and change the activations of a network, and leave the network as it was."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.hooks import OutputId, replace_outputs
from core.layers import Layer, find_layers
from core.zoo import Model

# Takes an activation, channels first, and returns what to keep of it, as a tensor of its own.
Take = Callable[[Tensor], Tensor]


class _StopForward(Exception):
    """All wanted layers were read; the rest of the network need not run."""


def read(
    m: Model, x: Float[Tensor, "n c h w"], names: Sequence[str]
) -> dict[str, Float[Tensor, "n channels *rest"]]:
    """Return the activations of the named layers, channels first, detached.

    The forward pass stops after the last of them.

    Raises:
        UnknownLayer: A name is not in `m.layers`.
    """
    wanted = find_layers(m.layers, names)

    def compute(x: Tensor) -> dict[str, Tensor]:
        probe.run(x)
        return {name: probe.activations[name] for name in names}

    with m.borrow() as net, torch.no_grad(), Probe(net, wanted) as probe:
        return m.in_batches(compute, x)


class Probe:
    """A context manager that keeps the activations of some layers while a network runs.

    Each activation is kept as a copy within the autograd graph, so that layers that later work in
    place can't overwrite it, and gradients flow to and through it. Where no gradients flow, `take`
    may keep less than a copy, so that large activations are freed at once. All hooks are removed
    at the end.

    Args:
        net: The network.
        layers: The layers to keep.
        stop: Whether to stop the forward pass once all of them are read.
        take: What to keep of each activation.

    Attributes:
        activations: By layer name, (n, c, ...) or what `take` returned of it, filled by `run`.
    """

    def __init__(
        self, net: nn.Module, layers: Sequence[Layer], stop: bool = True, take: Take = torch.clone
    ):
        self._net = net
        self._layers = {(layer.module, layer.index): layer for layer in layers}
        self._stop = stop
        self._take = take
        self._cleanup = ExitStack()
        self.activations: dict[str, Tensor] = {}

    def __enter__(self) -> "Probe":
        modules = {module for module, _ in self._layers}
        self._cleanup.enter_context(replace_outputs(self._net, modules, self._keep))
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    def run(self, x: Float[Tensor, "n c h w"]) -> Any:
        """Run the network as far as needed.

        Returns:
            The network's output, or None where the pass stopped early.
        """
        self.activations = {}
        try:
            return self._net(x)
        except _StopForward:
            return None

    def _keep(self, output: OutputId, tensor: Tensor) -> Tensor:
        layer = self._layers.get(output)
        if layer is None:
            return tensor
        # Two copies where gradients flow: the kept tensor must not be shared, since a later layer
        # may change its input in place, and an identity layer returns its own input.
        kept = self._take(layer.read(tensor))
        self.activations[layer.name] = kept
        if self._stop and len(self.activations) == len(self._layers):
            raise _StopForward
        return layer.write(kept, tensor).clone() if kept.requires_grad else tensor


@contextmanager
def change_activations(
    net: nn.Module, changes: Mapping[Layer, Callable[[Tensor], Tensor]]
) -> Iterator[None]:
    """Within this context, change the activations of some layers before the network continues.

    Args:
        net: The network.
        changes: By layer, a function that takes a copy of the activation, channels first, and
            returns the activation to continue with.
    """
    by_output = {(layer.module, layer.index): (layer, change) for layer, change in changes.items()}

    def apply(output: OutputId, tensor: Tensor) -> Tensor:
        if output not in by_output:
            return tensor
        layer, change = by_output[output]
        return layer.write(change(layer.read(tensor.clone())), tensor)

    with replace_outputs(net, {module for module, _ in by_output}, apply):
        yield
