"""The usual picture set: scenes of every class alike, that no network was trained on."""

from collections.abc import Iterator
from typing import Any

from PIL import Image

from core import scenes
from core.scenes.world import Batch

COUNT, SEED = 560, 3_000_003
# Scenes drawn, and sent through a network, at once.
BATCH = 56


def class_of(index: int) -> str:
    """What stands in a scene of the set."""
    return scenes.CLASSES[index % len(scenes.CLASSES)]


def scene(index: int, size: int) -> scenes.Scene:
    """A scene of the set."""
    drawn = scenes.batch(SEED, [index], size, {"class_": class_of(index)})
    return scenes.Scene(images(drawn)[0], drawn.factors[0], drawn.parts[0].numpy())


def batches(size: int, count: int | None = None, scale: float | None = None) -> Iterator[Batch]:
    """The set as tensors, some at a time.

    Args:
        size: Side in pixels.
        count: Only so many, its first ones; all where None.
        scale: How much of the frame everything takes (`scenes.Factors`); each its own where None.
    """
    count = count or COUNT
    for start in range(0, count, BATCH):
        indices = range(start, min(start + BATCH, count))
        facts: list[dict[str, Any]] = [{"class_": class_of(i)} for i in indices]
        if scale is not None:
            facts = [one | {"scale": scale} for one in facts]
        yield scenes.batch(SEED, indices, size, facts)


def images(drawn: Batch) -> list[Image.Image]:
    """Scenes as pictures."""
    pixels = drawn.pictures.permute(0, 2, 3, 1).contiguous().numpy()
    return [Image.fromarray(one) for one in pixels]
