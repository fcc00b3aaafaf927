"""Changes of a photograph: of its background, of the marked object, of its colours and shapes.

A photograph can't be drawn again with one factor changed. These changes take away one kind of
information each, and leave traces of their own, such as blurred or cut edges: what they do to an
answer is a hint about what it rests on. Overlaying a texture shows how sensitive an answer is to
texture; it is not the cue-conflict test of Geirhos et al. 2019, which needs two labelled cues.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from jaxtyping import Float
from PIL import Image
from scipy import ndimage

from core.images import picture_id
from core.interventions.area import Cells, mask
from core.pictures import photo

# Longer side of a changed picture, in pixels.
SIDE = 512
UNCHANGED = "unchanged"
BACKGROUND, OBJECT, COLOUR, SHAPE = "Background", "Marked area", "Colour", "Shape and texture"

Colours = Float[np.ndarray, "h w 3"]
Mask = Float[np.ndarray, "h w 1"]
# Changes colours (0 to 1), given the marked area.
Change = Callable[[Colours, Mask], Colours]


@dataclass(frozen=True)
class PhotoChange:
    """A change of a photograph.

    Attributes:
        key: The change's key.
        title: What pages call it.
        group: What it changes.
        text: What it does, in one sentence.
        needs_area: Whether it needs a marked area.
        change: Changes the colours.
    """

    key: str
    title: str
    group: str
    text: str
    needs_area: bool
    change: Change


_CHANGES: dict[str, PhotoChange] = {}
PHOTO_CHANGES: Mapping[str, PhotoChange] = MappingProxyType(_CHANGES)


def changed_photographs(img: Image.Image, cells: Cells) -> dict[str, Image.Image]:
    """Return the picture, made smaller, and its changed copies by the changes' keys.

    Args:
        img: The picture.
        cells: The marked area. Where no cell is marked, changes that need one are left out.
    """
    small = img.copy()
    small.thumbnail((SIDE, SIDE))
    x = np.asarray(small, np.float64) / 255
    area = mask(cells, small.size)
    changed = {UNCHANGED: small}
    for key, each in PHOTO_CHANGES.items():
        if cells.any() or not each.needs_area:
            pixels = (each.change(x.copy(), area).clip(0, 1) * 255).round().astype(np.uint8)
            changed[key] = Image.fromarray(pixels)
    return changed


def _photo_change(title: str, group: str, needs_area: bool = False) -> Callable[[Change], Change]:
    """Register a function as a change, under its name; its docstring is the change's text."""

    def register(change: Change) -> Change:
        key, text = change.__name__, (change.__doc__ or "").partition("\n")[0]
        _CHANGES[key] = PhotoChange(key, title, group, text, needs_area, change)
        return change

    return register


@_photo_change("Background blurred", BACKGROUND, needs_area=True)
def background_blurred(x: Colours, area: Mask) -> Colours:
    """Everything outside the marked area is blurred."""
    return area * x + (1 - area) * _blurred(x, 0.06)


@_photo_change("Background grey", BACKGROUND, needs_area=True)
def background_grey(x: Colours, area: Mask) -> Colours:
    """Everything outside the marked area becomes its mean colour."""
    return area * x + (1 - area) * x.mean((0, 1))


@_photo_change("Background of grass", BACKGROUND, needs_area=True)
def background_grass(x: Colours, area: Mask) -> Colours:
    """Everything outside the marked area is replaced by grass, coloured green."""
    return area * x + (1 - area) * _texture("grass", x) * (0.55, 0.9, 0.35)


@_photo_change("Background of bricks", BACKGROUND, needs_area=True)
def background_bricks(x: Colours, area: Mask) -> Colours:
    """Everything outside the marked area is replaced by a brick wall."""
    return area * x + (1 - area) * _texture("brick", x) * (0.9, 0.55, 0.45)


@_photo_change("Marked area blurred", OBJECT, needs_area=True)
def object_blurred(x: Colours, area: Mask) -> Colours:
    """The marked area is blurred."""
    return area * _blurred(x, 0.06) + (1 - area) * x


@_photo_change("Marked area grey", OBJECT, needs_area=True)
def object_grey(x: Colours, area: Mask) -> Colours:
    """The marked area becomes the picture's mean colour."""
    return area * x.mean((0, 1)) + (1 - area) * x


@_photo_change("Greyscale", COLOUR)
def greyscale(x: Colours, area: Mask) -> Colours:
    """No colours: every pixel becomes its brightness."""
    return np.broadcast_to(_brightness(x), x.shape).copy()


@_photo_change("Colours turned", COLOUR)
def colours_turned(x: Colours, area: Mask) -> Colours:
    """Every colour becomes the opposite one on the colour wheel; brightness stays."""
    grey = _brightness(x)
    return 2 * grey - x


@_photo_change("Patches shuffled", SHAPE)
def patches_shuffled(x: Colours, area: Mask) -> Colours:
    """16 patches change places: textures stay, the shape is gone."""
    height, width = (side // 4 * 4 for side in x.shape[:2])
    patches = x[:height, :width].reshape(4, height // 4, 4, width // 4, 3).swapaxes(1, 2)
    flat = patches.reshape(16, height // 4, width // 4, 3)
    seed = int(picture_id(_as_picture(x))[:16], 16)
    shuffled = flat[np.random.default_rng(seed).permutation(16)].reshape(patches.shape)
    x[:height, :width] = shuffled.swapaxes(1, 2).reshape(height, width, 3)
    return x


@_photo_change("Coarse shapes", SHAPE)
def coarse_shapes(x: Colours, area: Mask) -> Colours:
    """Blurred everywhere: coarse shapes and colours stay, textures are gone (low-pass)."""
    return _blurred(x, 0.02)


@_photo_change("Fine details", SHAPE)
def fine_details(x: Colours, area: Mask) -> Colours:
    """Only fine details stay; coarse shapes and colours are gone (high-pass)."""
    return x - _blurred(x, 0.008) + 0.5


@_photo_change("Edges", SHAPE)
def edges(x: Colours, area: Mask) -> Colours:
    """Only edges stay, drawn dark on white."""
    grey = ndimage.gaussian_filter(_brightness(x)[..., 0], 1)
    strength = np.hypot(ndimage.sobel(grey, 0), ndimage.sobel(grey, 1))
    strongest = np.percentile(strength, 99) or 1.0  # 0 for a picture of one colour
    return np.repeat((1 - strength / strongest)[..., None], 3, axis=2)


@_photo_change("Silhouette", SHAPE, needs_area=True)
def silhouette(x: Colours, area: Mask) -> Colours:
    """The marked area becomes black, everything else white: only its outline is left."""
    return np.broadcast_to(1 - area, x.shape).copy()


@_photo_change("Texture overlaid", SHAPE)
def texture_overlaid(x: Colours, area: Mask) -> Colours:
    """Gravel is mixed in at one half: shapes stay visible, textures are disturbed."""
    return (x + _texture("gravel", x)) / 2


def _blurred(x: Colours, sigma: float) -> Colours:
    """Blur by a standard deviation that is a share of the longer side."""
    pixels = sigma * max(x.shape[:2])
    return ndimage.gaussian_filter(x, (pixels, pixels, 0), mode="nearest")


def _brightness(x: Colours) -> Mask:
    """Return the brightness of each pixel (ITU-R BT.601)."""
    return x @ np.array([[0.299], [0.587], [0.114]])


def _texture(name: str, like: Colours) -> Colours:
    """Return a photograph of a texture from the gallery, in the size of other colours."""
    img = photo(name).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(img, np.float64)[: like.shape[0], : like.shape[1]] / 255


def _as_picture(x: Colours) -> Image.Image:
    return Image.fromarray((x * 255).round().astype(np.uint8))
