"""What is changed to make a picture: parameters, and how they become colours.

A canvas is at least float32 whatever the network runs in: Fourier scales overflow 16 bits.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

Images = Float[Tensor, "n 3 h w"]
Place = Mapping[str, Any]  # device and dtype

# Colours of natural photographs vary together. This is the square root of their covariance on
# ImageNet (lucid, optvis/param/color.py), so that canvas axes are light, blue-yellow, green-red.
COLOURS = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
# Standard deviation of a start: faint, so that the objective decides what appears.
FAINT = 0.1


class Canvas(ABC):
    """Pictures being made.

    Args:
        size: Side in pixels.
        seeds: One a picture.
        decay: Power by which a spectrum falls: 1 as in nature, more is smoother.
        cap: Largest standard deviation before the sigmoid, so that colours are not blown out.
        on: Device and dtype.

    Attributes:
        parameters: What is changed, (n, ...).
        PACE: How much larger its steps are than those of a Fourier canvas.
    """

    PACE = 1.0
    parameters: Tensor

    @abstractmethod
    def __init__(self, size: int, seeds: Sequence[int], decay: float, cap: float, on: Place): ...

    @abstractmethod
    def images(self) -> Images:
        """The pictures as they are now, in 0 to 1."""


class Fourier(Canvas):
    """Pictures as spectra: a step changes all frequencies alike, not all pixels (lucid, 2017)."""

    def __init__(self, size: int, seeds: Sequence[int], decay: float, cap: float, on: Place):
        self._size, self._cap = size, cap
        self._scale = spectrum(size, decay).to(**on)
        shape = (3, size, size // 2 + 1, 2)
        self.parameters = (FAINT * _noise(seeds, shape)).to(**on).requires_grad_()

    @override
    def images(self) -> Images:
        waves = torch.view_as_complex(self.parameters) * self._scale
        x = torch.fft.irfft2(waves, s=(self._size, self._size), norm="ortho")
        spread = x.flatten(1).std(dim=1).clamp(min=1e-9)[:, None, None, None]
        return coloured(x * (self._cap / spread).clamp(max=1))


class Maco(Canvas):
    """Spectra of fixed magnitude: only phases change (Fel et al. 2023, arXiv 2306.06805).

    The magnitudes are nature's 1/f; `cap` is their pictures' standard deviation.
    """

    PACE = 10.0  # phases turn by 1, not by 0.1 (the paper's learning rate)

    def __init__(self, size: int, seeds: Sequence[int], decay: float, cap: float, on: Place):
        self._size, self._cap = size, cap
        magnitude = spectrum(size, decay)
        magnitude[0, 0] = 0  # what is grey on the whole stays so
        self._magnitude = magnitude.to(**on)
        self.parameters = (_noise(seeds, (3, size, size // 2 + 1))).to(**on).requires_grad_()

    @override
    def images(self) -> Images:
        waves = torch.polar(self._magnitude.expand_as(self.parameters), self.parameters)
        x = torch.fft.irfft2(waves, s=(self._size, self._size), norm="ortho")
        spread = x.flatten(1).std(dim=1)[:, None, None, None]
        return coloured(x * self._cap / spread)


class Pixels(Canvas):
    """Pixels themselves: shows why the others are needed."""

    def __init__(self, size: int, seeds: Sequence[int], decay: float, cap: float, on: Place):
        self.parameters = (FAINT * _noise(seeds, (3, size, size))).to(**on).requires_grad_()

    @override
    def images(self) -> Images:
        return coloured(self.parameters)


CANVASES: Mapping[str, type[Canvas]] = {"fourier": Fourier, "maco": Maco, "pixels": Pixels}


def spectrum(size: int, decay: float) -> Float[Tensor, "h w"]:
    """Magnitudes that fall with frequency; waves of unit size then give pictures of unit spread."""
    down, across = torch.fft.fftfreq(size)[:, None], torch.fft.rfftfreq(size)[None, :]
    frequency = (down.square() + across.square()).sqrt().clamp(min=1 / size)
    magnitude = frequency**-decay
    return magnitude / magnitude.square().mean().sqrt() / 2**0.5


def coloured(x: Images) -> Images:
    """From uncorrelated axes to colours in 0 to 1."""
    mixed = torch.einsum("nchw,dc->ndhw", x, COLOURS.to(x) / COLOURS.norm(dim=0).max())
    return torch.sigmoid(mixed)


def _noise(seeds: Sequence[int], shape: tuple[int, ...]) -> Tensor:
    """Normal noise, each picture's its own whatever the batch."""
    return torch.stack(
        [torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    )
