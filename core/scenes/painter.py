"""Paints parts one over the other, and keeps for every pixel which part is seen there."""

from collections.abc import Callable

import torch
from torch import Tensor

from core.scenes.dice import Dice
from core.scenes.factors import PARTS
from core.scenes.textures import Material

# How dark a part's rim is, and how far it reaches into the part, in object units.
RIM, RIM_WIDTH = 0.45, 0.05
# How often a part that does not decide is missing.
MISSING = 0.12


class Painter:
    """A canvas with scenes of one class, all painted at once.

    Attributes:
        x: Across, in object units: the object lies in -1 to 1, (n, h, w).
        y: Down, likewise.
        canvas: Colours in 0 to 1, (n, 3, h, w).
        parts: Index into PARTS of the part that is seen, (n, h, w), uint8.
    """

    def __init__(self, canvas: Tensor, x: Tensor, y: Tensor, pixel: Tensor, dice: Dice,
                 light: Tensor):  # fmt: skip
        self.canvas = canvas
        self.x, self.y = x, y
        self.parts = torch.zeros(x.shape, dtype=torch.uint8)
        self._pixel = pixel
        self._dice = dice
        self._light = (1 + 0.3 * (x * torch.cos(light) + y * torch.sin(light))).clamp(0.5, 1.4)

    def paint(
        self,
        part: str,
        distance: Tensor,
        material: Material,
        optional: bool = False,
        rim: float = RIM,
    ) -> None:
        """Lay a part over what is there.

        Args:
            part: Its name, one of PARTS.
            distance: Signed, in object units, (n, h, w).
            material: Its surface.
            optional: It may be missing.
            rim: How dark its rim is.
        """
        cover = (0.5 - distance / self._pixel).clamp(0, 1)
        if optional:
            cover = cover * ~self._dice.chance(MISSING)
        shade = self._light * (1 - rim * torch.exp(distance.clamp(max=0) / RIM_WIDTH))
        self.canvas = torch.lerp(self.canvas, material.colour() * shade[:, None], cover[:, None])
        self.parts = torch.where(cover > 0.5, PARTS.index(part), self.parts)

    def darken(self, strength: Tensor) -> None:
        """Lay a shadow over everything, (n, h, w) in 0 to 1."""
        self.canvas = self.canvas * (1 - strength)[:, None]


# Draws the parts of one class, with a coat as the factors say and another surface.
Draw = Callable[[Painter, Dice, Material, Material], None]
