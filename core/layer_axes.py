"""What the axes of an activation mean: batch, channels, height, width or tokens.

The answer comes from the tensor alone: which axes change with the number of pictures, and with the
height and the width of the input.
"""

from collections.abc import Sequence
from dataclasses import dataclass

Shape = tuple[int, ...]
# The most tokens before those of the positions: class and distillation tokens, and registers.
MAX_PREFIX_TOKENS = 16


@dataclass(frozen=True)
class InputSize:
    """The size of a network's input in one pass."""

    batch: int
    height: int
    width: int


@dataclass(frozen=True)
class Axes:
    """What the axes of an activation mean; axis 0 is the batch.

    Attributes:
        constant: The axes whose length depends on no side of the input.
        grid: Height and width of the positions; None if there are none.
        prefix_tokens: Number of tokens before those of the grid.
        is_tokens: Whether all positions are in a single axis.
    """

    constant: tuple[int, ...]
    grid: tuple[int, int] | None = None
    prefix_tokens: int = 0
    is_tokens: bool = False


def has_batch_axis(shapes: Sequence[Shape], sizes: Sequence[InputSize]) -> bool:
    """Return whether axis 0 is the batch, in passes with different numbers of pictures."""
    return all(
        len(shape) > 1 and shape[0] == size.batch for shape, size in zip(shapes, sizes, strict=True)
    )


def find_axes(shapes: Sequence[Shape], sizes: Sequence[InputSize]) -> Axes:
    """Deduce the axes from the shapes in several passes.

    A feature map has one axis that follows the height, one that follows the width and one that
    follows neither. Tokens have one axis that follows both, and one that follows neither. Gates,
    attention matrices and dynamic kernels have other axes, and so no grid.

    Args:
        shapes: The activation's shape in each pass.
        sizes: The input's size in each of four passes: the network's own size, a square, a taller
            picture of the same width, and a wider one of the same height.
    """
    first, base, taller, wider = shapes
    constant, heights, widths, both = [], [], [], []
    for axis in range(1, len(first)):
        follows_height = taller[axis] != base[axis]
        follows_width = wider[axis] != base[axis]
        if follows_height and follows_width:
            both.append(axis)
        elif follows_height:
            heights.append(axis)
        elif follows_width:
            widths.append(axis)
        elif first[axis] == base[axis]:
            constant.append(axis)
    if len(constant) == 1 and len(first) == 4 and heights and widths and heights < widths:
        return Axes(tuple(constant), grid=(first[heights[0]], first[widths[0]]))
    if len(constant) == 1 and len(first) == 3 and both:
        tokens = [shape[both[0]] for shape in shapes]
        candidates = [token_grids(*pair) for pair in zip(tokens, sizes, strict=True)]
        common = set.intersection(*(set(found) for found in candidates))
        if common:
            stride, prefix = min(common, key=lambda found: (found[1], -found[0]))
            return Axes(tuple(constant), candidates[0][stride, prefix], prefix, is_tokens=True)
    return Axes(tuple(constant))


def token_grids(tokens: int, size: InputSize) -> dict[tuple[int, int], tuple[int, int]]:
    """Return the grids that a number of tokens may form.

    Returns:
        Height and width, by stride in pixels and number of tokens before those of the grid.
    """
    grids: dict[tuple[int, int], tuple[int, int]] = {}
    for stride in range(1, min(size.height, size.width) + 1):
        for grid in grids_of_stride(stride, size):
            prefix = tokens - grid[0] * grid[1]
            if 0 <= prefix <= MAX_PREFIX_TOKENS:
                grids.setdefault((stride, prefix), grid)
    return grids


def grids_of_stride(stride: int, size: InputSize) -> list[tuple[int, int]]:
    """Return the grids of positions that lie this many pixels apart, rounded down and up."""
    down = (size.height // stride, size.width // stride)
    up = (-(-size.height // stride), -(-size.width // stride))
    return [down, up]
