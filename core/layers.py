"""The layers of a network: their names, shapes and channel axes, found by running it once.

A layer is a tensor that a module of timm's network returns, under the module's dotted name. A
module that returns several tensors in one forward pass (hrnet's stages return lists, some modules
run twice) has one layer for each: `stage2[0]`, `stage2[1]`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.errors import ZooscopeError, suggest_names
from core.hooks import OutputId, replace_outputs

# Names for what no module of a network returns: its output, and the input picture itself.
LOGITS, PIXELS = "logits", "pixels"
# Modules that work on the last axis, whatever their input's shape.
CHANNELS_LAST_KINDS = (nn.Linear, nn.LayerNorm)
# Pixels between two input sizes: enough that every stage of a network that reduces by 32 returns
# another size.
SIZE_STEP = 64


class UnknownLayer(ZooscopeError):
    """The network has no layer of that name; the message names the nearest ones."""


@dataclass(frozen=True)
class Layer:
    """A layer of a network, found in a forward pass.

    Attributes:
        name: Dotted name in timm's network, with [k] where the module returns several tensors.
        module: The name without [k].
        index: k, in the order in which the module returns the tensors.
        kind: The module's class name.
        shape: Shape of one picture's activation, channels first: (c, h, w), (c, t) or (c,).
        channel_axis: Axis of the channels in what the module itself returns; the batch is axis 0.
    """

    name: str
    module: str
    index: int
    kind: str
    shape: tuple[int, ...]
    channel_axis: int


def trace_layers(net: nn.Module, input_size: tuple[int, int, int]) -> dict[str, Layer]:
    """List every layer of a network by name, in the order of computation.

    The channel axis is the one whose length stays the same when the input's size changes. This
    detects channels-last blocks (ConvNeXt's inner layers) without a list of exceptions. Where the
    network accepts one input size only, the kind of module decides.

    Args:
        net: The network.
        input_size: Channels, height and width of its input.
    """
    channels, height, width = input_size
    step = -SIZE_STEP if min(height, width) > 2 * SIZE_STEP else SIZE_STEP
    shapes = _output_shapes(net, input_size)
    try:
        other_shapes = dict(_output_shapes(net, (channels, height + step, width + step)))
    except (RuntimeError, AssertionError, ValueError):
        other_shapes = {}  # the network accepts one input size only
    counts = Counter(name for (name, _), _ in shapes)
    layers = [
        _make_layer(
            net, output, shape, other_shapes.get(output, shape), several=counts[output[0]] > 1
        )
        for output, shape in shapes
    ]
    return {layer.name: layer for layer in layers}


def find_layers(layers: Mapping[str, Layer], names: Iterable[str]) -> list[Layer]:
    """Return the layers of these names.

    Raises:
        UnknownLayer: A name is not among `layers`; the message has the nearest names.
    """
    for name in names:
        if name not in layers:
            raise UnknownLayer(f"There is no layer {name!r}.{suggest_names(name, layers)}")
    return [layers[name] for name in names]


def _output_shapes(
    net: nn.Module, size: tuple[int, int, int]
) -> list[tuple[OutputId, tuple[int, ...]]]:
    """Return the shape of every tensor that every module returns, in the order of computation."""
    shapes: list[tuple[OutputId, tuple[int, ...]]] = []

    def record(output: OutputId, tensor: Tensor) -> Tensor:
        shapes.append((output, tuple(tensor.shape)))
        return tensor

    modules = [name for name, _ in net.named_modules() if name]
    parameter = next(net.parameters())
    x = torch.zeros(1, *size, device=parameter.device, dtype=parameter.dtype)
    with torch.no_grad(), replace_outputs(net, modules, record):
        net(x)
    return shapes


def _is_channels_last(module: nn.Module) -> bool:
    """Return whether this kind of module has its channels last.

    timm's LayerNorm2d is a subclass of LayerNorm that keeps channels first.
    """
    return isinstance(module, CHANNELS_LAST_KINDS) and not type(module).__name__.endswith("2d")


def _make_layer(
    net: nn.Module,
    output: OutputId,
    shape: tuple[int, ...],
    other_shape: tuple[int, ...],
    several: bool,
) -> Layer:
    """Describe one output of a module.

    Args:
        net: The network.
        output: The output's id.
        shape: The output's shape, with the batch on axis 0.
        other_shape: Its shape for an input of another size.
        several: Whether the module returns several tensors.
    """
    name, index = output
    module = net.get_submodule(name)
    axes = range(1, len(shape))
    unchanged = [axis for axis in axes if shape[axis] == other_shape[axis]]
    default = len(shape) - 1 if _is_channels_last(module) else 1
    channel_axis = unchanged[0] if len(unchanged) == 1 else default
    rest = tuple(shape[axis] for axis in axes if axis != channel_axis)
    return Layer(
        name=f"{name}[{index}]" if several else name,
        module=name,
        index=index,
        kind=type(module).__name__,
        shape=(shape[channel_axis], *rest),
        channel_axis=channel_axis,
    )
