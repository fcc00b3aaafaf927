"""People, drawn as faces. A class fixes features of the face; skin, hair and clothes vary."""

from dataclasses import dataclass

from torch import Tensor

from core.scenes import shapes
from core.scenes.painter import DrawObject, Painter
from core.scenes.scene_random import SceneRandom
from core.scenes.textures import Material, flat_material


@dataclass(frozen=True)
class Person:
    """A face with the features that all pictures of a class share. Lengths are in object units.

    Attributes:
        width: Half the width of the face.
        hair: "short", "plaits", "bun" or "none".
        brow: Half the thickness of an eyebrow.
        nose: Half the width of the nose.
        eyes: Half the height of an eye.
        beard: Whether the person has a beard.
        glasses: Whether the person wears glasses.
        hat: Whether the person wears a hat.
    """

    width: float = 0.5
    hair: str = "short"
    brow: float = 0.03
    nose: float = 0.07
    eyes: float = 0.075
    beard: bool = False
    glasses: bool = False
    hat: bool = False

    def __call__(
        self, painter: Painter, random: SceneRandom, main: Material, accent: Material
    ) -> None:
        """Draw the face: hair in the main material, clothes in the second."""
        x, y = painter.x, painter.y
        skin = flat_material(random, (0.03, 0.25, 0.35), (0.09, 0.6, 0.98))
        skin = Material(skin.dark * 0.92, skin.light, accent.texture)
        self._draw_hair_behind_face(painter, main)
        painter.paint("body", shapes.box(x, y, 0, 1.05, 0.62, 0.32, 0.3), accent)
        for side in (-1, 1):
            ear = shapes.ellipse(x, y, side * self.width, 0.02, 0.09, 0.15)
            painter.paint("ear", ear, skin, optional=True)
        face = shapes.ellipse(x, y, 0, 0.05, self.width, 0.68)
        painter.paint("skin", face, skin)
        self._draw_hair_and_hat(painter, main, accent, face)
        if self.beard:
            beard = shapes.intersection(face - 0.03, 0.28 - y + 0.25 * x.abs())
            painter.paint("beard", beard, main)
        self._draw_eyes(painter, random, main)
        self._draw_nose_and_mouth(painter, random, skin)
        if self.glasses:
            _draw_glasses(painter, random)

    def _draw_hair_behind_face(self, painter: Painter, hair: Material) -> None:
        x, y = painter.x, painter.y
        if self.hair == "plaits":
            for side in (-1, 1):
                for k in range(4):
                    knot = shapes.ellipse(
                        x, y, side * (0.56 + 0.03 * k), 0.2 + 0.17 * k, 0.12, 0.11
                    )
                    painter.paint("hair", knot, hair)
        if self.hair == "bun":
            painter.paint("hair", shapes.circle(x, y, 0, -0.82, 0.2), hair)
        if self.hair in ("plaits", "bun"):
            painter.paint("hair", shapes.ellipse(x, y, 0, -0.08, self.width + 0.09, 0.68), hair)

    def _draw_hair_and_hat(
        self, painter: Painter, hair: Material, cloth: Material, face: Tensor
    ) -> None:
        x, y = painter.x, painter.y
        hairline = {"short": -0.3, "plaits": -0.34, "bun": -0.36, "none": -2.0}[self.hair]
        arch = 0.5 if self.hair != "short" else -0.15
        top = shapes.intersection(face - 0.07, y - hairline - arch * x * x)
        if self.hair != "none":
            painter.paint("hair", top, hair)
        if self.hat:
            painter.paint("hat", shapes.intersection(face - 0.09, y + 0.28), cloth)
            brim = shapes.ellipse(x, y, 0.2, -0.29, 0.6, 0.075)
            painter.paint("hat", brim, cloth)

    def _draw_eyes(self, painter: Painter, random: SceneRandom, hair: Material) -> None:
        """Draw two eyes that look in the same direction, and their brows."""
        x, y, r = painter.x, painter.y, self.eyes
        white = flat_material(random, (0.1, 0.0, 0.9), (0.2, 0.06, 1.0))
        iris = flat_material(random, (0.0, 0.3, 0.2), (0.65, 0.9, 0.7))
        black = flat_material(random, (0, 0, 0.02), (1, 0.3, 0.12))
        gaze = random.uniform(-0.25, 0.25) * r
        for cx in (-0.2, 0.2):
            painter.paint("eye", shapes.ellipse(x, y, cx, 0.0, r * 1.35, r), white, rim=0.2)
            painter.paint("eye", shapes.circle(x, y, cx + gaze, 0.0, r * 0.75), iris, rim=0.3)
            painter.paint("eye", shapes.circle(x, y, cx + gaze, 0.0, r * 0.4), black, rim=0.0)
        raised = random.uniform(-0.03, 0.05)
        for side in (-1, 1):
            brow = shapes.capsule(
                x, y, side * 0.1, -0.14 - raised, side * 0.31, -0.13 + raised, self.brow
            )
            painter.paint("brow", brow, hair, optional=True, rim=0.1)

    def _draw_nose_and_mouth(self, painter: Painter, random: SceneRandom, skin: Material) -> None:
        x, y = painter.x, painter.y
        nose = shapes.polygon(x, y, [(0.0, -0.02), (self.nose, 0.22), (-self.nose, 0.22)])
        painter.paint("nose", nose - 0.02, skin, rim=0.6)
        lips = flat_material(random, (0.97, 0.4, 0.4), (1.03, 0.75, 0.85))
        smile = shapes.arc(x, y, 0, 0.36, 0.19, random.uniform(0.02, 0.14), 0.035)
        painter.paint("mouth", smile, lips, rim=0.2)


def _draw_glasses(painter: Painter, random: SceneRandom) -> None:
    x, y = painter.x, painter.y
    wire = flat_material(random, (0, 0, 0.05), (1, 0.5, 0.4))
    glasses = shapes.union(
        shapes.ring(x, y, -0.2, 0.0, 0.155, 0.025),
        shapes.ring(x, y, 0.2, 0.0, 0.155, 0.025),
        shapes.capsule(x, y, -0.05, -0.02, 0.05, -0.02, 0.02),
    )
    painter.paint("glasses", glasses, wire, rim=0.0)


PEOPLE: dict[str, DrawObject] = {
    "man": Person(width=0.52, hair="short", brow=0.045, beard=True, nose=0.1),
    "girl": Person(width=0.46, hair="plaits", brow=0.018, eyes=0.09, nose=0.05),
    "grandmother": Person(width=0.48, hair="bun", brow=0.02, glasses=True, nose=0.08),
    "boy": Person(width=0.5, hair="short", brow=0.03, hat=True, eyes=0.085, nose=0.05),
}
