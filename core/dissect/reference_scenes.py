"""The reference set: scenes with equally many of each class, on which no network was trained."""

from collections.abc import Iterator, Sequence
from typing import Any

from PIL import Image

from core import scenes
from core.scenes.world import Batch

COUNT, SEED = 560, 3_000_003
# Number of scenes drawn at once and passed to a network together.
BATCH = 56


def class_of(index: int) -> str:
    """Return the class of a scene of the set."""
    return scenes.CLASSES[index % len(scenes.CLASSES)]


def scene(index: int, size: int) -> scenes.Scene:
    """Return a scene of the set, `size` pixels wide and high."""
    batch = scenes.batch(SEED, [index], size, {"class_": class_of(index)})
    return scenes.Scene(images(batch)[0], batch.factors[0], batch.parts[0].numpy())


def batches(
    size: int,
    count: int | None = None,
    scale: float | None = None,
    at_once: int = BATCH,
    classes: Sequence[str] = scenes.CLASSES,
) -> Iterator[Batch]:
    """Yield the set as batches of tensors.

    Args:
        size: Side in pixels.
        count: Number of scenes, the first of the set; all if None.
        scale: Share of the frame that every object takes (`scenes.Factors`); random if None.
        at_once: Number of scenes in a batch.
        classes: The classes of the scenes, in turn.
    """
    count = count or COUNT
    for start in range(0, count, at_once):
        indices = range(start, min(start + at_once, count))
        factors: list[dict[str, Any]] = [
            {"class_": classes[index % len(classes)]} for index in indices
        ]
        if scale is not None:
            factors = [scene_factors | {"scale": scale} for scene_factors in factors]
        yield scenes.batch(SEED, indices, size, factors)


def images(batch: Batch) -> list[Image.Image]:
    """Convert the scenes of a batch to PIL images."""
    pixels = batch.pictures.permute(0, 2, 3, 1).contiguous().numpy()
    return [Image.fromarray(picture) for picture in pixels]
