"""Compare signed distances with a slow search for the nearest point of the outline."""

import math

import numpy as np
import pytest
import torch

from core.scenes import shapes


def grid(side: int = 41) -> tuple[torch.Tensor, torch.Tensor]:
    coordinates = torch.linspace(-1, 1, side)
    y, x = torch.meshgrid(coordinates, coordinates, indexing="ij")
    return x[None], y[None]


def polygon_outline(points: list[tuple[float, float]]) -> np.ndarray:
    edges = []
    for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
        t = np.linspace(0, 1, 400)
        edges.append(np.stack([ax + (bx - ax) * t, ay + (by - ay) * t], 1))
    return np.concatenate(edges)


def distance_to_outline(x: torch.Tensor, y: torch.Tensor, outline: np.ndarray) -> np.ndarray:
    points = np.stack([x[0].numpy().ravel(), y[0].numpy().ravel()], 1)
    return np.sqrt(((points[:, None] - outline[None]) ** 2).sum(-1)).min(1).reshape(x[0].shape)


def ellipse_outline(cx: float, cy: float, rx: float, ry: float) -> np.ndarray:
    t = np.linspace(0, 2 * math.pi, 2000)
    return np.stack([cx + rx * np.cos(t), cy + ry * np.sin(t)], 1)


def test_circle_distance_is_exact():
    x, y = grid()
    expected = distance_to_outline(x, y, ellipse_outline(0.1, -0.2, 0.5, 0.5))
    inside = (x - 0.1) ** 2 + (y + 0.2) ** 2 < 0.25
    off_the_outline = torch.from_numpy(expected > 1e-3)
    distance = shapes.circle(x, y, 0.1, -0.2, 0.5)[0]
    np.testing.assert_allclose(distance.abs(), expected, atol=2e-3)
    assert torch.equal((distance < 0)[off_the_outline], inside[0][off_the_outline])


def test_ellipse_distance_has_the_right_sign_and_is_accurate_near_the_outline():
    x, y = grid(81)
    distance = shapes.ellipse(x, y, 0, 0, 0.8, 0.3)[0]
    assert torch.equal(distance < 0, ((x / 0.8) ** 2 + (y / 0.3) ** 2 < 1)[0])
    expected = distance_to_outline(x, y, ellipse_outline(0, 0, 0.8, 0.3))
    near_outline = expected < 0.05
    np.testing.assert_allclose(
        distance.abs().numpy()[near_outline], expected[near_outline], atol=0.02
    )


@pytest.mark.parametrize(
    "points",
    [
        [(-0.5, -0.4), (0.6, -0.2), (0.1, 0.7)],
        [(-0.5, -0.5), (0.5, -0.5), (0.6, 0.4), (-0.3, 0.6)],
    ],
)
def test_polygon_distance_is_exact_inside(points):
    x, y = grid()
    distance = shapes.polygon(x, y, points)[0]
    expected = distance_to_outline(x, y, polygon_outline(points))
    inside = (distance < 0).numpy()
    assert 0.05 < inside.mean() < 0.6
    np.testing.assert_allclose(-distance.numpy()[inside], expected[inside], atol=5e-3)


def test_box_distance_matches_a_polygon():
    x, y = grid()
    corners = [(-0.6, -0.3), (0.2, -0.3), (0.2, 0.5), (-0.6, 0.5)]
    distance = shapes.box(x, y, -0.2, 0.1, 0.4, 0.4)[0]
    np.testing.assert_allclose(
        distance.abs(), distance_to_outline(x, y, polygon_outline(corners)), atol=5e-3
    )


def test_capsule_has_round_ends():
    x, y = grid()
    distance = shapes.capsule(x, y, -0.4, 0.0, 0.4, 0.0, 0.2)
    expected = torch.sqrt((x - x.clamp(-0.4, 0.4)) ** 2 + y**2) - 0.2
    torch.testing.assert_close(distance, expected, atol=1e-4, rtol=0)


def test_rotate_keeps_distances_and_angle_zero_is_the_identity():
    x, y = grid()
    u, v = shapes.rotate(x, y, 0.2, -0.1, 0.7)
    torch.testing.assert_close(u**2 + v**2, (x - 0.2) ** 2 + (y + 0.1) ** 2)
    torch.testing.assert_close(shapes.rotate(x, y, 0, 0, 0.0)[0], x)
