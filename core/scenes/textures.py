"""Textures as periodic tiles of grey values, and materials made of a tile and two colours.

Tiles are drawn once from a fixed seed with numpy, so that they are the same on every machine.
Their spectra fall with frequency as nature's do (Field 1987), which is what teaches first layers
edges and colour blobs (Baradad et al. 2021, arXiv 2106.05963).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.scenes.dice import Dice

TILE = 192
NAMES = (
    "plain", "clouds", "fur", "spots", "stripes", "brick", "scales", "wood", "metal", "leaves",
    "knit", "pebbles", "ripples", "panes",
)  # fmt: skip


@dataclass(frozen=True)
class Material:
    """What a surface looks like in each scene.

    Attributes:
        dark: Colour where the texture is 0, (n, 3, 1, 1).
        light: Colour where it is 1, (n, 3, 1, 1).
        texture: Grey values in 0 to 1, (n, 1, h, w).
    """

    dark: Tensor
    light: Tensor
    texture: Tensor

    def colour(self) -> Tensor:
        """The surface, (n, 3, h, w)."""
        return torch.lerp(self.dark, self.light, self.texture)


def flat(colour: Tensor) -> Material:
    """A surface of one colour."""
    return Material(colour, colour, colour.new_zeros(len(colour), 1, 1, 1))


def sampled(which: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Tiles at points, bilinear and periodic.

    Args:
        which: Index of each scene's tile, (n,).
        u: Across, in tiles, (n, h, w).
        v: Down, in tiles, (n, h, w).

    Returns:
        Grey values, (n, 1, h, w).
    """
    # One more row and column on each side make the tile's edges meet.
    side = TILE + 2
    grid = torch.stack([u - u.floor(), v - v.floor()], -1)
    grid = ((grid * TILE + 1) * 2) / side - 1
    return functional.grid_sample(tiles()[which], grid, "bilinear", "border", align_corners=False)


def colours(dice: Dice, low: tuple[float, ...], high: tuple[float, ...]) -> Tensor:
    """Random colours between two in hue, saturation and value, (n, 3, 1, 1)."""
    h, s, v = (dice.uniform(a, b) for a, b in zip(low, high, strict=True))
    return hsv(h, s, v)


def hsv(h: Tensor, s: Tensor, v: Tensor) -> Tensor:
    """RGB, (n, 3, 1, 1), of hue, saturation and value in 0 to 1, (n, 1, 1) each."""
    offsets = torch.tensor([5.0, 3.0, 1.0])[:, None, None]
    k = (offsets + (h % 1)[:, None] * 6) % 6
    return v[:, None] * (1 - s[:, None] * torch.minimum(k, 4 - k).clamp(0, 1))


@cache
def tiles() -> Tensor:
    """All tiles with their edges repeated, (tiles, 1, TILE + 2, TILE + 2)."""
    random = np.random.default_rng(20261120)
    drawn = [_normalised(_DRAWN[name](random)) for name in NAMES]
    drawn[NAMES.index("plain")] = 0.5 + 0.1 * (drawn[NAMES.index("plain")] - 0.5)
    padded = [np.pad(tile, 1, mode="wrap") for tile in drawn]
    return torch.from_numpy(np.stack(padded).astype(np.float32))[:, None]


@cache
def noise_tile() -> Tensor:
    """White noise of variance 1, (TILE, TILE)."""
    return torch.from_numpy(np.random.default_rng(7).standard_normal((TILE, TILE), np.float32))


def _normalised(tile: np.ndarray) -> np.ndarray:
    low, high = np.percentile(tile, [1, 99])
    return np.clip((tile - low) / max(high - low, 1e-6), 0, 1)


def _filtered(random: np.random.Generator, keep) -> np.ndarray:
    """Noise with a spectrum given over its frequencies, in cycles a tile."""
    frequency = np.fft.fftfreq(TILE, 1 / TILE)
    fy, fx = np.meshgrid(frequency, frequency, indexing="ij")
    spectrum = np.fft.fft2(random.standard_normal((TILE, TILE))) * keep(fx, fy)
    return np.fft.ifft2(spectrum).real


def _radius(fx: np.ndarray, fy: np.ndarray) -> np.ndarray:
    return np.maximum(np.hypot(fx, fy), 1)


def _clouds(random: np.random.Generator) -> np.ndarray:
    return _filtered(random, lambda fx, fy: _radius(fx, fy) ** -1.6)


def _plain(random: np.random.Generator) -> np.ndarray:
    return 0.5 + 0.05 * _clouds(random)


def _fur(random: np.random.Generator) -> np.ndarray:
    """Hairs: fine across, long along."""
    strands = _filtered(random, lambda fx, fy: np.exp(-((np.abs(fx) - 22) ** 2) / 260 - fy**2 / 40))
    return strands / strands.std() + 0.6 * _normalised(_clouds(random)) * 2


def _spots(random: np.random.Generator) -> np.ndarray:
    band = _filtered(random, lambda fx, fy: np.exp(-((_radius(fx, fy) - 9) ** 2) / 8))
    return 1 / (1 + np.exp(-6 * band / band.std() + 3))


def _grid() -> tuple[np.ndarray, np.ndarray]:
    line = (np.arange(TILE) + 0.5) / TILE
    y, x = np.meshgrid(line, line, indexing="ij")
    return x, y


def _stripes(random: np.random.Generator) -> np.ndarray:
    x, _ = _grid()
    bend = _clouds(random)
    return np.tanh(3 * np.sin(2 * np.pi * (8 * x) + 0.8 * bend / bend.std()))


def _ripples(random: np.random.Generator) -> np.ndarray:
    _, y = _grid()
    bend = _clouds(random)
    return np.sin(2 * np.pi * 14 * y + 1.6 * bend / bend.std()) + 0.5 * bend / bend.std()


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
    bend = _clouds(random)
    bend = bend / bend.std()
    grain = np.sin(2 * np.pi * 12 * y + 2.2 * bend + 0.6 * np.sin(2 * np.pi * x))
    fine = _filtered(random, lambda fx, fy: np.exp(-(fx**2) / 20 - ((np.abs(fy) - 40) ** 2) / 300))
    return grain + 0.4 * fine / fine.std()


def _metal(random: np.random.Generator) -> np.ndarray:
    _, y = _grid()
    brushed = _filtered(random, lambda fx, fy: np.exp(-(fx**2) / 3) * _radius(fx, fy) ** -0.5)
    return brushed / brushed.std() * 0.5 + 1.2 * np.sin(2 * np.pi * y)


def _leaves(random: np.random.Generator) -> np.ndarray:
    """Dead leaves: discs one over the other, their sizes as nature's (Lee, Mumford, Huang 2001)."""
    x, y = _grid()
    shade = np.full((TILE, TILE), 0.5)
    for _ in range(700):
        r = 0.02 / max(random.random() ** 0.5, 0.14)
        cx, cy, turn, tone = random.random(4)
        u, v = (x - cx + 0.5) % 1 - 0.5, (y - cy + 0.5) % 1 - 0.5
        a = u * np.cos(turn * 6.3) + v * np.sin(turn * 6.3)
        b = v * np.cos(turn * 6.3) - u * np.sin(turn * 6.3)
        inside = (a / r) ** 2 + (b / (0.55 * r)) ** 2 < 1
        shade = np.where(inside, tone * 0.9 + 0.25 * np.abs(b) / r, shade)
    return shade


def _knit(random: np.random.Generator) -> np.ndarray:
    x, y = _grid()
    weave = np.abs(np.sin(np.pi * 12 * (x + 0.5 * np.abs(((y * 12) % 1) - 0.5) / 6)))
    return weave * (0.6 + 0.4 * np.sin(2 * np.pi * 12 * y)) + 0.08 * random.standard_normal(
        (TILE, TILE)
    )


def _pebbles(random: np.random.Generator) -> np.ndarray:
    band = _filtered(random, lambda fx, fy: np.exp(-((_radius(fx, fy) - 16) ** 2) / 60))
    return np.abs(band) ** 0.7


def _panes(random: np.random.Generator) -> np.ndarray:
    """A front with lit and dark windows."""
    x, y = _grid()
    column, row = np.floor(x * 6).astype(int), np.floor(y * 7).astype(int)
    u, v = (x * 6) % 1, (y * 7) % 1
    window = (np.abs(u - 0.5) < 0.3) & (np.abs(v - 0.5) < 0.32)
    lit = random.random((7, 6))[row, column]
    return np.where(window, 0.15 + 0.3 * lit, 0.85) + 0.04 * random.standard_normal((TILE, TILE))


_DRAWN = {
    "plain": _plain, "clouds": _clouds, "fur": _fur, "spots": _spots, "stripes": _stripes,
    "brick": _brick, "scales": _scales, "wood": _wood, "metal": _metal, "leaves": _leaves,
    "knit": _knit, "pebbles": _pebbles, "ripples": _ripples, "panes": _panes,
}  # fmt: skip
