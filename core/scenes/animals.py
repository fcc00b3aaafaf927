"""Animals: mammals, a fish and birds."""

from core.scenes import shapes
from core.scenes.mammals import MAMMALS
from core.scenes.painter import DrawObject, Painter
from core.scenes.scene_random import SceneRandom
from core.scenes.textures import Material, flat_material


def fish(painter: Painter, random: SceneRandom, main: Material, accent: Material) -> None:
    """Draw a fish from the side, facing left."""
    x, y = painter.x, painter.y
    for side in (-1, 1):
        tail = [(0.42, 0.0), (0.86, side * 0.12), (0.92, side * 0.46)]
        # `shapes.polygon` needs the corners clockwise, also in the mirror image.
        points = tail if side > 0 else [tail[0], tail[2], tail[1]]
        painter.paint("tail", shapes.polygon(x, y, points) - 0.03, accent)
    back_fin = [(-0.15, -0.2), (0.05, -0.62), (0.35, -0.56), (0.25, -0.15)]
    painter.paint("fin", shapes.polygon(x, y, back_fin) - 0.02, accent, optional=True)
    belly_fin = [(-0.02, 0.2), (0.2, 0.2), (0.16, 0.52)]
    painter.paint("fin", shapes.polygon(x, y, belly_fin) - 0.02, accent, optional=True)
    body = shapes.ellipse(x, y, -0.12, 0, 0.66, 0.37)
    painter.paint("body", body, main)
    # Inside the body, to the right of a curve that separates the head.
    scales = shapes.intersection(body + 0.05, -0.42 - x + 0.25 * y * y)
    painter.paint("scale", scales, main, rim=0.1)
    painter.paint("fin", shapes.ellipse(x, y, 0.0, 0.1, 0.17, 0.08), accent)
    white = flat_material(random, (0.1, 0.0, 0.9), (0.2, 0.06, 1.0))
    black = flat_material(random, (0, 0, 0.02), (1, 0.3, 0.1))
    painter.paint("eye", shapes.circle(x, y, -0.55, -0.09, 0.095), white)
    painter.paint("eye", shapes.circle(x, y, -0.56, -0.09, 0.05), black, rim=0.0)
    painter.paint("mouth", shapes.capsule(x, y, -0.78, 0.1, -0.62, 0.13, 0.018), black, rim=0.0)


def bird(painter: Painter, random: SceneRandom, main: Material, accent: Material) -> None:
    """Draw a bird from the side, facing left."""
    x, y = painter.x, painter.y
    beak = flat_material(random, (0.03, 0.6, 0.5), (0.14, 0.95, 1.0))
    black = flat_material(random, (0, 0, 0.02), (1, 0.3, 0.1))
    tail = [(0.3, -0.08), (0.95, -0.3), (0.98, -0.1), (0.4, 0.2)]
    painter.paint("tail", shapes.polygon(x, y, tail), accent)
    for leg_x in (-0.05, 0.14):
        leg = shapes.capsule(x, y, leg_x, 0.4, leg_x - 0.03, 0.88, 0.028)
        painter.paint("leg", leg, beak, optional=True)
    painter.paint("beak", shapes.polygon(x, y, [(-0.68, -0.5), (-0.6, -0.36), (-0.98, -0.4)]), beak)
    painter.paint("body", shapes.ellipse(x, y, 0.05, 0.1, 0.5, 0.4), main)
    painter.paint("head", shapes.circle(x, y, -0.42, -0.42, 0.27), main)
    u, v = shapes.rotate(x, y, 0.2, 0.05, -0.35)
    painter.paint("wing", shapes.ellipse(u, v, 0, 0, 0.4, 0.2), accent)
    painter.paint("eye", shapes.circle(x, y, -0.5, -0.48, 0.05), black, rim=0.0)


def owl(painter: Painter, random: SceneRandom, main: Material, accent: Material) -> None:
    """Draw an owl from the front."""
    x, y = painter.x, painter.y
    beak = flat_material(random, (0.03, 0.6, 0.5), (0.14, 0.95, 1.0))
    white = flat_material(random, (0.1, 0.0, 0.85), (0.18, 0.3, 1.0))
    black = flat_material(random, (0, 0, 0.02), (1, 0.3, 0.1))
    for side in (-1, 1):
        tuft = [(side * 0.5, -0.95), (side * 0.5, -0.55), (side * 0.2, -0.68)]
        # `shapes.polygon` needs the corners clockwise, also in the mirror image.
        points = tuft if side > 0 else [tuft[0], tuft[2], tuft[1]]
        painter.paint("ear", shapes.polygon(x, y, points) - 0.02, main)
    painter.paint("body", shapes.ellipse(x, y, 0, 0.15, 0.55, 0.78), main)
    painter.paint("head", shapes.ellipse(x, y, 0, -0.42, 0.54, 0.4), main)
    for side in (-1, 1):
        u, v = shapes.rotate(x, y, side * 0.5, 0.28, side * 0.2)
        painter.paint("wing", shapes.ellipse(u, v, 0, 0, 0.16, 0.5), accent)
        leg = shapes.capsule(x, y, side * 0.16, 0.85, side * 0.2, 0.94, 0.06)
        painter.paint("leg", leg, beak, optional=True)
        painter.paint("eye", shapes.circle(x, y, side * 0.23, -0.42, 0.2), white)
        painter.paint("eye", shapes.circle(x, y, side * 0.21, -0.42, 0.1), black, rim=0.0)
    painter.paint("beak", shapes.polygon(x, y, [(-0.08, -0.36), (0.08, -0.36), (0.0, -0.14)]), beak)


ANIMALS: dict[str, DrawObject] = {**MAMMALS, "fish": fish, "bird": bird, "owl": owl}
