"""Buildings, drawn from the front."""

from torch import Tensor

from core.scenes import shapes
from core.scenes.painter import DrawObject, Painter
from core.scenes.scene_random import SceneRandom
from core.scenes.textures import Material, flat_material


def house(painter: Painter, random: SceneRandom, main: Material, accent: Material) -> None:
    """Draw a house with a pitched roof."""
    x, y = painter.x, painter.y
    glass = flat_material(random, (0.1, 0.1, 0.3), (0.6, 0.5, 1.0))
    wood = flat_material(random, (0, 0.3, 0.15), (1, 0.8, 0.6))
    # The chimney belongs to the part "roof".
    painter.paint("roof", shapes.box(x, y, 0.4, -0.62, 0.09, 0.26), accent, optional=True)
    painter.paint("wall", shapes.box(x, y, 0, 0.32, 0.64, 0.5), main)
    roof = [(-0.84, -0.16), (0.0, -0.86), (0.84, -0.16)]
    painter.paint("roof", shapes.polygon(x, y, roof) - 0.02, accent)
    painter.paint("door", shapes.box(x, y, 0.0, 0.5, 0.15, 0.32), wood, optional=True)
    for cx in (-0.4, 0.4):
        _draw_window(painter, random, glass, cx, 0.18, 0.14, 0.15)


def church(painter: Painter, random: SceneRandom, main: Material, accent: Material) -> None:
    """Draw a church with a nave, a tower and a spire."""
    x, y = painter.x, painter.y
    glass = flat_material(random, (0.1, 0.2, 0.25), (0.7, 0.6, 0.7))
    wood = flat_material(random, (0, 0.3, 0.15), (1, 0.8, 0.6))
    painter.paint("wall", shapes.box(x, y, 0.25, 0.5, 0.6, 0.36), main)
    roof = [(-0.3, 0.16), (0.25, -0.2), (0.92, 0.16)]
    painter.paint("roof", shapes.polygon(x, y, roof) - 0.02, accent)
    painter.paint("wall", shapes.box(x, y, -0.45, 0.26, 0.25, 0.6), main)
    spire = [(-0.74, -0.32), (-0.45, -0.98), (-0.16, -0.32)]
    painter.paint("roof", shapes.polygon(x, y, spire), accent)
    painter.paint("door", _arch(painter, -0.45, 0.68, 0.11, 0.18), wood, optional=True)
    for cx in (0.05, 0.35, 0.65):
        painter.paint("window", _arch(painter, cx, 0.5, 0.07, 0.15), glass)
    painter.paint("window", shapes.circle(x, y, -0.45, 0.0, 0.11), glass)


def _draw_window(
    painter: Painter,
    random: SceneRandom,
    glass: Material,
    cx: float,
    cy: float,
    hx: float,
    hy: float,
) -> None:
    """Draw a window with a cross of white bars: centre (cx, cy) and half size (hx, hy)."""
    x, y = painter.x, painter.y
    white = flat_material(random, (0, 0, 0.7), (1, 0.15, 1.0))
    painter.paint("window", shapes.box(x, y, cx, cy, hx, hy), glass)
    bars = shapes.union((x - cx).abs(), (y - cy).abs()) - 0.016
    bars = shapes.intersection(bars, shapes.box(x, y, cx, cy, hx, hy))
    painter.paint("window", bars, white, rim=0.0)


def _arch(painter: Painter, cx: float, cy: float, hx: float, hy: float) -> Tensor:
    """Return the signed distance to a box with a round top; arguments as in `shapes.box`."""
    x, y = painter.x, painter.y
    return shapes.union(shapes.box(x, y, cx, cy, hx, hy), shapes.circle(x, y, cx, cy - hy, hx))


BUILDINGS: dict[str, DrawObject] = {"house": house, "church": church}
