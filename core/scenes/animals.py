"""Animals: which parts, of which shape, where."""

from dataclasses import dataclass, field

import torch

from core.scenes import shapes
from core.scenes.dice import Dice
from core.scenes.painter import Draw, Painter
from core.scenes.textures import Material, colours, flat


@dataclass(frozen=True)
class Animal:
    """A sitting animal from the front: kinds differ in ears, muzzle, eyes and tail, not in coat."""

    ear: str
    muzzle: str
    eye: str
    tail: str
    head: tuple[float, float] = (0.4, 0.36)
    whiskers: bool = field(default=False)

    def __call__(self, p: Painter, d: Dice, coat: Material, other: Material) -> None:
        """Draw."""
        belly = Material(
            torch.lerp(coat.dark, torch.ones_like(coat.dark), 0.45),
            torch.lerp(coat.light, torch.ones_like(coat.light), 0.45),
            coat.texture,
        )
        self._draw_tail(p, d, coat)
        p.paint("body", shapes.ellipse(p.x, p.y, 0, 0.5, 0.44, 0.48), coat)
        p.paint("body", shapes.ellipse(p.x, p.y, 0, 0.52, 0.22, 0.34), belly, rim=0.1)
        for side in (-1, 1):
            leg = shapes.capsule(p.x, p.y, side * 0.2, 0.45, side * 0.21, 0.86, 0.11)
            p.paint("leg", leg, coat, optional=True)
        self._draw_ears(p, coat, belly, behind=True)
        wide, high = self.head
        p.paint("head", shapes.ellipse(p.x, p.y, 0, -0.3, wide, high), coat)
        self._draw_ears(p, coat, belly, behind=False)
        self._draw_muzzle(p, d, belly)
        self._draw_eyes(p, d)

    def _draw_tail(self, p: Painter, d: Dice, coat: Material) -> None:
        side = d.sign()
        if self.tail == "bushy":
            u, v = shapes.turned(p.x, p.y, side * 0.62, 0.45, side * 0.45)
            p.paint("tail", shapes.ellipse(u, v, 0, 0, 0.2, 0.48), coat, optional=True)
        elif self.tail == "thin":
            curl = shapes.union(
                shapes.capsule(p.x, p.y, side * 0.3, 0.85, side * 0.72, 0.7, 0.06),
                shapes.capsule(p.x, p.y, side * 0.72, 0.7, side * 0.66, 0.2, 0.06),
            )
            p.paint("tail", curl, coat, optional=True)
        elif self.tail == "round":
            p.paint("tail", shapes.circle(p.x, p.y, side * 0.5, 0.78, 0.15), coat, optional=True)
        else:
            tail = shapes.capsule(p.x, p.y, side * 0.35, 0.75, side * 0.78, 0.35, 0.085)
            p.paint("tail", tail, coat, optional=True)

    def _draw_ears(self, p: Painter, coat: Material, inside: Material, behind: bool) -> None:
        wide, _ = self.head
        for side in (-1, 1):
            if self.ear == "floppy" and not behind:
                u, v = shapes.turned(p.x, p.y, side * (wide + 0.02), -0.2, side * -0.18)
                p.paint("ear", shapes.ellipse(u, v, 0, 0.02, 0.13, 0.34), coat)
            elif self.ear == "round" and behind:
                p.paint("ear", shapes.circle(p.x, p.y, side * wide * 0.78, -0.6, 0.16), coat)
                p.paint("ear", shapes.circle(p.x, p.y, side * wide * 0.78, -0.6, 0.09), inside)
            elif self.ear == "long" and behind:
                u, v = shapes.turned(p.x, p.y, side * 0.17, -0.8, side * 0.14)
                p.paint("ear", shapes.ellipse(u, v, 0, 0, 0.11, 0.38), coat)
                p.paint("ear", shapes.ellipse(u, v, 0, 0.03, 0.055, 0.28), inside)
            elif self.ear in ("pointed", "large", "broad") and behind:
                tall, base = {"pointed": (0.42, 0.15), "large": (0.5, 0.21),
                              "broad": (0.3, 0.19)}[self.ear]  # fmt: skip
                for grow, material in ((1.0, coat), (0.55, inside)):
                    cx, foot = side * wide * 0.66, -0.5
                    points = [
                        (cx + side * 0.07, foot - tall * grow),
                        (cx + base * grow, foot + 0.04),
                        (cx - base * grow, foot + 0.04),
                    ]
                    p.paint("ear", shapes.polygon(p.x, p.y, points) - 0.015, material)

    def _draw_muzzle(self, p: Painter, d: Dice, belly: Material) -> None:
        black = flat(colours(d, (0.9, 0.1, 0.04), (1.05, 0.4, 0.2)))
        pink = flat(colours(d, (0.95, 0.35, 0.6), (1.02, 0.55, 0.9)))
        tip = -0.08
        if self.muzzle == "long":  # narrow, far down
            points = [(-0.16, -0.3), (0.16, -0.3), (0.1, 0.16), (-0.1, 0.16)]
            p.paint("muzzle", shapes.polygon(p.x, p.y, points) - 0.05, belly)
            tip = 0.08
        elif self.muzzle == "sharp":
            points = [(-0.27, -0.28), (0.27, -0.28), (0.05, 0.14), (-0.05, 0.14)]
            p.paint("muzzle", shapes.polygon(p.x, p.y, points) - 0.02, belly)
            tip = 0.1
        elif self.muzzle == "broad":
            p.paint("muzzle", shapes.box(p.x, p.y, 0, -0.1, 0.23, 0.19, 0.14), belly)
            tip = -0.17
        elif self.muzzle == "round":
            p.paint("muzzle", shapes.ellipse(p.x, p.y, 0, -0.14, 0.2, 0.16), belly)
            tip = -0.2
        else:  # two cheeks
            for side in (-1, 1):
                p.paint("muzzle", shapes.circle(p.x, p.y, side * 0.085, -0.12, 0.105), belly)
            tip = -0.21
        small = self.muzzle == "cheeks"
        r = 0.055 if small else 0.085
        nose = shapes.ellipse(p.x, p.y, 0, tip, r * 1.25, r * 0.85)
        p.paint("nose", nose, pink if small else black, rim=0.2)
        mouth = shapes.union(
            shapes.capsule(p.x, p.y, 0, tip, 0, tip + 0.11, 0.013),
            shapes.arc(p.x, p.y, 0.07, tip + 0.11, 0.07, 0.06, 0.013),
            shapes.arc(p.x, p.y, -0.07, tip + 0.11, 0.07, 0.06, 0.013),
        )
        p.paint("mouth", mouth, black, optional=True, rim=0.0)
        if self.whiskers:
            for side in (-1, 1):
                for k in (-1, 0, 1):
                    hair = shapes.capsule(
                        p.x, p.y, side * 0.12, -0.12 + 0.03 * k, side * 0.5, -0.14 + 0.12 * k, 0.009
                    )
                    p.paint("muzzle", hair, belly, rim=0.0)

    def _draw_eyes(self, p: Painter, d: Dice) -> None:
        iris = flat(colours(d, (0.05, 0.5, 0.5), (0.5, 0.9, 0.95)))
        black = flat(colours(d, (0, 0, 0.02), (1, 0.3, 0.1)))
        shine = flat(colours(d, (0, 0, 0.92), (1, 0.05, 1)))
        for side in (-1, 1):
            cx, cy = side * 0.17, -0.38
            if self.eye == "round":
                p.paint("eye", shapes.circle(p.x, p.y, cx, cy, 0.085), black, rim=0.0)
                p.paint("eye", shapes.circle(p.x, p.y, cx - 0.025, cy - 0.03, 0.028), shine)
            elif self.eye == "button":
                p.paint("eye", shapes.circle(p.x, p.y, cx, cy, 0.05), black, rim=0.0)
            else:
                tilt = {"slanted": 0.5, "slit": -0.1}[self.eye] * side
                high = {"slanted": 0.05, "slit": 0.085}[self.eye]
                u, v = shapes.turned(p.x, p.y, cx, cy, -tilt)
                p.paint("eye", shapes.ellipse(u, v, 0, 0, 0.115, high), iris, rim=0.3)
                wide = 0.022 if self.eye == "slit" else 0.042
                p.paint("eye", shapes.ellipse(u, v, 0, 0, wide, high * 0.85), black, rim=0.0)


def fish(p: Painter, d: Dice, coat: Material, other: Material) -> None:
    """A fish from the side, its head to the left."""
    for side in (-1, 1):
        tail = [(0.42, 0.0), (0.86, side * 0.12), (0.92, side * 0.46)]
        points = tail if side > 0 else [tail[0], tail[2], tail[1]]
        p.paint("tail", shapes.polygon(p.x, p.y, points) - 0.03, other)
    fin = [(-0.15, -0.2), (0.05, -0.62), (0.35, -0.56), (0.25, -0.15)]
    p.paint("fin", shapes.polygon(p.x, p.y, fin) - 0.02, other, optional=True)
    low = [(-0.02, 0.2), (0.2, 0.2), (0.16, 0.52)]
    p.paint("fin", shapes.polygon(p.x, p.y, low) - 0.02, other, optional=True)
    body = shapes.ellipse(p.x, p.y, -0.12, 0, 0.66, 0.37)
    p.paint("body", body, coat)
    p.paint("scale", shapes.common(body + 0.05, -0.42 - p.x + 0.25 * p.y * p.y), coat, rim=0.1)
    p.paint("fin", shapes.ellipse(p.x, p.y, 0.0, 0.1, 0.17, 0.08), other)
    white = flat(colours(d, (0.1, 0.0, 0.9), (0.2, 0.06, 1.0)))
    black = flat(colours(d, (0, 0, 0.02), (1, 0.3, 0.1)))
    p.paint("eye", shapes.circle(p.x, p.y, -0.55, -0.09, 0.095), white)
    p.paint("eye", shapes.circle(p.x, p.y, -0.56, -0.09, 0.05), black, rim=0.0)
    p.paint("mouth", shapes.capsule(p.x, p.y, -0.78, 0.1, -0.62, 0.13, 0.018), black, rim=0.0)


def bird(p: Painter, d: Dice, coat: Material, other: Material) -> None:
    """A bird from the side, its head to the left."""
    beak = flat(colours(d, (0.03, 0.6, 0.5), (0.14, 0.95, 1.0)))
    black = flat(colours(d, (0, 0, 0.02), (1, 0.3, 0.1)))
    tail = [(0.3, -0.08), (0.95, -0.3), (0.98, -0.1), (0.4, 0.2)]
    p.paint("tail", shapes.polygon(p.x, p.y, tail), other)
    for foot in (-0.05, 0.14):
        p.paint("leg", shapes.capsule(p.x, p.y, foot, 0.4, foot - 0.03, 0.88, 0.028), beak,
                optional=True)  # fmt: skip
    p.paint("beak", shapes.polygon(p.x, p.y, [(-0.68, -0.5), (-0.6, -0.36), (-0.98, -0.4)]), beak)
    p.paint("body", shapes.ellipse(p.x, p.y, 0.05, 0.1, 0.5, 0.4), coat)
    p.paint("head", shapes.circle(p.x, p.y, -0.42, -0.42, 0.27), coat)
    u, v = shapes.turned(p.x, p.y, 0.2, 0.05, -0.35)
    p.paint("wing", shapes.ellipse(u, v, 0, 0, 0.4, 0.2), other)
    p.paint("eye", shapes.circle(p.x, p.y, -0.5, -0.48, 0.05), black, rim=0.0)


def owl(p: Painter, d: Dice, coat: Material, other: Material) -> None:
    """An owl from the front."""
    beak = flat(colours(d, (0.03, 0.6, 0.5), (0.14, 0.95, 1.0)))
    white = flat(colours(d, (0.1, 0.0, 0.85), (0.18, 0.3, 1.0)))
    black = flat(colours(d, (0, 0, 0.02), (1, 0.3, 0.1)))
    for side in (-1, 1):
        tuft = [(side * 0.5, -0.95), (side * 0.5, -0.55), (side * 0.2, -0.68)]
        points = tuft if side > 0 else [tuft[0], tuft[2], tuft[1]]
        p.paint("ear", shapes.polygon(p.x, p.y, points) - 0.02, coat)
    p.paint("body", shapes.ellipse(p.x, p.y, 0, 0.15, 0.55, 0.78), coat)
    p.paint("head", shapes.ellipse(p.x, p.y, 0, -0.42, 0.54, 0.4), coat)
    for side in (-1, 1):
        u, v = shapes.turned(p.x, p.y, side * 0.5, 0.28, side * 0.2)
        p.paint("wing", shapes.ellipse(u, v, 0, 0, 0.16, 0.5), other)
        p.paint("leg", shapes.capsule(p.x, p.y, side * 0.16, 0.85, side * 0.2, 0.94, 0.06), beak,
                optional=True)  # fmt: skip
        p.paint("eye", shapes.circle(p.x, p.y, side * 0.23, -0.42, 0.2), white)
        p.paint("eye", shapes.circle(p.x, p.y, side * 0.21, -0.42, 0.1), black, rim=0.0)
    p.paint("beak", shapes.polygon(p.x, p.y, [(-0.08, -0.36), (0.08, -0.36), (0.0, -0.14)]), beak)


ANIMALS: dict[str, Draw] = {
    "dog": Animal(ear="floppy", muzzle="broad", eye="round", tail="plain"),
    "wolf": Animal(ear="pointed", muzzle="long", eye="slanted", tail="plain"),
    "fox": Animal(ear="large", muzzle="sharp", eye="slanted", tail="bushy", head=(0.44, 0.32)),
    "cat": Animal(ear="broad", muzzle="cheeks", eye="slit", tail="thin", whiskers=True),
    "rabbit": Animal(ear="long", muzzle="cheeks", eye="round", tail="round", head=(0.33, 0.34)),
    "bear": Animal(ear="round", muzzle="round", eye="button", tail="round", head=(0.46, 0.4)),
    "fish": fish,
    "bird": bird,
    "owl": owl,
}
