"""Vehicles, drawn from the side and facing left."""

import math
from dataclasses import dataclass

import torch

from core.scenes import shapes
from core.scenes.painter import DrawObject, Painter
from core.scenes.scene_random import SceneRandom
from core.scenes.textures import Material, flat_material

Outline = tuple[tuple[float, float], ...]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Car:
    """A vehicle on wheels from the side, facing left. Lengths are in object units.

    Attributes:
        outlines: Convex polygons that form the body, with their corners clockwise.
        windows: Boxes, each as centre x, centre y, half width and half height.
        wheels: Horizontal positions of the wheels.
        radius: Radius of a wheel.
        bed: An open bed or a box in the second material, as a box; none where None.
    """

    outlines: tuple[Outline, ...]
    windows: tuple[Box, ...]
    wheels: tuple[float, ...] = (-0.52, 0.52)
    radius: float = 0.2
    bed: Box | None = None

    def __call__(
        self, painter: Painter, random: SceneRandom, main: Material, accent: Material
    ) -> None:
        """Draw the vehicle, its body in the main material."""
        x, y = painter.x, painter.y
        glass = flat_material(random, (0.5, 0.1, 0.3), (0.62, 0.5, 0.95))
        headlight = flat_material(random, (0.1, 0.2, 0.9), (0.17, 0.7, 1.0))
        tail_light = flat_material(random, (0.97, 0.7, 0.6), (1.02, 0.95, 0.95))
        if self.bed:
            painter.paint("frame", shapes.box(x, y, *self.bed, 0.02), accent)
        body = shapes.union(*(shapes.polygon(x, y, outline) for outline in self.outlines))
        painter.paint("body", body - 0.03, main)
        for window in self.windows:
            painter.paint("window", shapes.box(x, y, *window, 0.04), glass, rim=0.3)
        front = min(corner_x for outline in self.outlines for corner_x, _ in outline)
        back = max(corner_x for outline in self.outlines for corner_x, _ in outline)
        if self.bed:
            back = max(back, self.bed[0] + self.bed[2])
        front_lamp = shapes.ellipse(x, y, front + 0.04, 0.2, 0.06, 0.07)
        painter.paint("lamp", front_lamp, headlight, optional=True)
        back_lamp = shapes.box(x, y, back - 0.03, 0.2, 0.04, 0.07)
        painter.paint("lamp", back_lamp, tail_light, optional=True)
        for cx in self.wheels:
            _draw_wheel(painter, random, cx, 0.45, self.radius)


def _draw_wheel(painter: Painter, random: SceneRandom, cx: float, cy: float, r: float) -> None:
    x, y = painter.x, painter.y
    tyre = flat_material(random, (0, 0, 0.05), (1, 0.2, 0.2))
    rim = flat_material(random, (0, 0, 0.5), (1, 0.15, 0.95))
    painter.paint("wheel", shapes.circle(x, y, cx, cy, r), tyre, rim=0.0)
    painter.paint("wheel", shapes.circle(x, y, cx, cy, r * 0.58), rim)
    u, v = x - cx, y - cy
    spokes = shapes.union(u.abs(), v.abs()) - r * 0.07
    spokes = shapes.intersection(spokes, shapes.circle(x, y, cx, cy, r * 0.5))
    painter.paint("wheel", spokes, tyre, rim=0.0)


def bicycle(painter: Painter, random: SceneRandom, main: Material, accent: Material) -> None:
    """Draw a bicycle from the side, facing left."""
    x, y = painter.x, painter.y
    tyre = flat_material(random, (0, 0, 0.05), (1, 0.2, 0.25))
    for cx in (-0.52, 0.52):
        painter.paint("wheel", shapes.ring(x, y, cx, 0.32, 0.38, 0.045), tyre, rim=0.0)
        u, v = x - cx, y - 0.32
        spokes = torch.stack(
            [(u * math.cos(a) + v * math.sin(a)).abs() for a in (0.3, 1.35, 2.4)]
        ).amin(0)
        inside = shapes.circle(x, y, cx, 0.32, 0.36)
        painter.paint("wheel", shapes.intersection(spokes - 0.01, inside), tyre, rim=0.0)
    bars = [
        (-0.52, 0.32, -0.36, -0.3), (-0.38, -0.2, 0.14, -0.2), (-0.38, -0.18, -0.02, 0.34),
        (0.14, -0.2, -0.02, 0.34), (0.14, -0.2, 0.52, 0.32), (-0.02, 0.34, 0.52, 0.32),
        (0.14, -0.2, 0.18, -0.4),
    ]  # fmt: skip
    frame = shapes.union(*(shapes.capsule(x, y, *bar, 0.035) for bar in bars))
    painter.paint("frame", frame, main, rim=0.2)
    painter.paint("saddle", shapes.ellipse(x, y, 0.2, -0.43, 0.17, 0.06), tyre, optional=True)
    handlebar = shapes.union(
        shapes.capsule(x, y, -0.36, -0.3, -0.4, -0.48, 0.03),
        shapes.capsule(x, y, -0.4, -0.48, -0.58, -0.44, 0.035),
    )
    painter.paint("handlebar", handlebar, accent)


def motorcycle(painter: Painter, random: SceneRandom, main: Material, accent: Material) -> None:
    """Draw a motorcycle from the side, facing left."""
    x, y = painter.x, painter.y
    lamp = flat_material(random, (0.1, 0.2, 0.9), (0.17, 0.7, 1.0))
    black = flat_material(random, (0, 0, 0.05), (1, 0.2, 0.25))
    painter.paint("frame", shapes.capsule(x, y, -0.62, 0.4, -0.34, -0.25, 0.05), accent)
    for cx in (-0.62, 0.58):
        _draw_wheel(painter, random, cx, 0.4, 0.32)
    engine = shapes.box(x, y, 0.0, 0.3, 0.24, 0.2, 0.08)
    painter.paint("frame", engine, accent)
    painter.paint("frame", shapes.capsule(x, y, 0.05, 0.52, 0.8, 0.5, 0.055), accent, optional=True)
    tank = shapes.ellipse(x, y, -0.1, -0.08, 0.33, 0.19)
    painter.paint("body", tank, main)
    tail = [(0.15, 0.0), (0.75, -0.16), (0.8, -0.02), (0.2, 0.2)]
    painter.paint("body", shapes.polygon(x, y, tail) - 0.02, main)
    painter.paint("saddle", shapes.ellipse(x, y, 0.36, -0.13, 0.28, 0.09), black)
    painter.paint("lamp", shapes.circle(x, y, -0.48, -0.2, 0.11), lamp, optional=True)
    painter.paint("handlebar", shapes.capsule(x, y, -0.36, -0.26, -0.2, -0.45, 0.04), black)


# The lower half of a car.
_LOWER_BODY: Outline = ((-0.92, 0.1), (-0.62, 0.0), (0.9, 0.02), (0.94, 0.42), (-0.94, 0.42))

VEHICLES: dict[str, DrawObject] = {
    "sedan": Car(
        (_LOWER_BODY, ((-0.5, 0.02), (-0.24, -0.34), (0.34, -0.34), (0.62, 0.02))),
        ((-0.17, -0.16, 0.2, 0.12), (0.27, -0.16, 0.19, 0.12)),
    ),
    "van": Car(
        (((-0.94, 0.0), (-0.62, -0.42), (0.92, -0.42), (0.92, 0.42), (-0.94, 0.42)),),
        ((-0.56, -0.18, 0.15, 0.14),),
    ),
    "pickup": Car(
        (_LOWER_BODY, ((-0.5, 0.02), (-0.32, -0.36), (0.06, -0.36), (0.1, 0.02))),
        ((-0.17, -0.17, 0.16, 0.12),),
        bed=(0.5, -0.04, 0.42, 0.09),
    ),
    "truck": Car(
        (((-0.92, 0.0), (-0.84, -0.36), (-0.4, -0.36), (-0.4, 0.42), (-0.92, 0.42)),
         ((-0.4, 0.28), (0.92, 0.28), (0.92, 0.42), (-0.4, 0.42))),
        ((-0.68, -0.14, 0.15, 0.13),),
        wheels=(-0.64, 0.34, 0.72),
        radius=0.18,
        bed=(0.3, -0.22, 0.62, 0.5),
    ),
    "bus": Car(
        (((-0.94, -0.5), (0.94, -0.5), (0.94, 0.42), (-0.94, 0.42)),),
        tuple((cx, -0.2, 0.13, 0.17) for cx in (-0.74, -0.37, 0.0, 0.37, 0.74)),
        wheels=(-0.6, 0.6),
        radius=0.17,
    ),
    "sports car": Car(
        (((-0.96, 0.24), (-0.5, 0.1), (0.92, 0.06), (0.95, 0.42), (-0.95, 0.42)),
         ((-0.42, 0.12), (-0.02, -0.14), (0.3, -0.14), (0.78, 0.1))),
        ((0.1, -0.02, 0.2, 0.08),),
        radius=0.21,
    ),
    "bicycle": bicycle,
    "motorcycle": motorcycle,
}  # fmt: skip
