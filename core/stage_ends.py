"""The layers of a network that class activation maps use: the last of each stage."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from core.blocks import find_blocks
from core.hooks import OutputId, replace_outputs
from core.layers import Layer

# Layers of each height that are tried first: in all but a few networks the output depends on one.
TRIED_FIRST = 3


def stage_ends(
    net: nn.Module, layers: Mapping[str, Layer], input_size: tuple[int, int, int]
) -> tuple[str, ...]:
    """Return the last layer of each stage, in the order of the forward pass.

    The last one is the last layer with positions on which the output depends. Each one before it is
    the last such layer before it with higher maps. Among layers of tokens only whole blocks count:
    queries, keys and values come later than the tokens that they are computed from.

    Args:
        net: The network, frozen.
        layers: Its layers by name.
        input_size: Channels, height and width of its input.
    """
    by_height = _candidates_by_height(net, layers)
    tried = [layer for group in by_height.values() for layer in group[-TRIED_FIRST:]]
    used = used_layers(net, tried, input_size)
    unfinished = [group for group in by_height.values() if not used & {each.name for each in group}]
    if unfinished:
        rest = [layer for group in unfinished for layer in group[:-TRIED_FIRST]]
        used |= used_layers(net, rest, input_size)
    ends: list[str] = []
    height = 0
    for name, layer in reversed(list(layers.items())):
        if name in used and layer.shape[1] > height:
            ends.append(name)
            height = layer.shape[1]
    return tuple(reversed(ends))


def _candidates_by_height(net: nn.Module, layers: Mapping[str, Layer]) -> dict[int, list[Layer]]:
    """Return the layers that may end a stage, by the height of their maps."""
    blocks = find_blocks(net)
    by_height: dict[int, list[Layer]] = {}
    for layer in layers.values():
        if layer.is_spatial:
            by_height.setdefault(layer.shape[1], []).append(layer)
    for height, group in by_height.items():
        if any(layer.is_tokens for layer in group):
            by_height[height] = [layer for layer in group if layer.module in blocks] or group
    return by_height


def used_layers(
    net: nn.Module, layers: Sequence[Layer], input_size: tuple[int, int, int]
) -> set[str]:
    """Return the names of the layers on which the output depends at some position.

    The gradient of tokens is 0 where only the class token is used later. That of other maps may be
    0 as well, where a norm starts with a scale of 0; these layers count as used.

    Args:
        net: The network, frozen.
        layers: The layers to check.
        input_size: Channels, height and width of its input.
    """
    by_output = {(layer.module, layer.index): layer for layer in layers}
    kept: dict[str, Tensor] = {}

    def keep(output: OutputId, tensor: Tensor) -> Tensor:
        layer = by_output.get(output)
        if layer is None:
            return tensor
        # Copies, since a later layer may change its input in place.
        kept[layer.name] = layer.read(tensor).clone()
        return layer.write(kept[layer.name], tensor).clone()

    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, *input_size, generator=generator).to(next(net.parameters()))
    modules = {module for module, _ in by_output}
    with torch.enable_grad(), replace_outputs(net, modules, keep):
        outputs = list(_tensors(net(x.requires_grad_())))
    weights = [torch.randn(each.shape, generator=generator).to(each) for each in outputs]
    depending = {name: tensor for name, tensor in kept.items() if tensor.requires_grad}
    if not depending or not any(output.requires_grad for output in outputs):
        return set()
    pairs = zip(weights, outputs, strict=True)
    total = torch.stack([(weight * output).sum() for weight, output in pairs]).sum()
    gradients = torch.autograd.grad(total, list(depending.values()), allow_unused=True)
    reached = {
        name: gradient
        for name, gradient in zip(depending, gradients, strict=True)
        if gradient is not None
    }
    if not any(gradient.any() for gradient in reached.values()):
        return set(reached)  # an untrained classifier whose weights are 0
    tokens = {layer.name for layer in layers if layer.is_tokens}
    return {name for name, gradient in reached.items() if name not in tokens or gradient.any()}


def _tensors(output: Any) -> Iterator[Tensor]:
    """Yield the tensors of an output, which may be a nested list or tuple."""
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, tuple | list):
        for item in output:
            yield from _tensors(item)
