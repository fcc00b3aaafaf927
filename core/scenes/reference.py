"""Scenes as text, for links: "wolf~7~background=grass~scale=0.8"."""

from core.scenes.factors import BadScene, Factors
from core.scenes.world import Scene, draw

SEPARATOR = "~"
NUMBER_FACTORS = ("hue", "scale", "angle", "light")
MAX_SEED = 10**9
LONGEST_SEED = 24  # characters, with leading zeros


def reference(class_: str, seed: int, **fixed: object) -> str:
    """Return the text of a scene, "wolf~7~scale=0.8", from its class, seed and fixed factors."""
    settings = [f"{name}={_format(value)}" for name, value in sorted(fixed.items())]
    return SEPARATOR.join([class_, str(seed), *settings])


def from_reference(text: str, size: int) -> Scene:
    """Draw the scene that a text describes.

    Args:
        text: As `reference` returns it.
        size: Side of the picture in pixels, 16 to 1024.

    Raises:
        BadScene: The text is malformed, or has an unknown class, factor or value.
    """
    class_, _, rest = text.partition(SEPARATOR)
    digits, *settings = rest.split(SEPARATOR)
    # Python refuses to convert texts of some thousand digits, with an error of its own.
    if not digits.isdecimal() or len(digits) > LONGEST_SEED or int(digits) > MAX_SEED:
        raise BadScene(
            f"{text!r} is not a scene; write a class and a seed up to {MAX_SEED},"
            f" such as wolf{SEPARATOR}7."
        )
    return draw(class_, int(digits), size, **dict(_parse(setting) for setting in settings))


def _format(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _parse(setting: str) -> tuple[str, object]:
    """Split "name=value" into the factor's name and its value."""
    name, _, value = setting.partition("=")
    if name == "mirrored" and value in ("yes", "no"):
        return name, value == "yes"
    if name in NUMBER_FACTORS:
        try:
            return name, float(value)
        except ValueError as error:
            raise BadScene(f"{name} is {value!r}; it must be a number.") from error
    if name not in Factors.__dataclass_fields__ or name in ("class_", "mirrored"):
        raise BadScene(f"The factor {name!r} of a scene cannot be {value!r}.")
    return name, value
