"""Pairs of scenes that differ in exactly one factor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from PIL import Image

from core import scenes
from core.errors import ZooscopeError
from core.interventions.factors import FACTORS
from core.scenes import CLASSES

# Keeps the scenes apart from those of trainings and tests, whose seeds are smaller.
FIRST_SEED = 3_000_017


class UnknownClasses(ZooscopeError):
    """The network has classes that scenes can't show."""


def scene_classes(labels: Sequence[str]) -> tuple[str, ...]:
    """Return a network's labels, which must all be classes of scenes.

    Raises:
        UnknownClasses: They are not, or there are fewer than two.
    """
    if len(labels) < 2 or not set(labels) <= set(CLASSES):
        raise UnknownClasses(
            "This network knows other things than the 28 classes of drawn scenes. Choose one that"
            " was trained on them, such as bundled/scenes-mobilenet."
        )
    return tuple(labels)


@dataclass(frozen=True)
class Pairs:
    """A plan of scenes, each with one changed copy for each factor.

    Attributes:
        classes: The class of each scene.
        seed: Seed of everything that is no factor: position, shapes, textures, noise.
        before: Level of each factor in each scene, by the factor's key.
        after: Level of the factor in the scene's changed copy; never that of `before`.
    """

    classes: tuple[str, ...]
    seed: int
    before: Mapping[str, Int[np.ndarray, " n"]]
    after: Mapping[str, Int[np.ndarray, " n"]]

    @classmethod
    def plan(cls, classes: Sequence[str], count: int, seed: int = 0) -> "Pairs":
        """Plan scenes of these classes in turn, with levels that are equally frequent.

        Factors of the photograph begin at their first level, an unchanged picture.

        Args:
            classes: Classes of scenes.
            count: Number of scenes.
            seed: Seed of the plan.
        """
        before, after = {}, {}
        for number, (key, factor) in enumerate(FACTORS.items()):
            random = np.random.default_rng([FIRST_SEED, seed, number])
            levels = len(factor.levels)
            first = _in_turn(levels, count, len(classes), random)
            before[key] = first if factor.drawn else np.zeros(count, int)
            after[key] = (before[key] + 1 + _in_turn(levels - 1, count, 1, random)) % levels
        in_turn = tuple(classes[index % len(classes)] for index in range(count))
        return cls(in_turn, FIRST_SEED + seed, before, after)

    def draw(self, rows: Sequence[int], size: int) -> list[Image.Image]:
        """Draw scenes.

        Args:
            rows: Numbers of the scenes.
            size: Side of the pictures in pixels.
        """
        return self._draw(rows, size, self._before(rows))

    def change(
        self,
        imgs: Sequence[Image.Image],
        rows: Sequence[int],
        key: str,
        levels: Sequence[int] | None = None,
    ) -> list[Image.Image]:
        """Return the copies of scenes in which one factor is changed.

        Args:
            imgs: The scenes, as `draw` returned them.
            rows: Their numbers.
            key: Key of the factor.
            levels: The factor's level in each copy; by default those of `after`.
        """
        factor = FACTORS[key]
        chosen = self.after[key][list(rows)] if levels is None else np.array(levels)
        if factor.changes:
            changes = [factor.changes[factor.levels[level]] for level in chosen]
            return [change(img) for change, img in zip(changes, imgs, strict=True)]
        return self._draw(rows, imgs[0].width, self._before(rows) | {key: chosen})

    def _before(self, rows: Sequence[int]) -> dict[str, np.ndarray]:
        return {key: levels[list(rows)] for key, levels in self.before.items()}

    def _draw(
        self, rows: Sequence[int], size: int, levels: Mapping[str, np.ndarray]
    ) -> list[Image.Image]:
        fixed = []
        for place, row in enumerate(rows):
            values: dict[str, object] = {"class_": self.classes[row]}
            for key, factor in FACTORS.items():
                if factor.drawn:
                    values |= factor.drawn[factor.levels[levels[key][place]]]
            fixed.append(values)
        drawn = scenes.batch(self.seed, list(rows), size, fixed)
        pixels = drawn.pictures.permute(0, 2, 3, 1).contiguous().numpy()
        return [Image.fromarray(picture) for picture in pixels]


def _in_turn(levels: int, count: int, block: int, random: np.random.Generator) -> np.ndarray:
    """Return `count` levels, each equally often within every class.

    Scenes of one class are `block` apart, so a level is drawn for each block in a random order that
    differs from class to class.
    """
    rounds = -(-count // (block * levels))
    orders = [random.permutation(levels) for _ in range(rounds * block)]
    by_class = np.array(orders).reshape(rounds, block, levels).transpose(0, 2, 1)
    return by_class.reshape(-1)[:count]
