"""Quality settings of a rendering: canvas, size, steps, learning rate and transforms."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from core.arguments import require_choice, require_count, require_number
from core.layers import LOGITS
from core.visualize.canvas import CANVASES
from core.visualize.transforms import Transforms


@dataclass(frozen=True)
class Quality:
    """How a picture is rendered.

    Attributes:
        canvas: "fourier", "maco" or "pixels".
        size: Side in pixels.
        steps: Number of ascent steps.
        decay: Exponent by which the canvas's spectrum falls; larger values give smoother pictures.
        cap: Largest standard deviation of the canvas before the sigmoid.
        rate: Learning rate of Adam.
        transforms: Random transforms in each step.
    """

    canvas: str = "fourier"
    size: int = 96
    steps: int = 64
    decay: float = 1.0
    cap: float = 2.4
    rate: float = 0.1
    transforms: Transforms = field(default_factory=Transforms)

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            BadArgument: There is no such canvas, or a number is too small.
        """
        require_choice("canvas", self.canvas, CANVASES)
        require_count("size", self.size)
        require_count("steps", self.steps)
        require_number("rate", self.rate)

    def to_json(self) -> str:
        """Return all settings as canonical JSON, for a recipe."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Quality":
        """Parse what `to_json` returned."""
        settings = json.loads(text)
        transforms: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in settings["transforms"].items()
        }
        return cls(**settings | {"transforms": Transforms(**transforms)})


# Largest side of class pictures: rendering time grows with its square.
LARGEST_CLASS_SIZE = 192
# The fewest steps tried at which 16 of 16 units reach nine tenths of lucent's score.
UNITS = Quality(steps=96, rate=0.2)
# First layers need fewer steps, and their units prefer one orientation and one scale.
FIRST_LAYERS = Quality(steps=48, rate=0.4, transforms=Transforms(zoom=(0.0, 0.0), turn=(0.0, 0.0)))
# MACO's spectrum is its prior, and its phases need small steps. Chosen by eye among eight settings.
MACO: Mapping[str, Any] = {"canvas": "maco", "decay": 1.25, "cap": 1.2, "rate": 0.03}
# Layers with at most this stride, in input pixels, count as first layers.
FIRST_LAYER_STRIDE = 2
# Class pictures are smoother and paler, move less, and start from a close-up that widens to the
# whole picture. Of twenty settings tried, this is among the best at carrying over to a network that
# the pictures were not made for (benchmarks/RESULTS.md).
CLASSES = Quality(
    steps=120,
    decay=1.5,
    cap=1.2,
    rate=0.2,
    transforms=Transforms(jitter=(0.06, 0.06), zoom=(0.2, 0.2), turn=(15.0, 15.0), crop=(0.5, 1.0)),
)


def quality_for(input_size: tuple[int, int, int], layer: str, shape: tuple[int, ...]) -> Quality:
    """Return the default quality for the units of a layer.

    Args:
        input_size: The network's (channels, height, width).
        layer: Dotted name, or LOGITS.
        shape: Shape of the layer's activation for one picture, channels first.
    """
    if layer == LOGITS:
        return replace(CLASSES, size=min(LARGEST_CLASS_SIZE, max(input_size[1:])))
    is_first = len(shape) == 3 and FIRST_LAYER_STRIDE * shape[-1] >= input_size[-1]
    return FIRST_LAYERS if is_first else UNITS


def on_canvas(quality: Quality, canvas: str) -> Quality:
    """Return the same quality on another canvas, with the settings that this canvas needs."""
    return replace(quality, **MACO) if canvas == "maco" else replace(quality, canvas=canvas)
