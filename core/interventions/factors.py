"""The factors that an intervention changes, one at a time, and the levels of each.

Factors of the drawing change what the scene shows; factors of the photograph change all of its
pixels a little, as another camera or another file format would.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image, ImageFilter

from core.scenes import BACKGROUNDS, SURFACES

Change = Callable[[Image.Image], Image.Image]

# How much a tint moves red and blue, of 255: about what is just visible beside the original.
TINT = 12
# Quality of JPEG at which its blocks are just visible, and the standard deviation of the blur in
# pixels of the network's input.
JPEG_QUALITY, BLUR_SIGMA = 30, 0.8


@dataclass(frozen=True)
class Factor:
    """A factor, and its levels.

    Attributes:
        key: The factor's key.
        title: What pages call it.
        drawn: For a factor of the drawing, the fixed factors of `scenes.batch` for each level.
        changes: For a factor of the photograph, what each level does to the picture. The first
            level leaves it as it is.
    """

    key: str
    title: str
    drawn: Mapping[str, Mapping[str, object]] | None = None
    changes: Mapping[str, Change] | None = None

    @property
    def levels(self) -> tuple[str, ...]:
        """What pages call the levels, in order."""
        return tuple(self.drawn or self.changes or ())


def _unchanged(img: Image.Image) -> Image.Image:
    return img


def _tint(red: int) -> Change:
    """Return a change that adds to red what it takes from blue."""

    def change(img: Image.Image) -> Image.Image:
        moved = np.asarray(img, np.int16) + np.array([red, 0, -red], np.int16)
        return Image.fromarray(moved.clip(0, 255).astype(np.uint8))

    return change


def _compress(img: Image.Image) -> Image.Image:
    file = BytesIO()
    img.save(file, "JPEG", quality=JPEG_QUALITY)
    return Image.open(file).convert("RGB")


def _blur(img: Image.Image) -> Image.Image:
    return img.filter(ImageFilter.GaussianBlur(BLUR_SIGMA))


def _values(factor: str, levels: Mapping[str, object]) -> Mapping[str, Mapping[str, object]]:
    return {level: {factor: value} for level, value in levels.items()}


HUES = {name: index / 6 for index, name in enumerate(
    ("red", "yellow", "green", "cyan", "blue", "magenta"))}  # fmt: skip

_ALL = (
    Factor("background", "Background", _values("background", {b: b for b in BACKGROUNDS})),
    Factor("texture", "Texture of the object", _values("surface", {s: s for s in SURFACES})),
    Factor("colour", "Colour of the object", _values("hue", HUES)),
    Factor("size", "Size", _values("scale", {"small": 0.45, "medium": 0.65, "large": 0.9})),
    Factor("turn", "Turned", _values("angle", {"left": -20.0, "upright": 0.0, "right": 20.0})),
    Factor("light", "Light from", _values("light", {
        "the right": 0.0, "below": 90.0, "the left": 180.0, "above": -90.0})),
    Factor("mirror", "Mirrored", _values("mirrored", {"no": False, "yes": True})),
    Factor("tint", "Tint", changes={
        "none": _unchanged, "warm": _tint(TINT), "cold": _tint(-TINT)}),
    Factor("compression", "JPEG compression", changes={"none": _unchanged, "strong": _compress}),
    Factor("sharpness", "Sharpness", changes={"sharp": _unchanged, "blurred": _blur}),
)  # fmt: skip
FACTORS: Mapping[str, Factor] = {factor.key: factor for factor in _ALL}
