"""Read activations out of a network: the right values, no needless computing, no trace left.

A layer is a module that gives tensors, under its dotted name in timm's network. A module that
gives several in one forward pass (hrnet's stages give lists, some modules run twice) has a layer
for each: `stage2[0]`, `stage2[1]`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.errors import ZooscopeError, nearest

if TYPE_CHECKING:
    import core.zoo.model

# A tensor among those a module gives in one forward pass: the module's name, and its number there.
Where = tuple[str, int]
Hear = Callable[[Where, Tensor], Tensor]
Take = Callable[[Tensor], Tensor]

# Modules that work on the last axis, whatever they are fed.
CHANNELS_LAST_KINDS = (nn.Linear, nn.LayerNorm)
# Two sizes this far apart differ in every stage of a network that reduces by 32.
SIZE_STEP = 64


class UnknownLayer(ZooscopeError):
    """The network has no layer of that name; the message names the nearest."""


@dataclass(frozen=True)
class Layer:
    """A layer as the forward pass showed it.

    Attributes:
        name: Dotted name in timm's network, with [k] where the module gives several tensors.
        module: The name without [k].
        index: k, in the order the module gives them.
        kind: The module's class name.
        shape: Of one picture's activation, channels first: (c, h, w), (c, t) or (c,).
        channel_axis: Where the channels stand in what the module itself gives, batch at 0.
    """

    name: str
    module: str
    index: int
    kind: str
    shape: tuple[int, ...]
    channel_axis: int


class _EnoughSeen(Exception):
    """All wanted layers were read; the rest of the network need not run."""


def trace(net: nn.Module, input_size: tuple[int, int, int]) -> dict[str, Layer]:
    """Every layer of a network in the order of computing.

    The channel axis is the one that stays when the input's size changes, so that channels-last
    blocks (ConvNeXt's inner layers) are told apart without looking at a shape's numbers; where the
    network takes one size only, the module's kind decides.
    """
    channels, height, width = input_size
    step = -SIZE_STEP if min(height, width) > 2 * SIZE_STEP else SIZE_STEP
    shapes = _shapes(net, input_size)
    try:
        others = dict(_shapes(net, (channels, height + step, width + step)))
    except (RuntimeError, AssertionError, ValueError):
        others = {}  # a network of one size
    given = Counter(name for (name, _), _ in shapes)
    layers = [
        _layer(net, where, shape, others.get(where, shape), several=given[where[0]] > 1)
        for where, shape in shapes
    ]
    return {layer.name: layer for layer in layers}


def read(
    m: "core.zoo.model.Model", x: Float[Tensor, "n c h w"], names: Sequence[str]
) -> dict[str, Float[Tensor, "n channels *rest"]]:
    """Activations of the named layers, channels first, detached.

    Raises:
        UnknownLayer: A name is not in `m.layers`.
    """
    wanted = find(m.layers, names)
    with m.borrow() as net, torch.no_grad(), Probe(net, wanted) as probe:
        probe.run(x)
        return {name: probe.activations[name] for name in names}


def find(layers: Mapping[str, Layer], names: Iterable[str]) -> list[Layer]:
    """The layers of these names.

    Raises:
        UnknownLayer: With the nearest names.
    """
    for name in names:
        if name not in layers:
            raise UnknownLayer(f"There is no layer {name!r}.{nearest(name, layers)}")
    return [layers[name] for name in names]


class Probe:
    """Keeps the activations of some layers while a network runs; a context that cleans up.

    What it keeps is its own copy within the autograd graph: layers that later work in place can't
    rewrite it, and gradients flow to and through it. Where none flow, `take` may keep less than a
    copy of each activation, as a tensor of its own: what is large and not wanted goes at once.

    Attributes:
        activations: By layer name, (n, c, ...) or what was taken of it, filled by `run`.
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
        self._cleanup.enter_context(_listening(self._net, modules, self._keep))
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    def run(self, x: Float[Tensor, "n c h w"]) -> Any:
        """Run the network as far as needed.

        Returns:
            The network's output, or None where it stopped early.
        """
        self.activations = {}
        try:
            return self._net(x)
        except _EnoughSeen:
            return None

    def _keep(self, where: Where, output: Tensor) -> Tensor:
        layer = self._layers.get(where)
        if layer is None:
            return output
        # Two copies where gradients flow: nobody else may hold the one kept, since a later layer
        # may change in place what it is handed, and an identity hands on its own input.
        kept = self._take(output.movedim(layer.channel_axis, 1))
        self.activations[layer.name] = kept
        if self._stop and len(self.activations) == len(self._layers):
            raise _EnoughSeen
        return kept.movedim(1, layer.channel_axis).clone() if kept.requires_grad else output


@contextmanager
def changed(net: nn.Module, changes: Mapping[Layer, Callable[[Tensor], Tensor]]) -> Iterator[None]:
    """While this lasts, what some layers give is changed before the network goes on with it.

    Args:
        net: The network.
        changes: By layer: takes a copy of its activation, channels first, and returns another.
    """
    by_place = {(layer.module, layer.index): (layer, change) for layer, change in changes.items()}

    def hear(where: Where, output: Tensor) -> Tensor:
        if where not in by_place:
            return output
        layer, change = by_place[where]
        first = output.clone().movedim(layer.channel_axis, 1)
        return change(first).movedim(1, layer.channel_axis)

    with _listening(net, {module for module, _ in by_place}, hear):
        yield


@contextmanager
def _listening(net: nn.Module, modules: Iterable[str], hear: Hear) -> Iterator[None]:
    """Call `hear` for every tensor these modules give; the network goes on with what it returns."""
    heard: Counter[str] = Counter()

    def listener(name: str) -> Callable[[nn.Module, Any, Any], Any]:
        def one(tensor: Tensor) -> Tensor:
            heard[name] += 1
            return hear((name, heard[name] - 1), tensor)

        return lambda _module, _inputs, output: _mapped(one, output)

    with ExitStack() as cleanup:
        # A pass that stopped early left its counts behind.
        start = net.register_forward_pre_hook(lambda _module, _inputs: heard.clear())
        cleanup.callback(start.remove)
        for name in modules:
            hook = net.get_submodule(name).register_forward_hook(listener(name))
            cleanup.callback(hook.remove)
        yield


def _mapped(one: Callable[[Tensor], Tensor], output: Any) -> Any:
    if isinstance(output, Tensor):
        return one(output)
    if isinstance(output, tuple | list):
        return type(output)(_mapped(one, item) for item in output)
    return output


def _shapes(net: nn.Module, size: tuple[int, int, int]) -> list[tuple[Where, tuple[int, ...]]]:
    """The shape of every tensor every module gives, in the order of computing."""
    shapes: list[tuple[Where, tuple[int, ...]]] = []

    def hear(where: Where, output: Tensor) -> Tensor:
        shapes.append((where, tuple(output.shape)))
        return output

    modules = [name for name, _ in net.named_modules() if name]
    parameter = next(net.parameters())
    x = torch.zeros(1, *size, device=parameter.device, dtype=parameter.dtype)
    with torch.no_grad(), _listening(net, modules, hear):
        net(x)
    return shapes


def _is_channels_last(module: nn.Module) -> bool:
    """By kind; timm's LayerNorm2d is a LayerNorm that keeps the channels first."""
    return isinstance(module, CHANNELS_LAST_KINDS) and not type(module).__name__.endswith("2d")


def _layer(
    net: nn.Module, where: Where, shape: tuple[int, ...], other: tuple[int, ...], several: bool
) -> Layer:
    name, index = where
    module = net.get_submodule(name)
    axes = range(1, len(shape))
    steady = [axis for axis in axes if shape[axis] == other[axis]]
    usual = len(shape) - 1 if _is_channels_last(module) else 1
    axis = steady[0] if len(steady) == 1 else usual
    rest = tuple(shape[other_axis] for other_axis in axes if other_axis != axis)
    return Layer(
        name=f"{name}[{index}]" if several else name,
        module=name,
        index=index,
        kind=type(module).__name__,
        shape=(shape[axis], *rest),
        channel_axis=axis,
    )
