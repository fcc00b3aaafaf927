"""Draw scenes from a seed: their factors, pixels and part masks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core.scenes.drawing import OBJECTS, draw_class
from core.scenes.factors import BACKGROUNDS, PARTS, RANGES, SURFACES, BadScene, Factors, check
from core.scenes.scene_random import SceneRandom

CLASSES = tuple(sorted(OBJECTS))
# Largest random rotation in degrees; a fixed angle may be larger.
MAX_RANDOM_ANGLE = 20.0
SMALLEST, LARGEST = RANGES["scale"]
# Sides of a picture in pixels.
MIN_SIZE, MAX_SIZE = 16, 1024

Fixed = Mapping[str, object]


@dataclass(frozen=True)
class Scene:
    """A picture with the factors and the part masks that it was drawn from.

    Attributes:
        image: The picture.
        factors: The factors that define the scene.
        parts: Index into PARTS of the visible part at each pixel, (h, w), uint8.
    """

    image: Image.Image
    factors: Factors
    parts: np.ndarray

    def mask(self, part: str) -> np.ndarray:
        """Return the mask of the visible pixels of a part, (h, w), bool.

        Args:
            part: A name in PARTS, or "object" for everything but background and occluder.

        Raises:
            BadScene: Unknown part.
        """
        if part == "object":
            return self.parts > PARTS.index("occluder")
        check("part", part, PARTS)
        return self.parts == PARTS.index(part)


@dataclass(frozen=True)
class Batch:
    """Scenes as tensors.

    Attributes:
        pictures: (n, 3, h, w), uint8.
        labels: Index into CLASSES, (n,).
        parts: Index into PARTS of the visible part at each pixel, (n, h, w), uint8.
        factors: The factors of each scene.
    """

    pictures: Tensor
    labels: Tensor
    parts: Tensor
    factors: list[Factors]


def draw(class_: str | None = None, seed: int = 0, size: int = 224, **fixed: object) -> Scene:
    """Draw a scene.

    Args:
        class_: Class of the object, one of CLASSES; None for a random one.
        seed: Seed of all factors that are not fixed, and of textures and noise.
        size: Side of the picture in pixels, 16 to 1024.
        **fixed: Fixed factors: background, surface, hue, scale, angle, mirrored, light.

    Raises:
        BadScene: An unknown class or factor, or a value out of range.
    """
    if class_ is not None:
        fixed["class_"] = class_
    drawn = batch(seed, [0], size, fixed)
    pixels = drawn.pictures[0].permute(1, 2, 0).numpy()
    return Scene(Image.fromarray(pixels), drawn.factors[0], drawn.parts[0].numpy())


def batch(
    seed: int, indices: Sequence[int], size: int = 96, fixed: Fixed | Sequence[Fixed] = ()
) -> Batch:
    """Draw scenes of a data set. A scene depends on the seed and its index, not on its batch.

    Args:
        seed: Seed of the data set.
        indices: Indices of the scenes in the data set.
        size: Side of the pictures in pixels, 16 to 1024.
        fixed: Fixed factors, the same for all scenes or a mapping for each scene.

    Raises:
        BadScene: No indices, an unknown class or factor, or a value out of range.
    """
    if not len(indices):
        raise BadScene("The list of scenes is empty; give at least one index.")
    if not MIN_SIZE <= size <= MAX_SIZE:
        raise BadScene(f"size is {size}; it must be from {MIN_SIZE} to {MAX_SIZE} pixels.")
    factors = factors_of(seed, indices, fixed)
    pictures = torch.empty(len(indices), 3, size, size, dtype=torch.uint8)
    parts = torch.empty(len(indices), size, size, dtype=torch.uint8)
    for class_ in sorted({scene.class_ for scene in factors}):
        rows = [row for row, scene in enumerate(factors) if scene.class_ == class_]
        # Not the seed that the factors use, so that pixels and factors are independent.
        random = SceneRandom(seed + 1, [indices[row] for row in rows])
        class_factors = [factors[row] for row in rows]
        pictures[rows], parts[rows] = draw_class(class_, random, class_factors, size)
    labels = torch.tensor([CLASSES.index(scene.class_) for scene in factors])
    return Batch(pictures, labels, parts, factors)


def factors_of(
    seed: int, indices: Sequence[int], fixed: Fixed | Sequence[Fixed] = ()
) -> list[Factors]:
    """Return the factors of scenes without drawing them; arguments and errors as in `batch`."""
    all_fixed = _one_mapping_per_scene(fixed, len(indices))
    random = SceneRandom(seed, list(indices))
    classes, backgrounds = random.integer(len(CLASSES)), random.integer(len(BACKGROUNDS))
    surfaces = random.integer(len(SURFACES))
    hue, scale = random.uniform(), random.uniform(SMALLEST, LARGEST)
    angle = random.uniform(-MAX_RANDOM_ANGLE, MAX_RANDOM_ANGLE)
    light = random.uniform(-180, 180)
    mirrored = random.chance(0.5)
    factors = [
        Factors(
            class_=CLASSES[classes[row]],
            background=BACKGROUNDS[backgrounds[row]],
            surface=SURFACES[surfaces[row]],
            hue=float(hue[row]),
            scale=float(scale[row]),
            angle=float(angle[row]),
            mirrored=bool(mirrored[row]),
            light=float(light[row]),
        )
        for row in range(len(indices))
    ]
    pairs = zip(factors, all_fixed, strict=True)
    return [_with_fixed(random_factors, fixed_factors) for random_factors, fixed_factors in pairs]


def _one_mapping_per_scene(fixed: Fixed | Sequence[Fixed], count: int) -> Sequence[Fixed]:
    """Return the fixed factors of each of `count` scenes."""
    if isinstance(fixed, Mapping):
        return [fixed] * count
    if fixed and len(fixed) != count:
        raise BadScene(f"Factors are fixed for {len(fixed)} scenes of {count}; fix all or none.")
    return fixed or [{}] * count


def _with_fixed(factors: Factors, fixed: Fixed) -> Factors:
    """Replace random factors by the fixed ones, after checking them."""
    choices = {"class_": CLASSES, "background": BACKGROUNDS, "surface": SURFACES}
    for name, value in fixed.items():
        if name not in Factors.__dataclass_fields__:
            names = ", ".join(Factors.__dataclass_fields__)
            raise BadScene(f"A scene has no factor {name!r}; its factors are {names}.")
        check(name, value, choices.get(name, ()))
    return replace(factors, **dict(fixed))  # type: ignore[arg-type]
