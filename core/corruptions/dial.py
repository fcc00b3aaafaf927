"""Dials: what makes a picture worse, in five steps."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float
from PIL import Image

from core.errors import ZooscopeError, suggest_names
from core.images import picture_id

# Steps of every dial; 0 is the unchanged picture. As many as ImageNet-C has severities.
STEPS = 5
# Side of the pictures that are changed, in pixels: that of ImageNet-C, whose constants hold for it.
SIDE = 224

Colours = Float[np.ndarray, "h w 3"]
# Changes colours (0 to 1) with a step's value; random numbers come from the generator.
Change = Callable[[Colours, Any, np.random.Generator], Colours]


class UnknownDial(ZooscopeError):
    """There is no dial of this name; the message lists the nearest ones."""


@dataclass(frozen=True)
class Dial:
    """A way to make a picture worse.

    Attributes:
        key: The dial's key.
        title: What pages call it.
        group: "Noise and blur", "Light and colour", "File", "Position" or "Attack".
        source: Where it comes from, for pages.
        values: The value of each of the steps 1 to 5.
        labels: What pages call these values.
        change: Changes the colours; None for an attack, which needs the network.
    """

    key: str
    title: str
    group: str
    source: str
    values: tuple[Any, ...]
    labels: tuple[str, ...]
    change: Change | None = None


DIALS: dict[str, Dial] = {}


def dial(
    title: str, group: str, source: str, values: tuple[Any, ...], labels: tuple[str, ...]
) -> Callable[[Change], Change]:
    """Register a function as a dial, under its name. Arguments: see `Dial`."""

    def register(change: Change) -> Change:
        key = change.__name__
        DIALS[key] = Dial(key, title, group, source, values, labels, change)
        return change

    return register


def find(key: str) -> Dial:
    """Return a dial.

    Raises:
        UnknownDial: There is none of this name.
    """
    if key not in DIALS:
        raise UnknownDial(f"There is no dial {key!r}.{suggest_names(key, DIALS)}")
    return DIALS[key]


def changed_pictures(img: Image.Image, key: str) -> list[Image.Image]:
    """Return the picture at step 0 (unchanged) to 5 of a dial that needs no network.

    Args:
        img: A picture of 224 × 224 pixels.
        key: The dial's key.

    Raises:
        UnknownDial: There is none of this name, or it is an attack.
    """
    return [changed_picture(img, key, step) for step in range(STEPS + 1)]


def changed_picture(img: Image.Image, key: str, step: int) -> Image.Image:
    """Return the picture at one step of a dial. See `changed_pictures`.

    Args:
        img: A picture of 224 × 224 pixels.
        key: The dial's key.
        step: 0 (unchanged) to 5.

    Raises:
        UnknownDial: There is none of this name, or it is an attack.
    """
    found = find(key)
    if found.change is None:
        raise UnknownDial(f"{found.title} needs a network; its pictures come with the answers.")
    if step == 0:
        return img
    return _changed(found.change, found.values[step - 1], img.size, img.tobytes())


# Networks with the same crop of a picture share its changed copies, and pages show them again: room
# for all dials of one picture, 30 MB with the keys.
@lru_cache(maxsize=100)
def _changed(change: Change, value: Any, size: tuple[int, int], data: bytes) -> Image.Image:
    """Return the changed picture, given the pixels of the picture in RGB."""
    img = Image.frombytes("RGB", size, data)
    # The same noise at each step, from the picture, so that steps differ by the value only.
    random = np.random.default_rng(int(picture_id(img)[:16], 16))
    return to_picture(change(np.asarray(img, np.float64) / 255, value, random))


def to_picture(colours: Colours) -> Image.Image:
    """Return colours (0 to 1; others are clipped) as a picture."""
    return Image.fromarray((colours.clip(0, 1) * 255).round().astype(np.uint8))
