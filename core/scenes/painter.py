"""Paint the parts of an object onto a canvas and record the visible part at every pixel."""

from collections.abc import Callable

import torch
from torch import Tensor

from core.scenes.factors import PARTS
from core.scenes.scene_random import SceneRandom
from core.scenes.textures import Material

# Darkness of a part's rim, and how far the rim extends into the part, in object units.
RIM, RIM_WIDTH = 0.45, 0.05
# Probability that an optional part is missing.
MISSING = 0.12


class Painter:
    """A batch of canvases that are painted together, one for each scene of the same class.

    Args:
        canvas: Colours of the backgrounds in 0 to 1, (n, 3, h, w).
        x: Horizontal coordinate in object units: the object spans -1 to 1, (n, h, w).
        y: Vertical coordinate in object units, pointing down, (n, h, w).
        pixel: Side of a pixel in object units, (n, 1, 1).
        random: Random numbers of the scenes.
        light: Direction of the lit side in radians, clockwise from the right, (n, 1, 1).

    Attributes:
        x: Horizontal coordinate in object units, (n, h, w).
        y: Vertical coordinate in object units, (n, h, w).
        canvas: Colours in 0 to 1, (n, 3, h, w).
        parts: Index into PARTS of the visible part, (n, h, w), uint8.
    """

    def __init__(self, canvas: Tensor, x: Tensor, y: Tensor, pixel: Tensor, random: SceneRandom,
                 light: Tensor):  # fmt: skip
        self.canvas = canvas
        self.x, self.y = x, y
        self.parts = torch.zeros(x.shape, dtype=torch.uint8)
        self._pixel = pixel
        self._random = random
        self._light = (1 + 0.3 * (x * torch.cos(light) + y * torch.sin(light))).clamp(0.5, 1.4)

    def paint(
        self,
        part: str,
        distance: Tensor,
        material: Material,
        optional: bool = False,
        rim: float = RIM,
    ) -> None:
        """Paint a part over everything painted so far.

        Args:
            part: Name of the part, one of PARTS.
            distance: Signed distance to the part's outline in object units, (n, h, w).
            material: Material of the part.
            optional: Whether the part may be missing, with probability MISSING.
            rim: Darkness of the part's rim, 0 to 1.
        """
        cover = (0.5 - distance / self._pixel).clamp(0, 1)
        if optional:
            cover = cover * ~self._random.chance(MISSING)
        shade = self._light * (1 - rim * torch.exp(distance.clamp(max=0) / RIM_WIDTH))
        self.canvas = torch.lerp(self.canvas, material.colour() * shade[:, None], cover[:, None])
        self.parts = torch.where(cover > 0.5, PARTS.index(part), self.parts)

    def darken(self, strength: Tensor) -> None:
        """Darken the canvas by a strength in 0 to 1, (n, h, w)."""
        self.canvas = self.canvas * (1 - strength)[:, None]


# Draws the parts of one class, given the main material that the factors define and a random second
# material.
DrawObject = Callable[[Painter, SceneRandom, Material, Material], None]
