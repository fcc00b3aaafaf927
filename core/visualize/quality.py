"""How hard to try: canvas, size, steps, and how the pictures are looked at."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from core.visualize.terms import LOGITS
from core.visualize.transforms import Transforms


@dataclass(frozen=True)
class Quality:
    """How a picture is made.

    Attributes:
        canvas: "fourier", "maco" or "pixels".
        size: Side in pixels.
        steps: Of the ascent.
        decay: Of the spectrum: how smooth the canvas is.
        cap: Largest standard deviation before the sigmoid.
        rate: Learning rate (Adam).
        transforms: How each step looks at the picture.
    """

    canvas: str = "fourier"
    size: int = 96
    steps: int = 64
    decay: float = 1.0
    cap: float = 2.4
    rate: float = 0.1
    transforms: Transforms = field(default_factory=Transforms)

    def to_json(self) -> str:
        """All of it, for a recipe."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Quality":
        """What `to_json` wrote."""
        raw = json.loads(text)
        courses: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in raw["transforms"].items()
        }
        return cls(**raw | {"transforms": Transforms(**courses)})


# Side of class pictures at most, for their time: it grows with the square.
LARGEST = 192
# The fewest steps tried at which 16 of 16 units reach nine tenths of lucent's score.
UNITS = Quality(steps=96, rate=0.2)
# First layers are soon done, and what they like has one direction and one scale.
FIRST = Quality(steps=48, rate=0.4, transforms=Transforms(zoom=(0.0, 0.0), turn=(0.0, 0.0)))
# MACO's spectrum is its prior, and its phases need small steps: chosen by eye among eight settings.
MACO: Mapping[str, Any] = {"canvas": "maco", "decay": 1.25, "cap": 1.2, "rate": 0.03}
# Layers whose maps have at least one place for so many pixels, across and down, are first ones.
FIRST_STRIDE = 2
# Smoother, paler, kept about the middle, and looked at closely first and then as a whole: of
# twenty settings tried, among the best at carrying over to a network the picture was not made for
# (benchmarks/RESULTS.md).
CLASSES = Quality(
    steps=120,
    decay=1.5,
    cap=1.2,
    rate=0.2,
    transforms=Transforms(jitter=(0.06, 0.06), zoom=(0.2, 0.2), turn=(15.0, 15.0), crop=(0.5, 1.0)),
)


def quality_for(input_size: tuple[int, int, int], layer: str, shape: tuple[int, ...]) -> Quality:
    """What suits a layer.

    Args:
        input_size: The network's (channels, height, width).
        layer: Dotted name, or LOGITS.
        shape: Of the layer's activation for one picture, channels first.
    """
    if layer == LOGITS:
        return replace(CLASSES, size=min(LARGEST, max(input_size[1:])))
    first = len(shape) == 3 and FIRST_STRIDE * shape[-1] >= input_size[-1]
    return FIRST if first else UNITS


def on_canvas(quality: Quality, canvas: str) -> Quality:
    """The same effort on another canvas, with what that needs."""
    return replace(quality, **MACO) if canvas == "maco" else replace(quality, canvas=canvas)
