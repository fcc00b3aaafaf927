"""The positions of an activation, found from where it changes when a patch of the input changes."""

from collections.abc import Iterator, Mapping
from itertools import combinations

import torch
from jaxtyping import Float
from torch import Tensor

from core.float64 import to_float64
from core.layer_axes import Axes, InputSize, grids_of_stride, token_grids

# Centres of the patches that are changed, as shares of height and width.
PATCH_CENTRES = ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75))
# How many times more than for a patch elsewhere an activation changes at a patch's place, for one
# that certainly has positions. Random values of other axes reach 2 for one patch, not for three.
LOCAL_FACTOR = 3


def local_changes(tensor: Tensor, size: InputSize) -> dict[Axes, bool]:
    """Return the axes that an activation may have, and whether its changes are certainly local.

    Two axes that have the shape of a grid of positions may be height and width; one axis of about
    as many places may be tokens.

    Args:
        tensor: The activation for an input, and for its copies with a changed patch at each of
            `PATCH_CENTRES`.
        size: The input's size.
    """
    # Converted first: an activation may be boolean, as a mask is.
    change = (to_float64(tensor[1:]) - to_float64(tensor[:1])).square()
    return {
        axes: _is_local(_change_on_grid(change, axes))
        for axes in _candidates(tuple(tensor.shape), size)
    }


def choose_axes(candidates: Mapping[Axes, bool], certain: set[Axes], ndim: int) -> Axes:
    """Return the axes of an activation.

    Deep in a network every position depends on all others, and the change is no longer local. An
    activation there has the axes of another one in the same network that is certainly local.

    Args:
        candidates: As `local_changes` returns them.
        certain: The axes of all activations that are certainly local.
        ndim: The number of the activation's axes.
    """
    possible = [axes for axes in candidates if axes in certain]
    if not possible:
        return Axes(constant=tuple(range(1, ndim)))
    return max(possible, key=lambda axes: candidates[axes])


def _candidates(shape: tuple[int, ...], size: InputSize) -> Iterator[Axes]:
    """Yield the axes that a shape allows: those of feature maps, and those of tokens."""
    if len(shape) == 4:
        grids = {
            grid
            for stride in range(1, min(size.height, size.width) // 2 + 1)
            for grid in grids_of_stride(stride, size)
        }
        for height, width in combinations((1, 2, 3), 2):
            if (grid := (shape[height], shape[width])) in grids:
                yield Axes((6 - height - width,), grid)
    if len(shape) == 3:
        for axis in (1, 2):
            found = {
                (grid, prefix)
                for (_, prefix), grid in token_grids(shape[axis], size).items()
                if min(grid) > 1
            }
            for grid, prefix in found:
                yield Axes((3 - axis,), grid, prefix, is_tokens=True)


def _change_on_grid(change: Tensor, axes: Axes) -> Float[Tensor, "patches y x"]:
    """Sum the squared change over channels, on a grid of positions."""
    total = change.sum(axes.constant)
    if axes.is_tokens and axes.grid:
        return total[:, axes.prefix_tokens :].unflatten(1, axes.grid)
    return total


def _is_local(change: Float[Tensor, "patches y x"]) -> bool:
    """Return whether the change at each patch's place far exceeds that for other patches."""
    _, height, width = change.shape
    smallest = torch.finfo(change.dtype).tiny
    share = change / change.sum((1, 2), keepdim=True).clamp(min=smallest)
    at_places = torch.stack(
        [share[:, int(y * height), int(x * width)] for y, x in PATCH_CENTRES], dim=1
    )
    own = at_places.diagonal()
    elsewhere = (at_places.sum(0) - own) / (len(own) - 1)
    return bool((own > LOCAL_FACTOR * elsewhere).all())
