"""Mammals, drawn as sitting animals from the front."""

from dataclasses import dataclass

import torch
from torch import Tensor

from core.scenes import shapes
from core.scenes.painter import DrawObject, Painter
from core.scenes.scene_random import SceneRandom
from core.scenes.textures import Material, flat_material

# Height and half the width of a triangular ear, in object units.
TRIANGULAR_EARS = {"pointed": (0.42, 0.15), "large": (0.5, 0.21), "broad": (0.3, 0.19)}


@dataclass(frozen=True)
class Mammal:
    """A sitting animal. Species differ in the shapes of their parts, not in their coat.

    Attributes:
        ear: "floppy", "round", "long", "pointed", "large" or "broad".
        muzzle: "long", "sharp", "broad", "round" or "cheeks".
        eye: "round", "button", "slanted" or "slit".
        tail: "bushy", "thin", "round" or "plain".
        head: Half the width and half the height of the head, in object units.
        whiskers: Whether it has whiskers.
    """

    ear: str
    muzzle: str
    eye: str
    tail: str
    head: tuple[float, float] = (0.4, 0.36)
    whiskers: bool = False

    def __call__(
        self, painter: Painter, random: SceneRandom, main: Material, accent: Material
    ) -> None:
        """Draw the animal, its coat in the main material."""
        x, y = painter.x, painter.y
        belly = Material(_lighten(main.dark), _lighten(main.light), main.texture)
        self._draw_tail(painter, random, main)
        painter.paint("body", shapes.ellipse(x, y, 0, 0.5, 0.44, 0.48), main)
        painter.paint("body", shapes.ellipse(x, y, 0, 0.52, 0.22, 0.34), belly, rim=0.1)
        for side in (-1, 1):
            leg = shapes.capsule(x, y, side * 0.2, 0.45, side * 0.21, 0.86, 0.11)
            painter.paint("leg", leg, main, optional=True)
        if self.ear != "floppy":
            self._draw_upright_ears(painter, main, belly)
        width, height = self.head
        painter.paint("head", shapes.ellipse(x, y, 0, -0.3, width, height), main)
        if self.ear == "floppy":  # hangs in front of the head
            self._draw_floppy_ears(painter, main)
        nose_y = self._draw_muzzle(painter, belly)
        self._draw_nose_and_mouth(painter, random, nose_y)
        if self.whiskers:
            _draw_whiskers(painter, belly)
        self._draw_eyes(painter, random)

    def _draw_tail(self, painter: Painter, random: SceneRandom, coat: Material) -> None:
        x, y = painter.x, painter.y
        side = random.sign()
        if self.tail == "bushy":
            u, v = shapes.rotate(x, y, side * 0.62, 0.45, side * 0.45)
            tail = shapes.ellipse(u, v, 0, 0, 0.2, 0.48)
        elif self.tail == "thin":
            tail = shapes.union(
                shapes.capsule(x, y, side * 0.3, 0.85, side * 0.72, 0.7, 0.06),
                shapes.capsule(x, y, side * 0.72, 0.7, side * 0.66, 0.2, 0.06),
            )
        elif self.tail == "round":
            tail = shapes.circle(x, y, side * 0.5, 0.78, 0.15)
        else:
            tail = shapes.capsule(x, y, side * 0.35, 0.75, side * 0.78, 0.35, 0.085)
        painter.paint("tail", tail, coat, optional=True)

    def _draw_floppy_ears(self, painter: Painter, coat: Material) -> None:
        for side in (-1, 1):
            cx = side * (self.head[0] + 0.02)
            u, v = shapes.rotate(painter.x, painter.y, cx, -0.2, side * -0.18)
            painter.paint("ear", shapes.ellipse(u, v, 0, 0.02, 0.13, 0.34), coat)

    def _draw_upright_ears(self, painter: Painter, coat: Material, inside: Material) -> None:
        x, y, width = painter.x, painter.y, self.head[0]
        for side in (-1, 1):
            if self.ear == "round":
                cx = side * width * 0.78
                painter.paint("ear", shapes.circle(x, y, cx, -0.6, 0.16), coat)
                painter.paint("ear", shapes.circle(x, y, cx, -0.6, 0.09), inside)
            elif self.ear == "long":
                u, v = shapes.rotate(x, y, side * 0.17, -0.8, side * 0.14)
                painter.paint("ear", shapes.ellipse(u, v, 0, 0, 0.11, 0.38), coat)
                painter.paint("ear", shapes.ellipse(u, v, 0, 0.03, 0.055, 0.28), inside)
            else:
                height, base = TRIANGULAR_EARS[self.ear]
                for size, material in ((1.0, coat), (0.55, inside)):
                    cx, bottom = side * width * 0.66, -0.5
                    points = [
                        (cx + side * 0.07, bottom - height * size),
                        (cx + base * size, bottom + 0.04),
                        (cx - base * size, bottom + 0.04),
                    ]
                    painter.paint("ear", shapes.polygon(x, y, points) - 0.015, material)

    def _draw_muzzle(self, painter: Painter, belly: Material) -> float:
        """Draw the muzzle and return the height of the nose on it."""
        x, y = painter.x, painter.y
        if self.muzzle == "long":  # narrow, and ends low
            points = [(-0.16, -0.3), (0.16, -0.3), (0.1, 0.16), (-0.1, 0.16)]
            painter.paint("muzzle", shapes.polygon(x, y, points) - 0.05, belly)
            return 0.08
        if self.muzzle == "sharp":
            points = [(-0.27, -0.28), (0.27, -0.28), (0.05, 0.14), (-0.05, 0.14)]
            painter.paint("muzzle", shapes.polygon(x, y, points) - 0.02, belly)
            return 0.1
        if self.muzzle == "broad":
            painter.paint("muzzle", shapes.box(x, y, 0, -0.1, 0.23, 0.19, 0.14), belly)
            return -0.17
        if self.muzzle == "round":
            painter.paint("muzzle", shapes.ellipse(x, y, 0, -0.14, 0.2, 0.16), belly)
            return -0.2
        for side in (-1, 1):  # two cheeks
            painter.paint("muzzle", shapes.circle(x, y, side * 0.085, -0.12, 0.105), belly)
        return -0.21

    def _draw_nose_and_mouth(self, painter: Painter, random: SceneRandom, nose_y: float) -> None:
        x, y = painter.x, painter.y
        black = flat_material(random, (0.9, 0.1, 0.04), (1.05, 0.4, 0.2))
        pink = flat_material(random, (0.95, 0.35, 0.6), (1.02, 0.55, 0.9))
        r, colour = (0.055, pink) if self.muzzle == "cheeks" else (0.085, black)
        painter.paint("nose", shapes.ellipse(x, y, 0, nose_y, r * 1.25, r * 0.85), colour, rim=0.2)
        mouth = shapes.union(
            shapes.capsule(x, y, 0, nose_y, 0, nose_y + 0.11, 0.013),
            shapes.arc(x, y, 0.07, nose_y + 0.11, 0.07, 0.06, 0.013),
            shapes.arc(x, y, -0.07, nose_y + 0.11, 0.07, 0.06, 0.013),
        )
        painter.paint("mouth", mouth, black, optional=True, rim=0.0)

    def _draw_eyes(self, painter: Painter, random: SceneRandom) -> None:
        x, y = painter.x, painter.y
        iris = flat_material(random, (0.05, 0.5, 0.5), (0.5, 0.9, 0.95))
        black = flat_material(random, (0, 0, 0.02), (1, 0.3, 0.1))
        highlight = flat_material(random, (0, 0, 0.92), (1, 0.05, 1))
        for side in (-1, 1):
            cx, cy = side * 0.17, -0.38
            if self.eye == "round":
                painter.paint("eye", shapes.circle(x, y, cx, cy, 0.085), black, rim=0.0)
                painter.paint("eye", shapes.circle(x, y, cx - 0.025, cy - 0.03, 0.028), highlight)
            elif self.eye == "button":
                painter.paint("eye", shapes.circle(x, y, cx, cy, 0.05), black, rim=0.0)
            else:
                tilt = {"slanted": 0.5, "slit": -0.1}[self.eye] * side
                height = {"slanted": 0.05, "slit": 0.085}[self.eye]
                u, v = shapes.rotate(x, y, cx, cy, -tilt)
                painter.paint("eye", shapes.ellipse(u, v, 0, 0, 0.115, height), iris, rim=0.3)
                pupil_width = 0.022 if self.eye == "slit" else 0.042
                pupil = shapes.ellipse(u, v, 0, 0, pupil_width, height * 0.85)
                painter.paint("eye", pupil, black, rim=0.0)


def _lighten(colour: Tensor) -> Tensor:
    return torch.lerp(colour, torch.ones_like(colour), 0.45)


def _draw_whiskers(painter: Painter, material: Material) -> None:
    for side in (-1, 1):
        for k in (-1, 0, 1):
            start_y, end_y = -0.12 + 0.03 * k, -0.14 + 0.12 * k
            whisker = shapes.capsule(
                painter.x, painter.y, side * 0.12, start_y, side * 0.5, end_y, 0.009
            )
            painter.paint("muzzle", whisker, material, rim=0.0)


MAMMALS: dict[str, DrawObject] = {
    "dog": Mammal(ear="floppy", muzzle="broad", eye="round", tail="plain"),
    "wolf": Mammal(ear="pointed", muzzle="long", eye="slanted", tail="plain"),
    "fox": Mammal(ear="large", muzzle="sharp", eye="slanted", tail="bushy", head=(0.44, 0.32)),
    "cat": Mammal(ear="broad", muzzle="cheeks", eye="slit", tail="thin", whiskers=True),
    "rabbit": Mammal(ear="long", muzzle="cheeks", eye="round", tail="round", head=(0.33, 0.34)),
    "bear": Mammal(ear="round", muzzle="round", eye="button", tail="round", head=(0.46, 0.4)),
}
