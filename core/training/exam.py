"""What a trained network can do, asked of its folder as the app opens it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image

from core import dissect, predict, scenes
from core.training.lessons import FRESH_SEED, UNSEEN_SEED, Lesson, swapped, unseen
from core.zoo import Model

FRESH, UNSEEN, SWAPPED, WATCHED = 2400, 2400, 300, 240
BATCH = 120

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Marks:
    """Shares of scenes named rightly, and what else a card tells.

    Attributes:
        fresh: Of new scenes, all classes and backgrounds.
        unseen: Of pairs of class and background that training left out.
        swapped: Of wolves on grass and dogs on snow.
        dead: Share of units that hardly ever change.
        named: Every fresh scene as (what it was, what it was called).
    """

    fresh: float
    unseen: float
    swapped: float
    dead: float
    named: Pairs

    def of(self, class_: str) -> tuple[float, str]:
        """How often a class was named rightly, and what it was called most often when not."""
        called = Counter(name for was, name in self.named if was == class_)
        right = called.pop(class_, 0)
        others = called.most_common(1)
        share = right / max(1, right + called.total())
        return share, f"{others[0][0]} ({others[0][1]})" if others else ""


def examine(m: Model, lesson: Lesson, parts: int = 1) -> Marks:
    """Examine a network on scenes that were never in training.

    Args:
        m: The network.
        lesson: Which tells the size of the scenes.
        parts: Take only one in so many scenes.
    """
    even = [{"class_": scenes.CLASSES[i % len(scenes.CLASSES)]} for i in range(FRESH // parts)]
    named = _named(m, lesson, FRESH_SEED, even)
    watched = [img for imgs, _ in _drawn(lesson, FRESH_SEED, even[:WATCHED]) for img in imgs]
    return Marks(
        fresh=_share(named),
        unseen=_share(_named(m, lesson, UNSEEN_SEED, unseen(UNSEEN // parts))),
        swapped=_share(_named(m, lesson, UNSEEN_SEED + 1, swapped(SWAPPED // parts))),
        dead=dissect.dead_share(m, watched),
        named=named,
    )


def _share(named: Pairs) -> float:
    return sum(was == called for was, called in named) / len(named)


def _named(m: Model, lesson: Lesson, seed: int, facts: Sequence[dict[str, str]]) -> Pairs:
    pairs: Pairs = []
    for imgs, classes in _drawn(lesson, seed, facts):
        best = predict.scores(m, imgs).logits.argmax(axis=1)
        pairs += zip(classes, (m.labels[index] for index in best), strict=True)
    return pairs


def _drawn(
    lesson: Lesson, seed: int, facts: Sequence[dict[str, str]]
) -> Iterator[tuple[list[Image.Image], list[str]]]:
    """Scenes and their classes, a batch at a time."""
    for start in range(0, len(facts), BATCH):
        part = facts[start : start + BATCH]
        drawn = scenes.batch(seed, range(start, start + len(part)), lesson.size, part)
        pixels = drawn.pictures.permute(0, 2, 3, 1).contiguous().numpy()
        yield [Image.fromarray(rows) for rows in pixels], [fact["class_"] for fact in part]
