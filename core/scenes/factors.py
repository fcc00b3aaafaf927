"""What can be said and set of a scene: its vocabulary, and the factors that made it."""

from dataclasses import dataclass

from core.errors import ZooscopeError
from core.scenes.textures import NAMES

BACKGROUNDS = ("grass", "snow", "sand", "sky", "street", "room", "clutter")
# Index 0 is what belongs to no object, 1 what lies before it.
PARTS = (
    "background", "occluder",
    "skin", "hair", "ear", "brow", "eye", "nose", "mouth", "beard", "glasses", "hat",
    "head", "muzzle", "body", "leg", "tail",
    "wheel", "window", "lamp", "frame", "saddle", "handlebar",
    "wall", "roof", "door", "trunk", "crown",
    "petal", "centre", "stem", "leaf", "cap",
    "fin", "scale", "wing", "beak",
)  # fmt: skip
SURFACES = tuple(name for name in NAMES if name != "panes")


class BadScene(ZooscopeError):
    """A scene was asked for that can't be drawn; the message says what can."""


@dataclass(frozen=True)
class Factors:
    """What made a scene.

    Attributes:
        class_: What stands in it.
        background: Where.
        surface: Texture of its coat, paint or wall.
        hue: Main colour, 0 to 1 around the colour circle.
        scale: Share of the frame's side that it takes, 0.35 to 0.95.
        angle: Turn, degrees clockwise, -180 to 180.
        mirrored: Left and right swapped.
        light: Where the light falls to, degrees clockwise from the right, -180 to 180.
    """

    class_: str
    background: str
    surface: str
    hue: float
    scale: float
    angle: float
    mirrored: bool
    light: float


RANGES = {
    "hue": (0.0, 1.0),
    "scale": (0.35, 0.95),
    "angle": (-180.0, 180.0),
    "light": (-180.0, 180.0),
}


def check(name: str, value: object, choices: tuple[str, ...] = ()) -> None:
    """Refuse a factor that is not one of its choices, or not in its range.

    Raises:
        BadScene: With what there is.
    """
    if choices and value not in choices:
        raise BadScene(f"There is no {name.strip('_')} {value!r}; there are {', '.join(choices)}.")
    if name in RANGES:
        low, high = RANGES[name]
        if not isinstance(value, int | float) or not low <= value <= high:
            raise BadScene(f"{name} is {value!r}; it goes from {low:g} to {high:g}.")
