"""Scenes as they stand in a link: "wolf~7~background=grass~scale=0.8"."""

from core.scenes.factors import BadScene, Factors
from core.scenes.world import Scene, draw

MARK = "~"
KINDS = {"hue": float, "scale": float, "angle": float, "light": float}
MAX_SEED = 10**9


def reference(class_: str, seed: int, **fixed: object) -> str:
    """The text of a scene, with what is said of it."""
    said = [f"{name}={_written(value)}" for name, value in sorted(fixed.items())]
    return MARK.join([class_, str(seed), *said])


def from_reference(text: str, size: int) -> Scene:
    """Draw the scene of a text.

    Raises:
        BadScene: The text is none, or names what there is not.
    """
    class_, _, rest = text.partition(MARK)
    digits, *said = rest.split(MARK)
    if not digits.isdecimal() or int(digits) > MAX_SEED:
        raise BadScene(f"{text!r} names no scene; one is called wolf{MARK}7, a class and a number.")
    return draw(class_, int(digits), size, **dict(_read(fact) for fact in said))


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _read(fact: str) -> tuple[str, object]:
    name, _, value = fact.partition("=")
    if name == "mirrored" and value in ("yes", "no"):
        return name, value == "yes"
    if name in KINDS:
        try:
            return name, KINDS[name](value)
        except ValueError as error:
            raise BadScene(f"{name} is {value!r}; it is a number.") from error
    if name not in Factors.__dataclass_fields__ or name in ("class_", "mirrored"):
        raise BadScene(f"A scene's {name!r} can't be {value!r}.")
    return name, value
