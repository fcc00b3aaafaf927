"""Image parameterisations: the tensor that the ascent changes, and how it becomes a picture.

A canvas is at least float32 whatever the network's dtype: Fourier scales overflow 16 bits.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

Images = Float[Tensor, "n 3 h w"]
# Keyword arguments of `Tensor.to`: device and dtype.
TensorOptions = Mapping[str, Any]

# The colour channels of natural photographs are correlated. The square root of their covariance on
# ImageNet (lucid, optvis/param/color.py) turns decorrelated canvas axes into RGB: lightness,
# blue-yellow, green-red.
DECORRELATED_TO_RGB = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
# Standard deviation of the random start: low contrast, so that the objective decides what appears.
START_STD = 0.1


class Canvas(ABC):
    """A batch of pictures and the parameters that produce them.

    Args:
        size: Side of the pictures in pixels.
        seeds: One seed per picture.
        decay: Exponent by which the spectrum falls with frequency: 1 as in natural pictures; larger
            values give smoother pictures.
        cap: Largest standard deviation of a picture before the sigmoid; keeps colours from
            saturating.
        options: Device and dtype.

    Attributes:
        parameters: The tensor to optimise, (n, ...).
        RATE_FACTOR: Factor on the learning rate, relative to the Fourier canvas.
    """

    RATE_FACTOR = 1.0
    parameters: Tensor

    @abstractmethod
    def __init__(
        self, size: int, seeds: Sequence[int], decay: float, cap: float, options: TensorOptions
    ): ...

    @abstractmethod
    def images(self) -> Images:
        """Return the current pictures, 0 to 1."""


class Fourier(Canvas):
    """Pictures as Fourier coefficients: a step changes all frequencies alike (lucid, 2017)."""

    def __init__(
        self, size: int, seeds: Sequence[int], decay: float, cap: float, options: TensorOptions
    ):
        self._size, self._cap = size, cap
        self._scale = spectrum(size, decay).to(**options)
        shape = (3, size, size // 2 + 1, 2)
        self.parameters = (START_STD * _noise(seeds, shape)).to(**options).requires_grad_()

    @override
    def images(self) -> Images:
        coefficients = torch.view_as_complex(self.parameters) * self._scale
        x = torch.fft.irfft2(coefficients, s=(self._size, self._size), norm="ortho")
        std = x.flatten(1).std(dim=1).clamp(min=1e-9)[:, None, None, None]
        return to_rgb(x * (self._cap / std).clamp(max=1))


class Maco(Canvas):
    """Fourier coefficients of fixed magnitude: only phases change (Fel et al. 2023, 2306.06805).

    The magnitudes fall as 1/f^decay, as in natural pictures. `cap` is the standard deviation of the
    pictures before the sigmoid.
    """

    RATE_FACTOR = 10.0  # the paper's learning rate for phases is 1, Fourier canvases use 0.1

    def __init__(
        self, size: int, seeds: Sequence[int], decay: float, cap: float, options: TensorOptions
    ):
        self._size, self._cap = size, cap
        magnitude = spectrum(size, decay)
        magnitude[0, 0] = 0  # the mean of every picture stays grey
        self._magnitude = magnitude.to(**options)
        self.parameters = (_noise(seeds, (3, size, size // 2 + 1))).to(**options).requires_grad_()

    @override
    def images(self) -> Images:
        coefficients = torch.polar(self._magnitude.expand_as(self.parameters), self.parameters)
        x = torch.fft.irfft2(coefficients, s=(self._size, self._size), norm="ortho")
        std = x.flatten(1).std(dim=1)[:, None, None, None]
        return to_rgb(x * self._cap / std)


class Pixels(Canvas):
    """Pixels without a prior; shows why the other canvases are needed."""

    def __init__(
        self, size: int, seeds: Sequence[int], decay: float, cap: float, options: TensorOptions
    ):
        self.parameters = (
            (START_STD * _noise(seeds, (3, size, size))).to(**options).requires_grad_()
        )

    @override
    def images(self) -> Images:
        return to_rgb(self.parameters)


CANVASES: Mapping[str, type[Canvas]] = {"fourier": Fourier, "maco": Maco, "pixels": Pixels}


def spectrum(size: int, decay: float) -> Float[Tensor, "h w"]:
    """Return magnitudes that fall with frequency as 1/f^decay.

    Scaled so that coefficients of unit variance give pictures of unit standard deviation.
    """
    vertical, horizontal = torch.fft.fftfreq(size)[:, None], torch.fft.rfftfreq(size)[None, :]
    frequency = (vertical.square() + horizontal.square()).sqrt().clamp(min=1 / size)
    magnitude = frequency**-decay
    return magnitude / magnitude.square().mean().sqrt() / 2**0.5


def to_rgb(x: Images) -> Images:
    """Convert decorrelated colour axes to RGB, 0 to 1."""
    matrix = DECORRELATED_TO_RGB.to(x) / DECORRELATED_TO_RGB.norm(dim=0).max()
    return torch.sigmoid(torch.einsum("nchw,dc->ndhw", x, matrix))


def _noise(seeds: Sequence[int], shape: tuple[int, ...]) -> Tensor:
    """Return standard normal noise, seeded per picture so that the batch does not matter."""
    return torch.stack(
        [torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    )
