"""Vehicles, buildings and plants: which parts, of which shape, where."""

import math
from dataclasses import dataclass

import torch

from core.scenes import shapes
from core.scenes.dice import Dice
from core.scenes.painter import Draw, Painter
from core.scenes.textures import Material, colours, flat


def _wheel(p: Painter, d: Dice, cx: float, cy: float, r: float) -> None:
    tyre = flat(colours(d, (0, 0, 0.05), (1, 0.2, 0.2)))
    rim = flat(colours(d, (0, 0, 0.5), (1, 0.15, 0.95)))
    p.paint("wheel", shapes.circle(p.x, p.y, cx, cy, r), tyre, rim=0.0)
    p.paint("wheel", shapes.circle(p.x, p.y, cx, cy, r * 0.58), rim)
    u, v = p.x - cx, p.y - cy
    spokes = shapes.union(u.abs(), v.abs()) - r * 0.07
    p.paint("wheel", shapes.common(spokes, shapes.circle(p.x, p.y, cx, cy, r * 0.5)), tyre, rim=0.0)


@dataclass(frozen=True)
class Car:
    """A car from the side, its front to the left: kinds differ in outline, windows and wheels.

    Attributes:
        outlines: Convex polygons of the body, clockwise.
        windows: Boxes: centre x, centre y, half width, half height.
        wheels: Their places along the ground.
        radius: Of a wheel.
        bed: Where an open bed or a box of another colour stands, as a box.
    """

    outlines: tuple[tuple[tuple[float, float], ...], ...]
    windows: tuple[tuple[float, float, float, float], ...]
    wheels: tuple[float, ...] = (-0.52, 0.52)
    radius: float = 0.2
    bed: tuple[float, float, float, float] | None = None

    def __call__(self, p: Painter, d: Dice, coat: Material, other: Material) -> None:
        """Draw."""
        glass = flat(colours(d, (0.5, 0.1, 0.3), (0.62, 0.5, 0.95)))
        lamp = flat(colours(d, (0.1, 0.2, 0.9), (0.17, 0.7, 1.0)))
        tail = flat(colours(d, (0.97, 0.7, 0.6), (1.02, 0.95, 0.95)))
        if self.bed:
            cx, cy, hx, hy = self.bed
            p.paint("frame", shapes.box(p.x, p.y, cx, cy, hx, hy, 0.02), other)
        body = shapes.union(*(shapes.polygon(p.x, p.y, outline) for outline in self.outlines))
        p.paint("body", body - 0.03, coat)
        for cx, cy, hx, hy in self.windows:
            p.paint("window", shapes.box(p.x, p.y, cx, cy, hx, hy, 0.04), glass, rim=0.3)
        left = min(x for outline in self.outlines for x, _ in outline)
        right = max(x for outline in self.outlines for x, _ in outline)
        if self.bed:
            right = max(right, self.bed[0] + self.bed[2])
        p.paint("lamp", shapes.ellipse(p.x, p.y, left + 0.04, 0.2, 0.06, 0.07), lamp, optional=True)
        p.paint("lamp", shapes.box(p.x, p.y, right - 0.03, 0.2, 0.04, 0.07), tail, optional=True)
        for cx in self.wheels:
            _wheel(p, d, cx, 0.45, self.radius)


def bicycle(p: Painter, d: Dice, coat: Material, other: Material) -> None:
    """A bicycle, its front to the left."""
    tyre = flat(colours(d, (0, 0, 0.05), (1, 0.2, 0.25)))
    for cx in (-0.52, 0.52):
        p.paint("wheel", shapes.ring(p.x, p.y, cx, 0.32, 0.38, 0.045), tyre, rim=0.0)
        u, v = p.x - cx, p.y - 0.32
        spokes = torch.stack(
            [(u * math.cos(a) + v * math.sin(a)).abs() for a in (0.3, 1.35, 2.4)]
        ).amin(0)
        inside = shapes.circle(p.x, p.y, cx, 0.32, 0.36)
        p.paint("wheel", shapes.common(spokes - 0.01, inside), tyre, rim=0.0)
    bars = [
        (-0.52, 0.32, -0.36, -0.3), (-0.38, -0.2, 0.14, -0.2), (-0.38, -0.18, -0.02, 0.34),
        (0.14, -0.2, -0.02, 0.34), (0.14, -0.2, 0.52, 0.32), (-0.02, 0.34, 0.52, 0.32),
        (0.14, -0.2, 0.18, -0.4),
    ]  # fmt: skip
    p.paint("frame", shapes.union(*(shapes.capsule(p.x, p.y, *bar, 0.035) for bar in bars)), coat,
            rim=0.2)  # fmt: skip
    p.paint("saddle", shapes.ellipse(p.x, p.y, 0.2, -0.43, 0.17, 0.06), tyre, optional=True)
    grip = shapes.union(
        shapes.capsule(p.x, p.y, -0.36, -0.3, -0.4, -0.48, 0.03),
        shapes.capsule(p.x, p.y, -0.4, -0.48, -0.58, -0.44, 0.035),
    )
    p.paint("handlebar", grip, other)


def motorcycle(p: Painter, d: Dice, coat: Material, other: Material) -> None:
    """A motorcycle, its front to the left."""
    lamp = flat(colours(d, (0.1, 0.2, 0.9), (0.17, 0.7, 1.0)))
    black = flat(colours(d, (0, 0, 0.05), (1, 0.2, 0.25)))
    p.paint("frame", shapes.capsule(p.x, p.y, -0.62, 0.4, -0.34, -0.25, 0.05), other)
    for cx in (-0.62, 0.58):
        _wheel(p, d, cx, 0.4, 0.32)
    engine = shapes.box(p.x, p.y, 0.0, 0.3, 0.24, 0.2, 0.08)
    p.paint("frame", engine, other)
    p.paint("frame", shapes.capsule(p.x, p.y, 0.05, 0.52, 0.8, 0.5, 0.055), other, optional=True)
    tank = shapes.ellipse(p.x, p.y, -0.1, -0.08, 0.33, 0.19)
    p.paint("body", tank, coat)
    tail = [(0.15, 0.0), (0.75, -0.16), (0.8, -0.02), (0.2, 0.2)]
    p.paint("body", shapes.polygon(p.x, p.y, tail) - 0.02, coat)
    p.paint("saddle", shapes.ellipse(p.x, p.y, 0.36, -0.13, 0.28, 0.09), black)
    p.paint("lamp", shapes.circle(p.x, p.y, -0.48, -0.2, 0.11), lamp, optional=True)
    p.paint("handlebar", shapes.capsule(p.x, p.y, -0.36, -0.26, -0.2, -0.45, 0.04), black)


def house(p: Painter, d: Dice, coat: Material, other: Material) -> None:
    """A house with a pitched roof."""
    glass = flat(colours(d, (0.1, 0.1, 0.3), (0.6, 0.5, 1.0)))
    wood = flat(colours(d, (0, 0.3, 0.15), (1, 0.8, 0.6)))
    p.paint("roof", shapes.box(p.x, p.y, 0.4, -0.62, 0.09, 0.26), other, optional=True)
    p.paint("wall", shapes.box(p.x, p.y, 0, 0.32, 0.64, 0.5), coat)
    roof = [(-0.84, -0.16), (0.0, -0.86), (0.84, -0.16)]
    p.paint("roof", shapes.polygon(p.x, p.y, roof) - 0.02, other)
    p.paint("door", shapes.box(p.x, p.y, 0.0, 0.5, 0.15, 0.32), wood, optional=True)
    for cx in (-0.4, 0.4):
        _window(p, d, glass, cx, 0.18, 0.14, 0.15)


def _window(
    p: Painter, d: Dice, glass: Material, cx: float, cy: float, hx: float, hy: float
) -> None:
    white = flat(colours(d, (0, 0, 0.7), (1, 0.15, 1.0)))
    p.paint("window", shapes.box(p.x, p.y, cx, cy, hx, hy), glass)
    bars = shapes.union((p.x - cx).abs(), (p.y - cy).abs()) - 0.016
    p.paint("window", shapes.common(bars, shapes.box(p.x, p.y, cx, cy, hx, hy)), white, rim=0.0)


def church(p: Painter, d: Dice, coat: Material, other: Material) -> None:
    """A church: a nave, and a tower with a spire."""
    glass = flat(colours(d, (0.1, 0.2, 0.25), (0.7, 0.6, 0.7)))
    wood = flat(colours(d, (0, 0.3, 0.15), (1, 0.8, 0.6)))
    p.paint("wall", shapes.box(p.x, p.y, 0.25, 0.5, 0.6, 0.36), coat)
    roof = [(-0.3, 0.16), (0.25, -0.2), (0.92, 0.16)]
    p.paint("roof", shapes.polygon(p.x, p.y, roof) - 0.02, other)
    p.paint("wall", shapes.box(p.x, p.y, -0.45, 0.26, 0.25, 0.6), coat)
    spire = [(-0.74, -0.32), (-0.45, -0.98), (-0.16, -0.32)]
    p.paint("roof", shapes.polygon(p.x, p.y, spire), other)
    p.paint("door", _arch(p, -0.45, 0.68, 0.11, 0.18), wood, optional=True)
    for cx in (0.05, 0.35, 0.65):
        p.paint("window", _arch(p, cx, 0.5, 0.07, 0.15), glass)
    p.paint("window", shapes.circle(p.x, p.y, -0.45, 0.0, 0.11), glass)


def _arch(p: Painter, cx: float, cy: float, hx: float, hy: float) -> torch.Tensor:
    return shapes.union(
        shapes.box(p.x, p.y, cx, cy, hx, hy), shapes.circle(p.x, p.y, cx, cy - hy, hx)
    )


def tree(p: Painter, d: Dice, coat: Material, other: Material) -> None:
    """A tree with a round crown of leaves."""
    p.paint("trunk", shapes.polygon(
        p.x, p.y, [(-0.09, -0.1), (0.09, -0.1), (0.17, 0.95), (-0.17, 0.95)]), other)  # fmt: skip
    blobs = [
        shapes.circle(p.x, p.y, cx + d.uniform(-0.06, 0.06), cy, r)
        for cx, cy, r in ((-0.34, -0.2, 0.36), (0.34, -0.2, 0.36), (0.0, -0.52, 0.42))
    ]
    p.paint("crown", shapes.union(*blobs), coat)


def fir(p: Painter, d: Dice, coat: Material, other: Material) -> None:
    """A fir: three tiers, one over the other."""
    p.paint("trunk", shapes.box(p.x, p.y, 0, 0.8, 0.1, 0.18), other)
    for top, foot, wide in ((-0.1, 0.68, 0.66), (-0.55, 0.24, 0.52), (-0.96, -0.2, 0.38)):
        tier = [(-wide, foot), (0.0, top), (wide, foot)]
        p.paint("crown", shapes.polygon(p.x, p.y, tier), coat)


def flower(p: Painter, d: Dice, coat: Material, other: Material) -> None:
    """A flower with petals around a centre."""
    green = flat(colours(d, (0.22, 0.4, 0.25), (0.4, 0.8, 0.7)))
    p.paint("stem", shapes.capsule(p.x, p.y, 0, 0, d.uniform(-0.15, 0.15), 0.95, 0.045), green)
    for side in (-1, 1):
        u, v = shapes.turned(p.x, p.y, side * 0.24, 0.66, side * 0.6)
        p.paint("leaf", shapes.ellipse(u, v, 0, 0, 0.26, 0.1), green, optional=True)
    turn = d.uniform(0, 1)
    for k in range(8):
        angle = turn + k * math.pi / 4
        u, v = shapes.turned(
            p.x, p.y, 0.4 * torch.cos(angle), -0.35 + 0.4 * torch.sin(angle), angle
        )
        p.paint("petal", shapes.ellipse(u, v, 0, 0, 0.27, 0.14), coat)
    p.paint("centre", shapes.circle(p.x, p.y, 0, -0.35, 0.21), other)


def tulip(p: Painter, d: Dice, coat: Material, other: Material) -> None:
    """A tulip: a cup of petals on a stem."""
    green = flat(colours(d, (0.22, 0.4, 0.25), (0.4, 0.8, 0.7)))
    p.paint("stem", shapes.capsule(p.x, p.y, 0, 0, 0, 0.95, 0.05), green)
    for side in (-1, 1):
        u, v = shapes.turned(p.x, p.y, side * 0.26, 0.5, side * -0.35)
        p.paint("leaf", shapes.ellipse(u, v, 0, 0, 0.09, 0.44), green, optional=True)
    for side in (-1, 1):
        u, v = shapes.turned(p.x, p.y, side * 0.2, -0.4, side * 0.12)
        p.paint("petal", shapes.ellipse(u, v, 0, 0, 0.23, 0.46), coat)
    p.paint("petal", shapes.ellipse(p.x, p.y, 0, -0.33, 0.23, 0.44), coat)


def mushroom(p: Painter, d: Dice, coat: Material, other: Material) -> None:
    """A mushroom with dots on its cap."""
    pale = flat(colours(d, (0.05, 0.02, 0.8), (0.15, 0.2, 1.0)))
    stem = [(-0.16, -0.1), (0.16, -0.1), (0.25, 0.9), (-0.25, 0.9)]
    p.paint("stem", shapes.polygon(p.x, p.y, stem) - 0.03, other)
    cap = shapes.common(shapes.ellipse(p.x, p.y, 0, 0.0, 0.78, 0.72), p.y - 0.06)
    p.paint("cap", cap, coat)
    dots = ((-0.4, -0.22, 0.1), (0.0, -0.48, 0.12), (0.38, -0.25, 0.09), (0.05, -0.12, 0.08))
    for cx, cy, r in dots:
        p.paint("cap", shapes.circle(p.x, p.y, cx + d.uniform(-0.05, 0.05), cy, r), pale, rim=0.1)


_LOW = ((-0.92, 0.1), (-0.62, 0.0), (0.9, 0.02), (0.94, 0.42), (-0.94, 0.42))
THINGS: dict[str, Draw] = {
    "sedan": Car(
        (_LOW, ((-0.5, 0.02), (-0.24, -0.34), (0.34, -0.34), (0.62, 0.02))),
        ((-0.17, -0.16, 0.2, 0.12), (0.27, -0.16, 0.19, 0.12)),
    ),
    "van": Car(
        (((-0.94, 0.0), (-0.62, -0.42), (0.92, -0.42), (0.92, 0.42), (-0.94, 0.42)),),
        ((-0.56, -0.18, 0.15, 0.14),),
    ),
    "pickup": Car(
        (_LOW, ((-0.5, 0.02), (-0.32, -0.36), (0.06, -0.36), (0.1, 0.02))),
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
    "house": house,
    "church": church,
    "tree": tree,
    "fir": fir,
    "flower": flower,
    "tulip": tulip,
    "mushroom": mushroom,
}  # fmt: skip
