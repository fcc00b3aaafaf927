"""People: whose face has which features. Colours, hair and skin are anybody's."""

from dataclasses import dataclass

from torch import Tensor

from core.scenes import shapes
from core.scenes.dice import Dice
from core.scenes.painter import Draw, Painter
from core.scenes.textures import Material, colours, flat


def _pupils(p: Painter, d: Dice, cx: float, cy: float, r: float, white: Material) -> None:
    """Two eyes of white, iris and pupil, looking the same way."""
    iris = flat(colours(d, (0.0, 0.3, 0.2), (0.65, 0.9, 0.7)))
    black = flat(colours(d, (0, 0, 0.02), (1, 0.3, 0.12)))
    look = d.uniform(-0.25, 0.25) * r
    for side in (-1, 1):
        p.paint("eye", shapes.ellipse(p.x, p.y, side * cx, cy, r * 1.35, r), white, rim=0.2)
        p.paint("eye", shapes.circle(p.x, p.y, side * cx + look, cy, r * 0.75), iris, rim=0.3)
        p.paint("eye", shapes.circle(p.x, p.y, side * cx + look, cy, r * 0.4), black, rim=0.0)


@dataclass(frozen=True)
class Person:
    """A face: what is always so with this person. Colours and skin are anybody's."""

    width: float = 0.5
    hair: str = "short"
    brow: float = 0.03
    nose: float = 0.07
    eyes: float = 0.075
    beard: bool = False
    glasses: bool = False
    hat: bool = False

    def __call__(self, p: Painter, d: Dice, coat: Material, other: Material) -> None:
        """Draw."""
        skin = flat(colours(d, (0.03, 0.25, 0.35), (0.09, 0.6, 0.98)))
        skin = Material(skin.dark * 0.92, skin.light, other.texture)
        hair = coat
        self._behind(p, hair)
        p.paint("body", shapes.box(p.x, p.y, 0, 1.05, 0.62, 0.32, 0.3), other)
        for side in (-1, 1):
            ear = shapes.ellipse(p.x, p.y, side * self.width, 0.02, 0.09, 0.15)
            p.paint("ear", ear, skin, optional=True)
        face = shapes.ellipse(p.x, p.y, 0, 0.05, self.width, 0.68)
        p.paint("skin", face, skin)
        self._on_top(p, hair, other, face)
        if self.beard:
            low = shapes.common(face - 0.03, 0.28 - p.y + 0.25 * p.x.abs())
            p.paint("beard", low, hair)
        white = flat(colours(d, (0.1, 0.0, 0.9), (0.2, 0.06, 1.0)))
        _pupils(p, d, 0.2, 0.0, self.eyes, white)
        raised = d.uniform(-0.03, 0.05)
        for side in (-1, 1):
            brow = shapes.capsule(
                p.x, p.y, side * 0.1, -0.14 - raised, side * 0.31, -0.13 + raised, self.brow
            )
            p.paint("brow", brow, hair, optional=True, rim=0.1)
        nose = shapes.polygon(p.x, p.y, [(0.0, -0.02), (self.nose, 0.22), (-self.nose, 0.22)])
        p.paint("nose", nose - 0.02, skin, rim=0.6)
        lips = flat(colours(d, (0.97, 0.4, 0.4), (1.03, 0.75, 0.85)))
        smile = shapes.arc(p.x, p.y, 0, 0.36, 0.19, d.uniform(0.02, 0.14), 0.035)
        p.paint("mouth", smile, lips, rim=0.2)
        if self.glasses:
            wire = flat(colours(d, (0, 0, 0.05), (1, 0.5, 0.4)))
            rims = shapes.union(
                shapes.ring(p.x, p.y, -0.2, 0.0, 0.155, 0.025),
                shapes.ring(p.x, p.y, 0.2, 0.0, 0.155, 0.025),
                shapes.capsule(p.x, p.y, -0.05, -0.02, 0.05, -0.02, 0.02),
            )
            p.paint("glasses", rims, wire, rim=0.0)

    def _behind(self, p: Painter, hair: Material) -> None:
        if self.hair == "plaits":
            for side in (-1, 1):
                for k in range(4):
                    knot = shapes.ellipse(
                        p.x, p.y, side * (0.56 + 0.03 * k), 0.2 + 0.17 * k, 0.12, 0.11
                    )
                    p.paint("hair", knot, hair)
        if self.hair == "bun":
            p.paint("hair", shapes.circle(p.x, p.y, 0, -0.82, 0.2), hair)
        if self.hair in ("plaits", "bun"):
            p.paint("hair", shapes.ellipse(p.x, p.y, 0, -0.08, self.width + 0.09, 0.68), hair)

    def _on_top(self, p: Painter, hair: Material, cloth: Material, face: Tensor) -> None:
        line = {"short": -0.3, "plaits": -0.34, "bun": -0.36, "none": -2.0}[self.hair]
        arch = 0.5 if self.hair != "short" else -0.15
        top = shapes.common(face - 0.07, p.y - line - arch * p.x * p.x)
        if self.hair != "none":
            p.paint("hair", top, hair)
        if self.hat:
            p.paint("hat", shapes.common(face - 0.09, p.y + 0.28), cloth)
            brim = shapes.ellipse(p.x, p.y, 0.2, -0.29, 0.6, 0.075)
            p.paint("hat", brim, cloth)


PEOPLE: dict[str, Draw] = {
    "man": Person(width=0.52, hair="short", brow=0.045, beard=True, nose=0.1),
    "girl": Person(width=0.46, hair="plaits", brow=0.018, eyes=0.09, nose=0.05),
    "grandmother": Person(width=0.48, hair="bun", brow=0.02, glasses=True, nose=0.08),
    "boy": Person(width=0.5, hair="short", brow=0.03, hat=True, eyes=0.085, nose=0.05),
}
