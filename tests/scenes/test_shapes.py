"""Signed distances against a slow search for the nearest point of the outline."""

import math

import numpy as np
import pytest
import torch

from core.scenes import shapes


def grid(side: int = 41) -> tuple[torch.Tensor, torch.Tensor]:
    line = torch.linspace(-1, 1, side)
    y, x = torch.meshgrid(line, line, indexing="ij")
    return x[None], y[None]


def outline_of_polygon(points: list[tuple[float, float]]) -> np.ndarray:
    found = []
    for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
        t = np.linspace(0, 1, 400)
        found.append(np.stack([ax + (bx - ax) * t, ay + (by - ay) * t], 1))
    return np.concatenate(found)


def nearest(x: torch.Tensor, y: torch.Tensor, outline: np.ndarray) -> np.ndarray:
    points = np.stack([x[0].numpy().ravel(), y[0].numpy().ravel()], 1)
    return np.sqrt(((points[:, None] - outline[None]) ** 2).sum(-1)).min(1).reshape(x[0].shape)


def circle_points(cx: float, cy: float, rx: float, ry: float) -> np.ndarray:
    t = np.linspace(0, 2 * math.pi, 2000)
    return np.stack([cx + rx * np.cos(t), cy + ry * np.sin(t)], 1)


def test_a_circle_is_exact():
    x, y = grid()
    expected = nearest(x, y, circle_points(0.1, -0.2, 0.5, 0.5))
    inside = (x - 0.1) ** 2 + (y + 0.2) ** 2 < 0.25
    clear = torch.from_numpy(expected > 1e-3)  # of the edge itself
    found = shapes.circle(x, y, 0.1, -0.2, 0.5)[0]
    np.testing.assert_allclose(found.abs(), expected, atol=2e-3)
    assert torch.equal((found < 0)[clear], inside[0][clear])


def test_an_ellipse_has_the_right_inside_and_is_near_its_distance_at_the_edge():
    x, y = grid(81)
    found = shapes.ellipse(x, y, 0, 0, 0.8, 0.3)[0]
    assert torch.equal(found < 0, ((x / 0.8) ** 2 + (y / 0.3) ** 2 < 1)[0])
    expected = nearest(x, y, circle_points(0, 0, 0.8, 0.3))
    close = expected < 0.05
    np.testing.assert_allclose(found.abs().numpy()[close], expected[close], atol=0.02)


@pytest.mark.parametrize(
    "points",
    [
        [(-0.5, -0.4), (0.6, -0.2), (0.1, 0.7)],
        [(-0.5, -0.5), (0.5, -0.5), (0.6, 0.4), (-0.3, 0.6)],
    ],
)
def test_a_convex_polygon_is_exact_inside(points):
    x, y = grid()
    found = shapes.polygon(x, y, points)[0]
    expected = nearest(x, y, outline_of_polygon(points))
    inside = (found < 0).numpy()
    assert 0.05 < inside.mean() < 0.6
    np.testing.assert_allclose(-found.numpy()[inside], expected[inside], atol=5e-3)


def test_a_box_is_a_polygon():
    x, y = grid()
    corners = [(-0.6, -0.3), (0.2, -0.3), (0.2, 0.5), (-0.6, 0.5)]
    found = shapes.box(x, y, -0.2, 0.1, 0.4, 0.4)[0]
    np.testing.assert_allclose(found.abs(), nearest(x, y, outline_of_polygon(corners)), atol=5e-3)


def test_a_capsule_is_round_at_its_ends():
    x, y = grid()
    found = shapes.capsule(x, y, -0.4, 0.0, 0.4, 0.0, 0.2)
    expected = torch.sqrt((x - x.clamp(-0.4, 0.4)) ** 2 + y**2) - 0.2
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_turning_is_a_rotation():
    x, y = grid()
    u, v = shapes.turned(x, y, 0.2, -0.1, 0.7)
    torch.testing.assert_close(u**2 + v**2, (x - 0.2) ** 2 + (y + 0.1) ** 2)
    torch.testing.assert_close(shapes.turned(x, y, 0, 0, 0.0)[0], x)
