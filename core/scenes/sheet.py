"""`python -m core.scenes.sheet FILE`: draw several scenes of every class on a contact sheet."""

import sys

import numpy as np
from PIL import Image

from core.scenes.world import CLASSES, batch

# Side of a scene in pixels, scenes of a class, and columns of the sheet.
SIDE, SCENES_PER_CLASS, COLUMNS = 96, 8, 2


def sheet(seed: int = 5) -> Image.Image:
    """Return a contact sheet: a row of scenes for every class, alphabetically, in two columns."""
    fixed = [{"class_": class_} for class_ in CLASSES for _ in range(SCENES_PER_CLASS)]
    drawn = batch(seed, range(len(fixed)), SIDE, fixed)
    pixels = drawn.pictures.permute(0, 2, 3, 1).numpy()
    rows = pixels.reshape(len(CLASSES), SCENES_PER_CLASS, SIDE, SIDE, 3)
    strips = [np.concatenate(list(row), 1) for row in rows]
    strips += [np.full_like(strips[0], 255)] * (-len(strips) % COLUMNS)
    length = len(strips) // COLUMNS
    columns = [np.concatenate(strips[i * length : (i + 1) * length]) for i in range(COLUMNS)]
    return Image.fromarray(np.concatenate(columns, 1))


if __name__ == "__main__":
    sheet().save(sys.argv[1], quality=82)
