"""Draw the pixels and part masks of scenes: background, object, occluder, camera."""

import math

import torch
from torch import Tensor

from core.scenes import shapes
from core.scenes.animals import ANIMALS
from core.scenes.backdrop import draw_backdrop, draw_decoys
from core.scenes.buildings import BUILDINGS
from core.scenes.camera import photograph
from core.scenes.factors import BACKGROUNDS, SURFACES, Factors
from core.scenes.painter import Painter
from core.scenes.people import PEOPLE
from core.scenes.plants import PLANTS
from core.scenes.scene_random import SceneRandom
from core.scenes.textures import TEXTURES, Hsv, Material, hsv_to_rgb, random_colour, sample_texture
from core.scenes.vehicles import VEHICLES

OBJECTS = {**PEOPLE, **ANIMALS, **VEHICLES, **BUILDINGS, **PLANTS}
# Probability of an occluder.
OCCLUDED = 0.35


def draw_class(
    class_: str, random: SceneRandom, factors: list[Factors], size: int
) -> tuple[Tensor, Tensor]:
    """Draw scenes of one class.

    Args:
        class_: Class of the objects, a key of OBJECTS.
        random: Random numbers of the scenes.
        factors: Factors of the scenes.
        size: Side of the pictures in pixels.

    Returns:
        The pictures, (n, 3, h, w), uint8, and the visible parts as index into PARTS, (n, h, w),
        uint8.
    """
    centres = (torch.arange(size) + 0.5) * (2 / size) - 1
    y, x = (
        axis.expand(len(factors), size, size)
        for axis in torch.meshgrid(centres, centres, indexing="ij")
    )
    pixel = 2 / size
    backgrounds = torch.tensor([BACKGROUNDS.index(f.background) for f in factors])
    canvas = draw_backdrop(random, backgrounds, x, y)
    canvas = draw_decoys(random, canvas, x, y, pixel)
    scale = _column([f.scale for f in factors])
    u, v = _object_coordinates(random, factors, scale, x, y)
    light = _column([math.radians(f.light) for f in factors])
    painter = Painter(canvas, u, v, pixel / scale, random, light)
    shadow = shapes.ellipse(u - 0.25 * torch.cos(light), v, 0, 0.9, 0.85, 0.18)
    painter.darken(0.55 * torch.sigmoid(-shadow * 14))
    main = _main_material(random, factors, u, v)
    accent = _random_material(
        random, u * 0.6, v * 0.6, ((0, 0.05, 0.15), (1, 0.8, 0.6)), ((0, 0.05, 0.5), (1, 0.8, 1))
    )
    OBJECTS[class_](painter, random, main, accent)
    _draw_occluder(painter, random, x, y)
    return photograph(random, painter.canvas), painter.parts


def _column(values: list[float]) -> Tensor:
    """Return one number per scene as a tensor, (n, 1, 1)."""
    return torch.tensor(values, dtype=torch.float32)[:, None, None]


def _object_coordinates(
    random: SceneRandom, factors: list[Factors], scale: Tensor, x: Tensor, y: Tensor
) -> tuple[Tensor, Tensor]:
    """Return x and y in object units, with the object at a random position inside the picture."""
    margin = 1 - scale
    cx, cy = random.uniform(-1, 1) * margin, random.uniform(-1, 1) * margin
    u, v = shapes.rotate(x, y, cx, cy, _column([math.radians(f.angle) for f in factors]))
    mirrored = _column([float(f.mirrored) for f in factors]) > 0
    return torch.where(mirrored, -u, u) / scale, v / scale


def _main_material(random: SceneRandom, factors: list[Factors], u: Tensor, v: Tensor) -> Material:
    """Return a material with the surface and the hue of the factors."""
    textures = torch.tensor([TEXTURES.index(f.surface) for f in factors])
    tiles = random.uniform(0.45, 0.9)
    texture = sample_texture(textures, u * tiles + random.uniform(), v * tiles + random.uniform())
    hue = _column([f.hue for f in factors])
    light = hsv_to_rgb(hue, random.uniform(0.05, 0.85), random.uniform(0.5, 1.0))
    dark_hue = hue + random.uniform(-0.08, 0.08)
    dark = hsv_to_rgb(dark_hue, random.uniform(0.1, 0.9), random.uniform(0.1, 0.45))
    return Material(dark, light, texture)


def _random_material(
    random: SceneRandom, x: Tensor, y: Tensor, dark: tuple[Hsv, Hsv], light: tuple[Hsv, Hsv]
) -> Material:
    """Return a material with a random texture and colours between the bounds of dark and light."""
    texture = sample_texture(random.integer(len(SURFACES)), x + random.uniform(), y)
    return Material(random_colour(random, *dark), random_colour(random, *light), texture)


def _draw_occluder(painter: Painter, random: SceneRandom, x: Tensor, y: Tensor) -> None:
    """Draw an ellipse or a bar in front of the object in a third of the scenes.

    It covers the border of the object; the middle stays visible.
    """
    visible = random.chance(OCCLUDED)
    direction = random.uniform(0, 2 * math.pi)
    cx, cy = 0.95 * torch.cos(direction), 0.95 * torch.sin(direction)
    u, v = shapes.rotate(painter.x, painter.y, cx, cy, random.uniform(0, math.pi))
    distance = torch.where(
        random.chance(0.5),
        shapes.ellipse(u, v, 0, 0, 0.5, 0.24),
        shapes.box(u, v, 0, 0, 1.4, 0.1),
    )
    distance = torch.where(visible, distance, torch.ones_like(distance))
    material = _random_material(
        random, x * 0.5, y * 0.5, ((0, 0.1, 0.1), (1, 0.9, 0.5)), ((0, 0.1, 0.4), (1, 0.9, 1))
    )
    painter.paint("occluder", distance, material)
