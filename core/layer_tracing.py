"""Find the layers of a network by running it on inputs of several sizes.

The number of pictures, the height and the width of the input change apart from each other, so that
the shapes tell which axes follow them (`core.layer_axes`). Many transformers accept a single input
size only, or resize every input to one. There a patch of the input is changed instead, at three
places: an activation has positions where it changes most at the places of the patches. This needs a
network whose positions depend most on what is near them; where they do not, the layer counts as one
without positions.
"""

from collections import Counter
from collections.abc import Sequence, Set
from contextlib import suppress
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.hooks import OutputId, replace_outputs
from core.layer_axes import Axes, InputSize, Shape, find_axes, has_batch_axis
from core.layer_places import PATCH_CENTRES, choose_axes, local_changes
from core.layers import Layer, is_spatial

# Modules that work on the last axis, whatever their input's shape.
CHANNELS_LAST_KINDS = (nn.Linear, nn.LayerNorm)
# Sides in pixels of the small inputs: the first that the network accepts counts. Others are taller
# and wider by a step after which the last stage of a network that reduces by 64 changes.
SIDES, STEP = (64, 96, 160, 224), 64
# Errors of networks for inputs of a size that they do not accept.
SIZE_ERRORS = (RuntimeError, AssertionError, ValueError, IndexError, TypeError, ZeroDivisionError)
# Side of the changed patches, as a share of the input's side.
PATCH_SHARE = 0.125


@dataclass(frozen=True)
class _Pass:
    """The shapes of all tensors in a forward pass, which may have ended early with an error."""

    size: InputSize
    shapes: dict[OutputId, Shape]
    complete: bool


def trace_layers(net: nn.Module, input_size: tuple[int, int, int]) -> dict[str, Layer]:
    """List the layers of a network by name, in the order of computation.

    Tensors whose first axis is not the batch are left out: those that have windows or patches of
    all pictures in one axis, and those that do not depend on the input.

    Args:
        net: The network.
        input_size: Channels, height and width of its input.
    """
    channels, height, width = input_size
    own_size = InputSize(1, height, width)
    own = _Pass(own_size, _run(net, channels, own_size, {}), complete=True)
    passes = [own, *_resized_passes(net, channels)]
    by_size = {output for output in own.shapes if all(output in each.shapes for each in passes)}
    axes = {output: _axes_by_size(output, passes) for output in by_size}
    if not any(found and found.grid for found in axes.values()):
        axes = {}  # the network resizes its input, and no shape follows the input's
    others = own.shapes.keys() - axes.keys()
    if others:
        axes |= _axes_by_change(net, input_size, own, others)
    counts = Counter(name for name, _ in own.shapes)
    layers = {}
    for output, shape in own.shapes.items():
        if (found := axes[output]) is not None:
            layer = _make_layer(net, output, shape, found, several=counts[output[0]] > 1)
            layers[layer.name] = layer
    return layers


def _resized_passes(net: nn.Module, channels: int) -> list[_Pass]:
    """Run a small square input, a taller one, and two pictures of a wider one.

    Returns:
        The passes at the first side that the network accepts; if it accepts none, those at the
        side at which it got furthest.
    """
    furthest = _try(net, channels, InputSize(1, SIDES[0], SIDES[0]))
    for side in SIDES[1:]:
        if furthest.complete:
            break
        square = _try(net, channels, InputSize(1, side, side))
        if square.complete or len(square.shapes) > len(furthest.shapes):
            furthest = square
    side = furthest.size.height
    taller, wider = InputSize(1, side + STEP, side), InputSize(2, side, side + STEP)
    return [furthest, _try(net, channels, taller), _try(net, channels, wider)]


def _try(net: nn.Module, channels: int, size: InputSize) -> _Pass:
    """Run the network on an input of a size that it may not accept."""
    shapes: dict[OutputId, Shape] = {}
    complete = False
    with suppress(*SIZE_ERRORS):
        _run(net, channels, size, shapes)
        complete = True
    return _Pass(size, shapes, complete)


def _run(
    net: nn.Module, channels: int, size: InputSize, shapes: dict[OutputId, Shape]
) -> dict[OutputId, Shape]:
    """Run the network on zeros, and add the shape of every tensor that a module returns."""

    def record(output: OutputId, tensor: Tensor) -> Tensor:
        shapes[output] = tuple(tensor.shape)
        return tensor

    parameter = next(net.parameters())
    x = parameter.new_zeros(size.batch, channels, size.height, size.width)
    with torch.no_grad(), replace_outputs(net, _module_names(net), record):
        net(x)
    return shapes


def _module_names(net: nn.Module) -> list[str]:
    return [name for name, _ in net.named_modules() if name]


def _axes_by_size(output: OutputId, passes: Sequence[_Pass]) -> Axes | None:
    """Return the axes of a tensor; None if its first axis is not the batch."""
    shapes = [each.shapes[output] for each in passes]
    sizes = [each.size for each in passes]
    return find_axes(shapes, sizes) if has_batch_axis(shapes, sizes) else None


def _axes_by_change(
    net: nn.Module, input_size: tuple[int, int, int], own: _Pass, outputs: Set[OutputId]
) -> dict[OutputId, Axes | None]:
    """Find the axes of tensors in a network that accepts a single input size.

    Args:
        net: The network.
        input_size: Channels, height and width of its input.
        own: The pass at this size.
        outputs: The tensors.
    """
    candidates: dict[OutputId, dict[Axes, bool]] = {}
    x = _changed_inputs(next(net.parameters()), input_size)

    def compare(output: OutputId, tensor: Tensor) -> Tensor:
        if output in outputs:
            shapes = [own.shapes[output], tuple(tensor.shape)]
            if has_batch_axis(shapes, [own.size, InputSize(len(x), *input_size[1:])]):
                candidates[output] = local_changes(tensor, own.size)
        return tensor

    with torch.no_grad(), replace_outputs(net, {name for name, _ in outputs}, compare):
        net(x)
    certain = {
        axes for found in candidates.values() for axes, is_local in found.items() if is_local
    }
    axes: dict[OutputId, Axes | None] = dict.fromkeys(outputs)
    for output, found in candidates.items():
        axes[output] = choose_axes(found, certain, ndim=len(own.shapes[output]))
    return axes


def _changed_inputs(like: Tensor, input_size: tuple[int, int, int]) -> Tensor:
    """Return noise, and copies of it with one patch changed, each at another place."""
    generator = torch.Generator().manual_seed(0)
    channels, height, width = input_size
    noise = torch.randn(channels, height, width, generator=generator)
    x = noise.repeat(1 + len(PATCH_CENTRES), 1, 1, 1)
    rows, columns = round(PATCH_SHARE * height), round(PATCH_SHARE * width)
    for changed, (y, x_centre) in zip(x[1:], PATCH_CENTRES, strict=True):
        top, left = round(y * height - rows / 2), round(x_centre * width - columns / 2)
        patch = changed[:, top : top + rows, left : left + columns]
        patch += 2 * torch.randn(patch.shape, generator=generator)
    return x.to(like)


def _is_channels_last(module: nn.Module) -> bool:
    """Return whether this kind of module has its channels last.

    timm's LayerNorm2d is a subclass of LayerNorm that keeps channels first.
    """
    return isinstance(module, CHANNELS_LAST_KINDS) and not type(module).__name__.endswith("2d")


def _make_layer(net: nn.Module, output: OutputId, shape: Shape, axes: Axes, several: bool) -> Layer:
    """Describe one output of a module.

    Args:
        net: The network.
        output: The output's id.
        shape: The output's shape, with the batch on axis 0.
        axes: What its axes mean.
        several: Whether the module returns several tensors.
    """
    name, index = output
    module = net.get_submodule(name)
    default = len(shape) - 1 if _is_channels_last(module) else 1
    channel_axis = axes.constant[0] if len(axes.constant) == 1 else default
    rest = tuple(shape[axis] for axis in range(1, len(shape)) if axis != channel_axis)
    described = (shape[channel_axis], *(axes.grid or rest))
    if axes.grid is None and (len(described) > 3 or is_spatial(described)):
        described = (shape[channel_axis], torch.Size(rest).numel())
    return Layer(
        name=f"{name}[{index}]" if several else name,
        module=name,
        index=index,
        kind=type(module).__name__,
        shape=described,
        channel_axis=channel_axis,
        is_tokens=axes.is_tokens,
        prefix_tokens=axes.prefix_tokens,
    )
