"""Plants and mushrooms."""

import math

import torch

from core.scenes import shapes
from core.scenes.painter import DrawObject, Painter
from core.scenes.scene_random import SceneRandom
from core.scenes.textures import Material, flat_material


def tree(painter: Painter, random: SceneRandom, main: Material, accent: Material) -> None:
    """Draw a tree with a round crown of leaves."""
    x, y = painter.x, painter.y
    trunk = [(-0.09, -0.1), (0.09, -0.1), (0.17, 0.95), (-0.17, 0.95)]
    painter.paint("trunk", shapes.polygon(x, y, trunk), accent)
    circles = [
        shapes.circle(x, y, cx + random.uniform(-0.06, 0.06), cy, r)
        for cx, cy, r in ((-0.34, -0.2, 0.36), (0.34, -0.2, 0.36), (0.0, -0.52, 0.42))
    ]
    painter.paint("crown", shapes.union(*circles), main)


def fir(painter: Painter, random: SceneRandom, main: Material, accent: Material) -> None:
    """Draw a fir with three overlapping tiers of branches."""
    x, y = painter.x, painter.y
    painter.paint("trunk", shapes.box(x, y, 0, 0.8, 0.1, 0.18), accent)
    for top, bottom, width in ((-0.1, 0.68, 0.66), (-0.55, 0.24, 0.52), (-0.96, -0.2, 0.38)):
        tier = [(-width, bottom), (0.0, top), (width, bottom)]
        painter.paint("crown", shapes.polygon(x, y, tier), main)


def flower(painter: Painter, random: SceneRandom, main: Material, accent: Material) -> None:
    """Draw a flower with eight petals around its centre."""
    x, y = painter.x, painter.y
    green = flat_material(random, (0.22, 0.4, 0.25), (0.4, 0.8, 0.7))
    stem = shapes.capsule(x, y, 0, 0, random.uniform(-0.15, 0.15), 0.95, 0.045)
    painter.paint("stem", stem, green)
    for side in (-1, 1):
        u, v = shapes.rotate(x, y, side * 0.24, 0.66, side * 0.6)
        painter.paint("leaf", shapes.ellipse(u, v, 0, 0, 0.26, 0.1), green, optional=True)
    rotation = random.uniform(0, 1)
    for k in range(8):
        angle = rotation + k * math.pi / 4
        u, v = shapes.rotate(x, y, 0.4 * torch.cos(angle), -0.35 + 0.4 * torch.sin(angle), angle)
        painter.paint("petal", shapes.ellipse(u, v, 0, 0, 0.27, 0.14), main)
    painter.paint("centre", shapes.circle(x, y, 0, -0.35, 0.21), accent)


def tulip(painter: Painter, random: SceneRandom, main: Material, accent: Material) -> None:
    """Draw a tulip with a cup of petals."""
    x, y = painter.x, painter.y
    green = flat_material(random, (0.22, 0.4, 0.25), (0.4, 0.8, 0.7))
    painter.paint("stem", shapes.capsule(x, y, 0, 0, 0, 0.95, 0.05), green)
    for side in (-1, 1):
        u, v = shapes.rotate(x, y, side * 0.26, 0.5, side * -0.35)
        painter.paint("leaf", shapes.ellipse(u, v, 0, 0, 0.09, 0.44), green, optional=True)
    for side in (-1, 1):
        u, v = shapes.rotate(x, y, side * 0.2, -0.4, side * 0.12)
        painter.paint("petal", shapes.ellipse(u, v, 0, 0, 0.23, 0.46), main)
    painter.paint("petal", shapes.ellipse(x, y, 0, -0.33, 0.23, 0.44), main)


def mushroom(painter: Painter, random: SceneRandom, main: Material, accent: Material) -> None:
    """Draw a mushroom with dots on its cap."""
    x, y = painter.x, painter.y
    pale = flat_material(random, (0.05, 0.02, 0.8), (0.15, 0.2, 1.0))
    stem = [(-0.16, -0.1), (0.16, -0.1), (0.25, 0.9), (-0.25, 0.9)]
    painter.paint("stem", shapes.polygon(x, y, stem) - 0.03, accent)
    cap = shapes.intersection(shapes.ellipse(x, y, 0, 0.0, 0.78, 0.72), y - 0.06)
    painter.paint("cap", cap, main)
    dots = ((-0.4, -0.22, 0.1), (0.0, -0.48, 0.12), (0.38, -0.25, 0.09), (0.05, -0.12, 0.08))
    for cx, cy, r in dots:
        dot = shapes.circle(x, y, cx + random.uniform(-0.05, 0.05), cy, r)
        painter.paint("cap", dot, pale, rim=0.1)


PLANTS: dict[str, DrawObject] = {
    "tree": tree,
    "fir": fir,
    "flower": flower,
    "tulip": tulip,
    "mushroom": mushroom,
}
