"""Corruptions with the constants of ImageNet-C, for pictures of 224 × 224 pixels.

Hendrycks and Dietterich 2019, "Benchmarking neural network robustness to common corruptions and
perturbations" (arXiv 1903.12261). The random parts differ from theirs: motion blur goes in a
direction that follows from the picture, and its kernel is computed here instead of by ImageMagick.
"""

import math
from io import BytesIO

import numpy as np
from jaxtyping import Float
from PIL import Image
from scipy import ndimage

from core.corruptions.dial import Colours, dial, to_picture

SOURCE = "ImageNet-C"
NOISE_AND_BLUR, LIGHT_AND_COLOUR, FILE = "Noise and blur", "Light and colour", "File"


def _labels(*values: object) -> tuple[str, ...]:
    return tuple(map(str, values))


@dial("Gaussian noise", NOISE_AND_BLUR, SOURCE, (0.08, 0.12, 0.18, 0.26, 0.38),
      _labels(0.08, 0.12, 0.18, 0.26, 0.38))  # fmt: skip
def gaussian_noise(x: Colours, value: float, random: np.random.Generator) -> Colours:
    """Add normal noise of this standard deviation."""
    return x + random.normal(size=x.shape) * value


@dial("Shot noise", NOISE_AND_BLUR, SOURCE, (60, 25, 12, 5, 3), _labels(60, 25, 12, 5, 3))
def shot_noise(x: Colours, value: float, random: np.random.Generator) -> Colours:
    """Count photons: this many at full brightness, fewer where it is darker."""
    return random.poisson(x * value) / value


@dial("Defocus blur", NOISE_AND_BLUR, SOURCE, ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)),
      _labels("3 px", "4 px", "6 px", "8 px", "10 px"))  # fmt: skip
def defocus_blur(x: Colours, value: tuple[int, float], random: np.random.Generator) -> Colours:
    """Blur with a disk of this radius, whose edge is smoothed."""
    radius, smoothing = value
    span = np.arange(-max(8, radius), max(8, radius) + 1)
    disk = (span[:, None] ** 2 + span[None] ** 2 <= radius**2).astype(float)
    kernel = ndimage.gaussian_filter(disk, smoothing)
    return _convolve(x, kernel / kernel.sum(), "reflect")


@dial("Motion blur", NOISE_AND_BLUR, SOURCE, ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15)),
      _labels("3 px", "5 px", "8 px", "12 px", "15 px"))  # fmt: skip
def motion_blur(x: Colours, value: tuple[int, float], random: np.random.Generator) -> Colours:
    """Average along a line whose weights fall like a normal distribution from one end."""
    radius, sigma = value
    direction = math.radians(random.uniform(-45, 45))
    steps = np.arange(2 * radius + 1)
    weights = np.exp(-(steps**2) / (2 * sigma**2))
    return _convolve(x, _line(direction, weights / weights.sum()), "edge")


@dial("Fog", LIGHT_AND_COLOUR, SOURCE, ((1.5, 2.0), (2.0, 2.0), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4)),
      _labels(1, 2, 3, 4, 5))  # fmt: skip
def fog(x: Colours, value: tuple[float, float], random: np.random.Generator) -> Colours:
    """Add a cloud and bring the brightest colour back to where it was."""
    amount, decay = value
    brightest = x.max()
    cloud = _cloud(256, decay, random)[: x.shape[0], : x.shape[1], None]
    return (x + amount * cloud) * brightest / (brightest + amount)


@dial("Brightness", LIGHT_AND_COLOUR, SOURCE, (0.1, 0.2, 0.3, 0.4, 0.5),
      _labels("+0.1", "+0.2", "+0.3", "+0.4", "+0.5"))  # fmt: skip
def brightness(x: Colours, value: float, random: np.random.Generator) -> Colours:
    """Add to the value of each colour in HSV."""
    return _change_hsv(x, 2, 1, value)


@dial("Contrast", LIGHT_AND_COLOUR, SOURCE, (0.4, 0.3, 0.2, 0.1, 0.05),
      _labels("40 %", "30 %", "20 %", "10 %", "5 %"))  # fmt: skip
def contrast(x: Colours, value: float, random: np.random.Generator) -> Colours:
    """Bring all colours nearer to their mean."""
    mean = x.mean((0, 1), keepdims=True)
    return (x - mean) * value + mean


@dial("Saturation", LIGHT_AND_COLOUR, SOURCE,
      ((0.3, 0.0), (0.1, 0.0), (2.0, 0.0), (5.0, 0.1), (20.0, 0.2)),
      _labels("× 0.3", "× 0.1", "× 2", "× 5", "× 20"))  # fmt: skip
def saturation(x: Colours, value: tuple[float, float], random: np.random.Generator) -> Colours:
    """Multiply the saturation in HSV: the first steps take colour away, the others add it."""
    factor, added = value
    return _change_hsv(x, 1, factor, added)


@dial("JPEG", FILE, SOURCE, (25, 18, 15, 10, 7),
      _labels("quality 25", "quality 18", "quality 15", "quality 10", "quality 7"))  # fmt: skip
def jpeg(x: Colours, value: int, random: np.random.Generator) -> Colours:
    """Save as JPEG of this quality and read again."""
    file = BytesIO()
    to_picture(x).save(file, "JPEG", quality=value)
    with Image.open(file) as img:
        return np.asarray(img.convert("RGB"), np.float64) / 255


@dial("Pixelation", FILE, SOURCE, (0.6, 0.5, 0.4, 0.3, 0.25),
      _labels("60 %", "50 %", "40 %", "30 %", "25 %"))  # fmt: skip
def pixelation(x: Colours, value: float, random: np.random.Generator) -> Colours:
    """Make the picture smaller by averaging, then large again without smoothing."""
    img = to_picture(x)
    small = img.resize((int(img.width * value), int(img.height * value)), Image.Resampling.BOX)
    return np.asarray(small.resize(img.size, Image.Resampling.BOX), np.float64) / 255


def _line(direction: float, weights: Float[np.ndarray, " n"]) -> Float[np.ndarray, "k k"]:
    """Return a kernel that averages along a line from its middle, interpolated between pixels.

    Args:
        direction: Angle in radians; 0 moves the picture to the right.
        weights: Weight of each pixel of the line, from the middle.
    """
    reach = len(weights)
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
    for step, weight in enumerate(weights):
        y, x = reach + step * math.sin(direction), reach + step * math.cos(direction)
        row, column = math.floor(y), math.floor(x)
        down, right = y - row, x - column
        kernel[row, column] += weight * (1 - down) * (1 - right)
        kernel[row, column + 1] += weight * (1 - down) * right
        kernel[row + 1, column] += weight * down * (1 - right)
        kernel[row + 1, column + 1] += weight * down * right
    return kernel


def _convolve(x: Colours, kernel: Float[np.ndarray, "k k"], border: str) -> Colours:
    """Convolve each colour with a kernel, by Fourier transforms: its size hardly costs time.

    Args:
        x: The picture.
        kernel: Its sides are odd.
        border: How the picture goes on outside: "reflect" or "edge", as in `numpy.pad`.
    """
    reach = len(kernel) // 2
    sides = ((reach, reach), (reach, reach), (0, 0))
    padded = np.pad(x, sides, "reflect" if border == "reflect" else "edge")
    size = padded.shape[:2]
    spectrum = np.fft.rfft2(padded, axes=(0, 1)) * np.fft.rfft2(kernel, size)[..., None]
    # What comes in from the other side is within the border.
    return np.fft.irfft2(spectrum, size, axes=(0, 1))[2 * reach :, 2 * reach :]


def _change_hsv(x: Colours, channel: int, factor: float, added: float) -> Colours:
    """Multiply and add to one channel of HSV (0 hue, 1 saturation, 2 value), and clip to 0–1."""
    from skimage.color import hsv2rgb, rgb2hsv  # 60 MB, which the first page does not need

    hsv = rgb2hsv(x)
    hsv[..., channel] = (hsv[..., channel] * factor + added).clip(0, 1)
    return hsv2rgb(hsv)


def _cloud(side: int, decay: float, random: np.random.Generator) -> np.ndarray:
    """Return a plasma fractal, 0 to 1, by midpoint displacement on a torus (diamond-square).

    Args:
        side: Side in pixels, a power of 2.
        decay: By how much the displacement becomes smaller at each halving.
        random: The generator.
    """
    heights = np.zeros((side, side))
    step, amplitude = side, 100.0

    def displaced(total: np.ndarray) -> np.ndarray:
        return total / 4 + amplitude * random.uniform(-1, 1, total.shape)

    while step >= 2:
        half = step // 2
        corners = heights[::step, ::step]
        sums = corners + np.roll(corners, -1, 0)
        heights[half::step, half::step] = displaced(sums + np.roll(sums, -1, 1))
        centres = heights[half::step, half::step]
        rows = centres + np.roll(centres, 1, 0) + corners + np.roll(corners, -1, 1)
        columns = centres + np.roll(centres, 1, 1) + corners + np.roll(corners, -1, 0)
        heights[::step, half::step] = displaced(rows)
        heights[half::step, ::step] = displaced(columns)
        step, amplitude = half, amplitude / decay
    heights -= heights.min()
    return heights / heights.max()
