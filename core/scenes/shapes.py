"""Signed distances of shapes over a grid of points: below 0 inside, 0 on the edge.

All vectorised over scenes: a coordinate is (n, h, w), a parameter a number or (n, 1, 1). Formulas
after Quilez, 2D distance functions.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

Number = Tensor | float


def ellipse(x: Tensor, y: Tensor, cx: Number, cy: Number, rx: Number, ry: Number) -> Tensor:
    """An ellipse with its axes along x and y; the distance is exact on a circle only."""
    u, v = (x - cx) / rx, (y - cy) / ry
    k1 = torch.sqrt(u * u + v * v + 1e-9)
    k2 = torch.sqrt((u / rx) ** 2 + (v / ry) ** 2 + 1e-9)
    return k1 * (k1 - 1) / k2


def circle(x: Tensor, y: Tensor, cx: Number, cy: Number, r: Number) -> Tensor:
    """A circle."""
    return torch.sqrt((x - cx) ** 2 + (y - cy) ** 2 + 1e-9) - r


def box(
    x: Tensor, y: Tensor, cx: Number, cy: Number, hx: Number, hy: Number, rounding: Number = 0.0
) -> Tensor:
    """A box of half sizes hx and hy with rounded corners."""
    u = (x - cx).abs() - hx + rounding
    v = (y - cy).abs() - hy + rounding
    outside = torch.sqrt(u.clamp(min=0) ** 2 + v.clamp(min=0) ** 2 + 1e-12)
    return outside + torch.maximum(u, v).clamp(max=0) - rounding


def capsule(
    x: Tensor, y: Tensor, ax: Number, ay: Number, bx: Number, by: Number, r: Number
) -> Tensor:
    """A line from a to b, as thick as 2 r."""
    px, py, dx, dy = x - ax, y - ay, bx - ax, by - ay
    along = ((px * dx + py * dy) / (dx * dx + dy * dy + 1e-9)).clamp(0, 1)
    return torch.sqrt((px - dx * along) ** 2 + (py - dy * along) ** 2 + 1e-9) - r


def polygon(x: Tensor, y: Tensor, points: Sequence[tuple[Number, Number]]) -> Tensor:
    """A convex polygon, its points clockwise as seen on the screen (y points down)."""
    edges = []
    for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
        dx, dy = torch.as_tensor(bx - ax), torch.as_tensor(by - ay)
        length = torch.sqrt(dx * dx + dy * dy + 1e-9)
        edges.append(((x - ax) * dy - (y - ay) * dx) / length)
    distance = edges[0]
    for edge in edges[1:]:
        distance = torch.maximum(distance, edge)
    return distance


def ring(x: Tensor, y: Tensor, cx: Number, cy: Number, r: Number, thickness: Number) -> Tensor:
    """A circle's line."""
    return circle(x, y, cx, cy, r).abs() - thickness


def arc(
    x: Tensor, y: Tensor, cx: Number, cy: Number, rx: Number, ry: Number, thickness: Number
) -> Tensor:
    """The lower half of an ellipse's line: a smile; the upper one where ry is below 0."""
    ry = torch.as_tensor(ry)
    line = ellipse(x, y, cx, cy, rx, ry.abs()).abs() - thickness
    return torch.maximum(line, -(y - cy) * torch.sign(ry))


def union(*shapes: Tensor) -> Tensor:
    """All of them."""
    distance = shapes[0]
    for shape in shapes[1:]:
        distance = torch.minimum(distance, shape)
    return distance


def common(*shapes: Tensor) -> Tensor:
    """Where all of them are."""
    distance = shapes[0]
    for shape in shapes[1:]:
        distance = torch.maximum(distance, shape)
    return distance


def turned(x: Tensor, y: Tensor, cx: Number, cy: Number, angle: Number) -> tuple[Tensor, Tensor]:
    """Coordinates in a frame centred at c and turned by an angle (radians, clockwise)."""
    angle = torch.as_tensor(angle)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    u, v = x - cx, y - cy
    return u * cosine + v * sine, v * cosine - u * sine
