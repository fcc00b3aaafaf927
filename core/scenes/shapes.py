"""Signed distances to shapes: negative inside, 0 on the outline, positive outside.

Every function works on all scenes at once. Coordinates x and y are (n, h, w), with y pointing down;
other parameters are numbers or (n, 1, 1). A centre is (cx, cy), a half size (hx, hy), a radius r,
rx or ry. Formulas after Quilez, 2D distance functions.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

Number = Tensor | float


def ellipse(x: Tensor, y: Tensor, cx: Number, cy: Number, rx: Number, ry: Number) -> Tensor:
    """Return the distance to an axis-aligned ellipse: exact for circles, else approximate."""
    u, v = (x - cx) / rx, (y - cy) / ry
    k1 = torch.sqrt(u * u + v * v + 1e-9)
    k2 = torch.sqrt((u / rx) ** 2 + (v / ry) ** 2 + 1e-9)
    return k1 * (k1 - 1) / k2


def circle(x: Tensor, y: Tensor, cx: Number, cy: Number, r: Number) -> Tensor:
    """Return the distance to a circle."""
    return torch.sqrt((x - cx) ** 2 + (y - cy) ** 2 + 1e-9) - r


def box(
    x: Tensor, y: Tensor, cx: Number, cy: Number, hx: Number, hy: Number, rounding: Number = 0.0
) -> Tensor:
    """Return the distance to an axis-aligned box whose corners have the radius `rounding`."""
    u = (x - cx).abs() - hx + rounding
    v = (y - cy).abs() - hy + rounding
    outside = torch.sqrt(u.clamp(min=0) ** 2 + v.clamp(min=0) ** 2 + 1e-12)
    return outside + torch.maximum(u, v).clamp(max=0) - rounding


def capsule(
    x: Tensor, y: Tensor, ax: Number, ay: Number, bx: Number, by: Number, r: Number
) -> Tensor:
    """Return the distance to a line from a to b with round ends and a thickness of 2 r."""
    px, py, dx, dy = x - ax, y - ay, bx - ax, by - ay
    along = ((px * dx + py * dy) / (dx * dx + dy * dy + 1e-9)).clamp(0, 1)
    return torch.sqrt((px - dx * along) ** 2 + (py - dy * along) ** 2 + 1e-9) - r


def polygon(x: Tensor, y: Tensor, points: Sequence[tuple[Number, Number]]) -> Tensor:
    """Return the distance to a convex polygon: exact inside, too small outside near corners.

    Args:
        x: Horizontal coordinates, (n, h, w).
        y: Vertical coordinates, (n, h, w).
        points: Corners, clockwise on the screen.
    """
    edges = []
    for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
        dx, dy = torch.as_tensor(bx - ax), torch.as_tensor(by - ay)
        length = torch.sqrt(dx * dx + dy * dy + 1e-9)
        edges.append(((x - ax) * dy - (y - ay) * dx) / length)
    return intersection(*edges)


def ring(x: Tensor, y: Tensor, cx: Number, cy: Number, r: Number, thickness: Number) -> Tensor:
    """Return the distance to a circular line of radius r, `thickness` wide on each side."""
    return circle(x, y, cx, cy, r).abs() - thickness


def arc(
    x: Tensor, y: Tensor, cx: Number, cy: Number, rx: Number, ry: Number, thickness: Number
) -> Tensor:
    """Return the distance to half of an elliptic line: the lower half, or the upper if ry < 0."""
    ry = torch.as_tensor(ry)
    line = ellipse(x, y, cx, cy, rx, ry.abs()).abs() - thickness
    return torch.maximum(line, -(y - cy) * torch.sign(ry))


def union(*shapes: Tensor) -> Tensor:
    """Return the distance to the union of shapes."""
    distance = shapes[0]
    for shape in shapes[1:]:
        distance = torch.minimum(distance, shape)
    return distance


def intersection(*shapes: Tensor) -> Tensor:
    """Return the distance to the intersection of shapes."""
    distance = shapes[0]
    for shape in shapes[1:]:
        distance = torch.maximum(distance, shape)
    return distance


def rotate(x: Tensor, y: Tensor, cx: Number, cy: Number, angle: Number) -> tuple[Tensor, Tensor]:
    """Return coordinates in a frame with origin (cx, cy), rotated clockwise by `angle` radians."""
    angle = torch.as_tensor(angle)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    u, v = x - cx, y - cy
    return u * cosine + v * sine, v * cosine - u * sine
