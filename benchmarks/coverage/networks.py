"""Networks with random weights and the smallest input on which all of their layers have values."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from core import zoo
from core.layer_tracing import SIZE_ERRORS
from core.zoo.timm_names import pretrained_config

# Sides in pixels that are tried, from small to large.
SIDES = (64, 96, 128, 160, 192)
# Sides to which networks of a single input size are changed, where timm can do that, and the fewest
# patches per side. They need that many for their layers to be found: `core.layer_tracing` changes
# an eighth of the side.
RESIZED_SIDES, LEAST_PATCHES = (112, 128, 160, 192), 7
# The fewest positions per side of the last feature map.
LEAST_POSITIONS = 2
# Standard deviation of the noise on weights that are equal.
NOISE = 0.05


def card_of(architecture: str) -> zoo.Card:
    """Return the card of an architecture with random weights, also of kinds that pages refuse."""
    config = pretrained_config(architecture)
    return zoo.Card(f"untrained/{architecture}", architecture, "untrained", config)


def build(card: zoo.Card) -> zoo.Model:
    """Build a network on the CPU. Its weights are random, without equal values.

    timm starts many factors at 0 or at 1e-6, which would hide whether gradients pass through what
    they scale. These get noise.

    Raises:
        WeightsUnavailable: The network's input is not RGB.
    """
    m = zoo.build(card, torch.device("cpu"))
    generator = torch.Generator().manual_seed(0)
    for parameter in m.net.parameters():
        if parameter.numel() and bool((parameter == parameter.flatten()[0]).all()):
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=NOISE)
    return m


def with_smallest_input(m: zoo.Model) -> zoo.Model:
    """Return the model with the smallest square input that works, or with its own.

    The last feature map has at least two positions per side. Vision transformers of one input size
    are changed to a smaller one where timm can do that. Networks that resize their input keep their
    own size.
    """
    for side in _sides_to_try(m):
        if side < min(m.input_size[1:]) and _accepts(m, side):
            config = dict(m.card.config) | {"input_size": (m.input_size[0], side, side)}
            return replace(m, card=replace(m.card, config=config))
    _resize(m.net, m.input_size[1:])
    return m


def pictures() -> list[Image.Image]:
    """Return two pictures of coloured noise, a wide and a tall one, the same every time."""
    random = np.random.default_rng(0)
    sizes = [(150, 110), (100, 140)]
    coarse = [random.integers(0, 256, (7, 7, 3), dtype=np.uint8) for _ in sizes]
    return [
        Image.fromarray(colours).resize(size, Image.Resampling.BICUBIC)
        for colours, size in zip(coarse, sizes, strict=True)
    ]


def _sides_to_try(m: zoo.Model) -> Iterator[int]:
    """Yield sides from small to large, with the network changed to each where that is needed."""
    patch = _patch_side(m.net)
    if patch is None:
        yield from SIDES
        return
    for side in RESIZED_SIDES:
        if side % patch == 0 and side >= LEAST_PATCHES * patch and side < min(m.input_size[1:]):
            _resize(m.net, (side, side))
            yield side


def _patch_side(net: Any) -> int | None:
    """Return the side of the patches of a network that timm can change to another input size."""
    if not hasattr(net, "set_input_size"):
        return None
    patch_size = getattr(getattr(net, "patch_embed", None), "patch_size", None)
    return patch_size[0] if isinstance(patch_size, tuple) else None


def _resize(net: Any, size: tuple[int, int]) -> None:
    if _patch_side(net) is not None:
        net.set_input_size(img_size=size)


def _accepts(m: zoo.Model, side: int) -> bool:
    """Return whether a network computes its output for a small input, and enough positions."""
    try:
        features = _features(m.net, (m.input_size[0], side, side))
        with torch.no_grad():
            m.net(torch.zeros(1, m.input_size[0], side, side))
    except SIZE_ERRORS:
        return False
    if isinstance(features, Tensor) and features.ndim == 4:
        # The channels are last in some networks; they are more than the positions of a side.
        return sorted(features.shape[1:])[0] >= LEAST_POSITIONS
    # Tokens or several maps; as many as for its own size if the network resizes its input.
    return _patch_side(m.net) is not None or _values(features) < _values(
        _features(m.net, m.input_size)
    )


def _features(net: Any, shape: tuple[int, int, int]) -> Any:
    with torch.no_grad():
        return net.forward_features(torch.zeros(1, *shape))


def _values(features: Any) -> int:
    """Return the number of values in a tensor, or in a nested list of tensors."""
    if isinstance(features, Tensor):
        return features.numel()
    return sum(_values(each) for each in features)


def is_finite(net: nn.Module) -> bool:
    """Return whether all weights are finite."""
    return all(bool(parameter.isfinite().all()) for parameter in net.parameters())
