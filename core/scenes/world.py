"""Draws scenes: what stands where, in which light, and the pixels and parts that come of it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from core.scenes import shapes
from core.scenes.animals import ANIMALS
from core.scenes.backdrop import backdrop, decoys
from core.scenes.dice import Dice
from core.scenes.factors import BACKGROUNDS, PARTS, RANGES, SURFACES, BadScene, Factors, check
from core.scenes.painter import Painter
from core.scenes.people import PEOPLE
from core.scenes.textures import NAMES, TILE, Material, colours, hsv, noise_tile, sampled
from core.scenes.things import THINGS

DRAWN = {**PEOPLE, **ANIMALS, **THINGS}
CLASSES = tuple(sorted(DRAWN))
# Pose that comes by chance: turned by this at most (degrees), moved as far as the frame allows.
USUAL_TURN = 20.0
SMALLEST, LARGEST = RANGES["scale"]
MAX_SIZE = 1024

Fixed = Mapping[str, object]


@dataclass(frozen=True)
class Scene:
    """A scene with its truth.

    Attributes:
        image: The picture.
        factors: What made it.
        parts: Index into PARTS of what is seen at each pixel, (h, w), uint8.
    """

    image: Image.Image
    factors: Factors
    parts: np.ndarray

    def mask(self, part: str) -> np.ndarray:
        """Where a part is seen, (h, w), bool; "object" is everything but background and occluder.

        Raises:
            BadScene: No such part.
        """
        if part == "object":
            return self.parts > PARTS.index("occluder")
        check("part", part, PARTS)
        return self.parts == PARTS.index(part)


@dataclass(frozen=True)
class Batch:
    """Scenes as a network takes them.

    Attributes:
        pictures: (n, 3, h, w), uint8.
        labels: Index into CLASSES, (n,).
        parts: Index into PARTS, (n, h, w), uint8.
        factors: What made each.
    """

    pictures: Tensor
    labels: Tensor
    parts: Tensor
    factors: list[Factors]


def draw(class_: str | None = None, seed: int = 0, size: int = 224, **fixed: object) -> Scene:
    """Draw one scene.

    Args:
        class_: What stands in it; by chance where None.
        seed: Decides all that is not said.
        size: Side in pixels, 16 to 1024.
        **fixed: Factors that are said: background, surface, hue, scale, angle, mirrored, light.

    Raises:
        BadScene: An unknown class or factor, or one out of range.
    """
    if class_ is not None:
        fixed["class_"] = class_
    drawn = batch(seed, [0], size, fixed)
    pixels = drawn.pictures[0].permute(1, 2, 0).numpy()
    return Scene(Image.fromarray(pixels), drawn.factors[0], drawn.parts[0].numpy())


def batch(
    seed: int, indices: Sequence[int], size: int = 96, fixed: Fixed | Sequence[Fixed] = ()
) -> Batch:
    """Draw scenes of a data set, which is a seed: the same index gives the same scene in any batch.

    Args:
        seed: Of the data set.
        indices: Of the scenes.
        size: Side in pixels, 16 to 1024.
        fixed: Factors that are said, for all scenes or for each.

    Raises:
        BadScene: No scenes, an unknown class or factor, or one out of range.
    """
    if not len(indices):
        raise BadScene("No scenes were asked for; ask for at least one.")
    if not 16 <= size <= MAX_SIZE:
        raise BadScene(f"size is {size}; it goes from 16 to {MAX_SIZE} pixels.")
    factors = _factors(seed, list(indices), _each(fixed, len(indices)))
    pictures = torch.empty(len(indices), 3, size, size, dtype=torch.uint8)
    parts = torch.empty(len(indices), size, size, dtype=torch.uint8)
    for class_ in sorted({factor.class_ for factor in factors}):
        rows = [row for row, factor in enumerate(factors) if factor.class_ == class_]
        pictures[rows], parts[rows] = _drawn(
            class_, Dice(seed + 1, [indices[row] for row in rows]), [factors[r] for r in rows], size
        )
    labels = torch.tensor([CLASSES.index(factor.class_) for factor in factors])
    return Batch(pictures, labels, parts, factors)


def factors_of(seed: int, indices: Sequence[int], fixed: Sequence[Fixed] = ()) -> list[Factors]:
    """What makes scenes of a data set, without drawing them. Args and errors as `batch`."""
    return _factors(seed, list(indices), _each(fixed, len(indices)))


def _each(fixed: Fixed | Sequence[Fixed], count: int) -> Sequence[Fixed]:
    """What is said of each scene."""
    if isinstance(fixed, Mapping):
        return [fixed] * count
    if fixed and len(fixed) != count:
        raise BadScene(f"Factors were given for {len(fixed)} scenes of {count}; give all or none.")
    return fixed or [{}] * count


def _factors(seed: int, indices: list[int], said: Sequence[Fixed]) -> list[Factors]:
    dice = Dice(seed, indices)
    classes, backgrounds = dice.below(len(CLASSES)), dice.below(len(BACKGROUNDS))
    surfaces = dice.below(len(SURFACES))
    hue, scale = dice.uniform(), dice.uniform(SMALLEST, LARGEST)
    angle, light = dice.uniform(-USUAL_TURN, USUAL_TURN), dice.uniform(-180, 180)
    mirrored = dice.chance(0.5)
    return [
        _settled(
            Factors(
                class_=CLASSES[classes[row]],
                background=BACKGROUNDS[backgrounds[row]],
                surface=SURFACES[surfaces[row]],
                hue=float(hue[row]),
                scale=float(scale[row]),
                angle=float(angle[row]),
                mirrored=bool(mirrored[row]),
                light=float(light[row]),
            ),
            fixed,
        )
        for row, fixed in enumerate(said)
    ]


def _settled(factors: Factors, fixed: Fixed) -> Factors:
    choices = {"class_": CLASSES, "background": BACKGROUNDS, "surface": SURFACES}
    for name, value in fixed.items():
        if name not in Factors.__dataclass_fields__:
            known = ", ".join(Factors.__dataclass_fields__)
            raise BadScene(f"A scene has no factor {name!r}; it has {known}.")
        check(name, value, choices.get(name, ()))
    return replace(factors, **dict(fixed))  # type: ignore[arg-type]


def _column(values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float32)[:, None, None]


def _drawn(class_: str, dice: Dice, factors: list[Factors], size: int) -> tuple[Tensor, Tensor]:
    """Scenes of one class."""
    line = (torch.arange(size) + 0.5) * (2 / size) - 1
    y, x = (
        axis.expand(len(factors), size, size) for axis in torch.meshgrid(line, line, indexing="ij")
    )
    pixel = 2 / size
    backgrounds = torch.tensor([BACKGROUNDS.index(f.background) for f in factors])
    canvas = backdrop(dice, backgrounds, x, y)
    canvas = decoys(dice, canvas, x, y, pixel)
    scale = _column([f.scale for f in factors])
    room = 1 - scale
    cx, cy = dice.uniform(-1, 1) * room, dice.uniform(-1, 1) * room
    u, v = shapes.turned(x, y, cx, cy, _column([math.radians(f.angle) for f in factors]))
    u = torch.where(_column([float(f.mirrored) for f in factors]) > 0, -u, u) / scale
    v = v / scale
    light = _column([math.radians(f.light) for f in factors])
    painter = Painter(canvas, u, v, pixel / scale, dice, light)
    shadow = shapes.ellipse(u - 0.25 * torch.cos(light), v, 0, 0.9, 0.85, 0.18)
    painter.darken(0.55 * torch.sigmoid(-shadow * 14))
    coat, other = _materials(dice, factors, u, v)
    DRAWN[class_](painter, dice, coat, other)
    _occlude(painter, dice, x, y, u, v)
    return _developed(dice, painter.canvas), painter.parts


def _materials(
    dice: Dice, factors: list[Factors], u: Tensor, v: Tensor
) -> tuple[Material, Material]:
    """A coat as the factors say, and another surface by chance."""
    tile = torch.tensor([NAMES.index(f.surface) for f in factors])
    across = dice.uniform(0.45, 0.9)
    texture = sampled(tile, u * across + dice.uniform(), v * across + dice.uniform())
    hue = _column([f.hue for f in factors])
    light = hsv(hue, dice.uniform(0.05, 0.85), dice.uniform(0.5, 1.0))
    dark = hsv(hue + dice.uniform(-0.08, 0.08), dice.uniform(0.1, 0.9), dice.uniform(0.1, 0.45))
    second = sampled(dice.below(len(SURFACES)), u * 0.6 + dice.uniform(), v * 0.6)
    trim = colours(dice, (0, 0.05, 0.15), (1, 0.8, 0.6)), colours(dice, (0, 0.05, 0.5), (1, 0.8, 1))
    return Material(dark, light, texture), Material(*trim, second)


def _occlude(painter: Painter, dice: Dice, x: Tensor, y: Tensor, u: Tensor, v: Tensor) -> None:
    """Something before the object's rim, in a third of the scenes; its middle stays free."""
    there = dice.chance(0.35)
    around = dice.uniform(0, 2 * math.pi)
    cx, cy = 0.95 * torch.cos(around), 0.95 * torch.sin(around)
    a, b = shapes.turned(u, v, cx, cy, dice.uniform(0, math.pi))
    thing = torch.where(
        dice.chance(0.5),
        shapes.ellipse(a, b, 0, 0, 0.5, 0.24),
        shapes.box(a, b, 0, 0, 1.4, 0.1),
    )
    thing = torch.where(there, thing, torch.ones_like(thing))
    texture = sampled(dice.below(len(SURFACES)), x * 0.5 + dice.uniform(), y * 0.5)
    tones = colours(dice, (0, 0.1, 0.1), (1, 0.9, 0.5)), colours(dice, (0, 0.1, 0.4), (1, 0.9, 1))
    painter.paint("occluder", thing, Material(*tones, texture))


def _developed(dice: Dice, canvas: Tensor) -> Tensor:
    """The camera's share: brightness, contrast, blur and noise."""
    canvas = (canvas - 0.5) * dice.uniform(0.75, 1.2)[:, None] + dice.uniform(0.42, 0.58)[:, None]
    blurred = functional.avg_pool2d(functional.pad(canvas, (1, 1, 1, 1), mode="replicate"), 3, 1)
    soft = dice.uniform(0, 1) * dice.chance(0.4)
    canvas = torch.lerp(canvas, blurred, soft[:, None])
    height, width = canvas.shape[-2:]
    down, across = dice.below(TILE), dice.below(TILE)
    rows = (down[:, None] + torch.arange(height)) % TILE
    columns = (across[:, None] + torch.arange(width)) % TILE
    grain = noise_tile()[rows[:, :, None], columns[:, None, :]]
    canvas = canvas + grain[:, None] * dice.uniform(0, 0.05)[:, None] * dice.chance(0.7)[:, None]
    return (canvas.clamp(0, 1) * 255).round().byte()
