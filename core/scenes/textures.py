"""Textures as periodic tiles of grey values, and materials made of a tile and two colours.

The tiles are drawn once, with numpy and a fixed seed, so that they are the same on every machine.
Their power falls with the frequency as in natural images (Field 1987). Trained on such textures,
first layers learn edge and colour-blob detectors (Baradad et al. 2021, arXiv 2106.05963).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.scenes.scene_random import SceneRandom

# Side of a tile in pixels.
TILE = 192
TEXTURES = (
    "plain", "clouds", "fur", "spots", "stripes", "brick", "scales", "wood", "metal", "leaves",
    "knit", "pebbles", "ripples", "panes",
)  # fmt: skip

# Hue, saturation and value in 0 to 1.
Hsv = tuple[float, float, float]
# Maps horizontal and vertical frequencies, in cycles per tile, to factors of the amplitude.
Gain = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Material:
    """A textured surface, for each scene of a batch.

    Attributes:
        dark: Colour where the texture is 0, (n, 3, 1, 1).
        light: Colour where the texture is 1, (n, 3, 1, 1).
        texture: Grey values in 0 to 1, (n, 1, h, w).
    """

    dark: Tensor
    light: Tensor
    texture: Tensor

    def colour(self) -> Tensor:
        """Return the colours of the surface, (n, 3, h, w)."""
        return torch.lerp(self.dark, self.light, self.texture)


def sample_texture(texture: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Sample a periodic texture at points by bilinear interpolation.

    Args:
        texture: Index into TEXTURES for each scene, (n,).
        u: Horizontal coordinate in tiles, (n, h, w).
        v: Vertical coordinate in tiles, (n, h, w).

    Returns:
        Grey values, (n, 1, h, w).
    """
    # Tiles have an extra row and column on each side, so that interpolation works across edges.
    side = TILE + 2
    grid = torch.stack([u - u.floor(), v - v.floor()], -1)
    grid = ((grid * TILE + 1) * 2) / side - 1
    return functional.grid_sample(tiles()[texture], grid, "bilinear", "border", align_corners=False)


def random_colour(random: SceneRandom, low: Hsv, high: Hsv) -> Tensor:
    """Return a random colour for each scene as RGB, (n, 3, 1, 1).

    Args:
        random: Random numbers of the scenes.
        low: Lower bounds of hue, saturation and value. Hues repeat with period 1, so that 0.97 to
            1.03 are reds.
        high: Upper bounds of hue, saturation and value.
    """
    hue, saturation, value = (
        random.uniform(start, stop) for start, stop in zip(low, high, strict=True)
    )
    return hsv_to_rgb(hue, saturation, value)


def flat_material(random: SceneRandom, low: Hsv, high: Hsv) -> Material:
    """Return a material of a single random colour; arguments as in `random_colour`."""
    colour = random_colour(random, low, high)
    return Material(colour, colour, colour.new_zeros(len(colour), 1, 1, 1))


def hsv_to_rgb(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """Convert hue, saturation and value in 0 to 1, each (n, 1, 1), to RGB, (n, 3, 1, 1)."""
    # The usual closed formula: each of red, green and blue is a trapezium over the hue.
    offsets = torch.tensor([5.0, 3.0, 1.0])[:, None, None]
    k = (offsets + (hue % 1)[:, None] * 6) % 6
    return value[:, None] * (1 - saturation[:, None] * torch.minimum(k, 4 - k).clamp(0, 1))


@cache
def tiles() -> Tensor:
    """Return all tiles, each padded periodically by a pixel, (tiles, 1, TILE + 2, TILE + 2)."""
    random = np.random.default_rng(20261120)
    grey = [_normalise(_DRAW_TILE[name](random)) for name in TEXTURES]
    plain = TEXTURES.index("plain")
    grey[plain] = 0.5 + 0.1 * (grey[plain] - 0.5)
    padded = [np.pad(tile, 1, mode="wrap") for tile in grey]
    return torch.from_numpy(np.stack(padded).astype(np.float32))[:, None]


@cache
def noise_tile() -> Tensor:
    """Return a tile of white noise with variance 1, (TILE, TILE)."""
    return torch.from_numpy(np.random.default_rng(7).standard_normal((TILE, TILE), np.float32))


def _normalise(tile: np.ndarray) -> np.ndarray:
    """Scale a tile to 0 to 1, clipping the darkest and the brightest percent."""
    low, high = np.percentile(tile, [1, 99])
    return np.clip((tile - low) / max(high - low, 1e-6), 0, 1)


def _noise(random: np.random.Generator, gain: Gain) -> np.ndarray:
    """Return white noise filtered by a gain for each frequency."""
    frequency = np.fft.fftfreq(TILE, 1 / TILE)
    fy, fx = np.meshgrid(frequency, frequency, indexing="ij")
    spectrum = np.fft.fft2(random.standard_normal((TILE, TILE))) * gain(fx, fy)
    return np.fft.ifft2(spectrum).real


def _frequency(fx: np.ndarray, fy: np.ndarray) -> np.ndarray:
    """Return the radial frequency, at least 1."""
    return np.maximum(np.hypot(fx, fy), 1)


def _clouds(random: np.random.Generator) -> np.ndarray:
    return _noise(random, lambda fx, fy: _frequency(fx, fy) ** -1.6)


def _plain(random: np.random.Generator) -> np.ndarray:
    return 0.5 + 0.05 * _clouds(random)


def _fur(random: np.random.Generator) -> np.ndarray:
    """Draw vertical hairs."""
    strands = _noise(random, lambda fx, fy: np.exp(-((np.abs(fx) - 22) ** 2) / 260 - fy**2 / 40))
    return strands / strands.std() + 0.6 * _normalise(_clouds(random)) * 2


def _spots(random: np.random.Generator) -> np.ndarray:
    band = _noise(random, lambda fx, fy: np.exp(-((_frequency(fx, fy) - 9) ** 2) / 8))
    return 1 / (1 + np.exp(-6 * band / band.std() + 3))


def _grid() -> tuple[np.ndarray, np.ndarray]:
    """Return the x and y coordinates of all pixels, 0 to 1."""
    centres = (np.arange(TILE) + 0.5) / TILE
    y, x = np.meshgrid(centres, centres, indexing="ij")
    return x, y


def _stripes(random: np.random.Generator) -> np.ndarray:
    x, _ = _grid()
    warp = _clouds(random)
    return np.tanh(3 * np.sin(2 * np.pi * (8 * x) + 0.8 * warp / warp.std()))


def _ripples(random: np.random.Generator) -> np.ndarray:
    _, y = _grid()
    warp = _clouds(random)
    return np.sin(2 * np.pi * 14 * y + 1.6 * warp / warp.std()) + 0.5 * warp / warp.std()


def _brick(random: np.random.Generator) -> np.ndarray:
    x, y = _grid()
    row = np.floor(y * 10)
    across = (x * 5 + 0.5 * (row % 2)) % 1
    down = (y * 10) % 1
    stone = np.minimum(np.minimum(across, 1 - across) * 2, np.minimum(down, 1 - down)) > 0.08
    column = np.floor(x * 5 + 0.5 * (row % 2)).astype(int) % 5
    tone = random.random((10, 5))[row.astype(int), column]
    return stone * (0.55 + 0.35 * tone) + 0.06 * random.standard_normal((TILE, TILE))


def _scales(random: np.random.Generator) -> np.ndarray:
    x, y = _grid()
    shade = np.zeros((TILE, TILE))
    for row in range(-1, 13):
        across = (x * 8 + 0.5 * (row % 2)) % 1 - 0.5
        down = y * 12 - row
        inside = (across**2 * 3 + (down - 0.2) ** 2 < 0.75) & (down > 0) & (down < 1.6)
        shade = np.where(inside, 1 - 0.75 * np.clip(down, 0, 1.2) + 0.2 * np.abs(across), shade)
    return shade + 0.05 * random.standard_normal((TILE, TILE))


def _wood(random: np.random.Generator) -> np.ndarray:
    x, y = _grid()
    warp = _clouds(random)
    warp = warp / warp.std()
    grain = np.sin(2 * np.pi * 12 * y + 2.2 * warp + 0.6 * np.sin(2 * np.pi * x))
    fine = _noise(random, lambda fx, fy: np.exp(-(fx**2) / 20 - ((np.abs(fy) - 40) ** 2) / 300))
    return grain + 0.4 * fine / fine.std()


def _metal(random: np.random.Generator) -> np.ndarray:
    _, y = _grid()
    brushed = _noise(random, lambda fx, fy: np.exp(-(fx**2) / 3) * _frequency(fx, fy) ** -0.5)
    return brushed / brushed.std() * 0.5 + 1.2 * np.sin(2 * np.pi * y)


def _leaves(random: np.random.Generator) -> np.ndarray:
    """Draw the dead leaves model: overlapping discs of random size (Lee, Mumford, Huang 2001)."""
    centres = (np.arange(TILE) + 0.5) / TILE
    shade = np.full((TILE, TILE), 0.5)
    for _ in range(700):
        r = 0.02 / max(random.random() ** 0.5, 0.14)
        cx, cy, turn, tone = random.random(4)
        u, v = (centres - cx + 0.5) % 1 - 0.5, (centres - cy + 0.5) % 1 - 0.5
        # Only pixels near the disc are drawn: a hundredth of them, mostly.
        columns, rows = (np.flatnonzero(np.abs(axis) < 1.01 * r) for axis in (u, v))
        near = np.ix_(rows, columns)
        u, v = u[columns], v[rows, None]
        a = u * np.cos(turn * 6.3) + v * np.sin(turn * 6.3)
        b = v * np.cos(turn * 6.3) - u * np.sin(turn * 6.3)
        inside = (a / r) ** 2 + (b / (0.55 * r)) ** 2 < 1
        shade[near] = np.where(inside, tone * 0.9 + 0.25 * np.abs(b) / r, shade[near])
    return shade


def _knit(random: np.random.Generator) -> np.ndarray:
    x, y = _grid()
    weave = np.abs(np.sin(np.pi * 12 * (x + 0.5 * np.abs(((y * 12) % 1) - 0.5) / 6)))
    noise = random.standard_normal((TILE, TILE))
    return weave * (0.6 + 0.4 * np.sin(2 * np.pi * 12 * y)) + 0.08 * noise


def _pebbles(random: np.random.Generator) -> np.ndarray:
    band = _noise(random, lambda fx, fy: np.exp(-((_frequency(fx, fy) - 16) ** 2) / 60))
    return np.abs(band) ** 0.7


def _panes(random: np.random.Generator) -> np.ndarray:
    """Draw a building front with lit and dark windows."""
    x, y = _grid()
    column, row = np.floor(x * 6).astype(int), np.floor(y * 7).astype(int)
    u, v = (x * 6) % 1, (y * 7) % 1
    window = (np.abs(u - 0.5) < 0.3) & (np.abs(v - 0.5) < 0.32)
    lit = random.random((7, 6))[row, column]
    return np.where(window, 0.15 + 0.3 * lit, 0.85) + 0.04 * random.standard_normal((TILE, TILE))


_DRAW_TILE = {
    "plain": _plain, "clouds": _clouds, "fur": _fur, "spots": _spots, "stripes": _stripes,
    "brick": _brick, "scales": _scales, "wood": _wood, "metal": _metal, "leaves": _leaves,
    "knit": _knit, "pebbles": _pebbles, "ripples": _ripples, "panes": _panes,
}  # fmt: skip
