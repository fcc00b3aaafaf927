"""`python -m core.scenes.sheet FILE`: every class as some scenes, one sheet to look at."""

import sys

import numpy as np
from PIL import Image

from core.scenes.world import CLASSES, batch

SIDE, EACH, ACROSS = 96, 8, 2


def sheet(seed: int = 5) -> Image.Image:
    """All classes in alphabetical order, top to bottom, in two halves side by side."""
    said = [{"class_": class_} for class_ in CLASSES for _ in range(EACH)]
    drawn = batch(seed, range(len(said)), SIDE, said)
    rows = drawn.pictures.permute(0, 2, 3, 1).numpy().reshape(len(CLASSES), EACH, SIDE, SIDE, 3)
    strips = [np.concatenate(list(row), 1) for row in rows]
    strips += [np.full_like(strips[0], 255)] * (-len(strips) % ACROSS)
    length = len(strips) // ACROSS
    halves = [np.concatenate(strips[i * length : (i + 1) * length]) for i in range(ACROSS)]
    return Image.fromarray(np.concatenate(halves, 1))


if __name__ == "__main__":
    sheet().save(sys.argv[1], quality=82)
