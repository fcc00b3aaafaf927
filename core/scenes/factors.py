"""The factors that define a scene, and the values they can have."""

from dataclasses import dataclass

from core.errors import ZooscopeError
from core.scenes.textures import TEXTURES

BACKGROUNDS = ("grass", "snow", "sand", "sky", "street", "room", "clutter")
# Names of the part masks. Index 0 marks pixels outside the object, index 1 an occluder in front of
# the object.
PARTS = (
    "background", "occluder",
    "skin", "hair", "ear", "brow", "eye", "nose", "mouth", "beard", "glasses", "hat",
    "head", "muzzle", "body", "leg", "tail",
    "wheel", "window", "lamp", "frame", "saddle", "handlebar",
    "wall", "roof", "door", "trunk", "crown",
    "petal", "centre", "stem", "leaf", "cap",
    "fin", "scale", "wing", "beak",
)  # fmt: skip
# "panes" is a building front, which only the background uses.
SURFACES = tuple(name for name in TEXTURES if name != "panes")


class BadScene(ZooscopeError):
    """The requested scene cannot be drawn; the message lists the valid values."""


@dataclass(frozen=True)
class Factors:
    """The factors that define a scene.

    Attributes:
        class_: Class of the object.
        background: Background, a name in BACKGROUNDS.
        surface: Texture of the object's coat, paint or wall, a name in SURFACES.
        hue: Main colour of the object, 0 to 1 around the colour circle.
        scale: Size of the object as a share of the side of the picture, 0.35 to 0.95.
        angle: Rotation of the object in degrees, clockwise, -180 to 180.
        mirrored: Whether left and right of the object are swapped.
        light: Direction of the lit side of the object, in degrees, clockwise from the right, -180
            to 180.
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
    """Raise BadScene unless a factor has one of its choices and is inside its range.

    Args:
        name: Name of the factor.
        value: Value of the factor.
        choices: The allowed values; any value where empty.

    Raises:
        BadScene: The value is not allowed; the message lists the allowed values.
    """
    if choices and value not in choices:
        raise BadScene(f"There is no {name.strip('_')} {value!r}; there are {', '.join(choices)}.")
    if name in RANGES:
        low, high = RANGES[name]
        if not isinstance(value, int | float) or not low <= value <= high:
            raise BadScene(f"{name} is {value!r}; it must be from {low:g} to {high:g}.")
