"""Find shortcuts: a class that a network recognises by a factor that does not belong to it.

First the scenes of all classes are screened: each level of each factor is compared with the other
levels, for each class. What stands out is then tested on new scenes, so that a chance result of the
screening is not believed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from PIL import Image

from core.intervals import Interval, mean_interval
from core.interventions.answers import Answers, probabilities
from core.interventions.factors import FACTORS
from core.interventions.pairs import Pairs
from core.steps import Progress, Steps, as_step, map_progress
from core.zoo import Model

# Scenes of the class, and of other classes, in a test.
TESTED = 32
# Number of suspicions that are tested.
SUSPICIONS = 8
# A class counts as recognised by a level if its own scenes lose this much of their probability
# without it, and more than those of other classes do; or if scenes of other classes gain this much.
OWN_LOSS, OTHER_GAIN = 0.25, 0.12
# Zeros that are added to a mean of few scenes in the screening.
PRIOR_SCENES = 2
# Seed of the tests, which must not repeat the scenes of the screening.
TEST_SEED = 500_000


@dataclass(frozen=True)
class Suspicion:
    """What stood out in the screening: a class may be recognised by a level of a factor.

    Attributes:
        class_: The class.
        factor: Key of the factor.
        level: The level.
        usual: What scenes of other classes lose without the same level (median over classes).
    """

    class_: str
    factor: str
    level: str
    usual: float


@dataclass(frozen=True)
class Shortcut:
    """The test of a suspicion, on new scenes that are drawn with the level and without it.

    Attributes:
        suspicion: What is tested.
        seed: Seed of the scenes of the class.
        with_level: The class's probability for each of its scenes with the level.
        without: The same for the scenes with another level.
        loss: What its own scenes lose without the level.
        gain: What the class gains by the level in scenes of other classes.
    """

    suspicion: Suspicion
    seed: int
    with_level: tuple[float, ...]
    without: tuple[float, ...]
    loss: Interval
    gain: Interval

    @property
    def confirmed(self) -> bool:
        """Whether the class is recognised by the level."""
        unusual = self.loss.low - max(self.suspicion.usual, 0.0)
        return unusual >= OWN_LOSS or self.gain.low >= OTHER_GAIN


@dataclass(frozen=True)
class Verdict:
    """What a network was found to use.

    Attributes:
        tested: All suspicions that were tested, the strongest first.
    """

    tested: tuple[Shortcut, ...]

    @property
    def shortcuts(self) -> tuple[Shortcut, ...]:
        """Those that were confirmed, the strongest of a class and a factor; none: it is honest."""
        strongest: dict[tuple[str, str], Shortcut] = {}
        for each in self.tested:
            if each.confirmed:
                strongest.setdefault((each.suspicion.class_, each.suspicion.factor), each)
        return tuple(strongest.values())


def judge_steps(m: Model, answers: Answers) -> Steps[Verdict]:
    """Test what stands out in a network's answers; the progress counts suspicions.

    Args:
        m: The network.
        answers: Its answers to scenes of all classes, for the screening.
    """
    tested: list[Shortcut] = []
    for number, suspicion in enumerate(suspicions(answers)):
        seed = answers.pairs.seed + TEST_SEED + 2 * number
        steps = check_suspicion_steps(m, suspicion, answers.classes, seed)
        tested.append((yield from map_progress(steps, as_step(number, SUSPICIONS))))
    return Verdict(tuple(sorted(tested, key=lambda each: -max(each.loss.low, each.gain.low))))


def suspicions(answers: Answers) -> list[Suspicion]:
    """Return what stands out most in the answers, the strongest first."""
    ranked = sorted(_scores(answers), key=lambda pair: -pair[0])
    return [suspicion for _, suspicion in ranked[:SUSPICIONS]]


def _scores(answers: Answers) -> Iterator[tuple[float, Suspicion]]:
    """Yield how much each level of each factor stands out for each class."""
    own = answers.own
    is_own = np.eye(len(answers.classes), dtype=bool)[own]
    for number, (key, factor) in enumerate(FACTORS.items()):
        for level, name in enumerate(factor.levels):
            rows, differences = _differences(answers, number, key, level)
            losses = _shrunk(differences, is_own[rows])
            gains = _shrunk(differences, ~is_own[rows])
            usual = float(np.median(losses))
            for column, class_ in enumerate(answers.classes):
                score = float(losses[column] - max(usual, 0) + gains[column])
                yield score, Suspicion(class_, key, name, usual)


def _differences(
    answers: Answers, number: int, key: str, level: int
) -> tuple[np.ndarray, Float[np.ndarray, "rows classes"]]:
    """Return the pairs in which one scene has a level, and its probabilities minus the other's."""
    before, after = (levels[key] == level for levels in (answers.pairs.before, answers.pairs.after))
    rows = np.flatnonzero(before | after)
    sign = np.where(before[rows], 1, -1)[:, None]
    return rows, sign * (answers.before[rows] - answers.after[number, rows])


def _shrunk(
    differences: Float[np.ndarray, "rows classes"], counted: np.ndarray
) -> Float[np.ndarray, " classes"]:
    """Return the mean difference of each class over the rows that count for it, drawn to 0."""
    return (differences * counted).sum(0) / (counted.sum(0) + PRIOR_SCENES)


def check_suspicion_steps(
    m: Model, suspicion: Suspicion, classes: tuple[str, ...], seed: int
) -> Steps[Shortcut]:
    """Test a suspicion on new scenes of the class and of other classes; a step is one of both.

    Args:
        m: The network.
        suspicion: The suspicion.
        classes: The network's classes.
        seed: Seed of the scenes.
    """
    column = classes.index(suspicion.class_)
    others = tuple(name for name in classes if name != suspicion.class_)
    answers = []
    for step, shown in enumerate(((suspicion.class_,), others)):
        yield Progress(step, 2)
        scenes = tested_scenes(suspicion, shown, seed + step, m.input_size[1], TESTED)
        answers.append([probabilities(m, imgs)[:, column] for imgs in scenes])
    (own_with, own_without), (other_with, other_without) = answers
    return Shortcut(
        suspicion, seed, tuple(own_with.tolist()), tuple(own_without.tolist()),
        mean_interval(own_with - own_without), mean_interval(other_with - other_without),
    )  # fmt: skip


def tested_scenes(
    suspicion: Suspicion, classes: Sequence[str], seed: int, size: int, count: int
) -> tuple[list[Image.Image], list[Image.Image]]:
    """Draw the scenes of a test: with the level, and the same with another level.

    Args:
        suspicion: What is tested.
        classes: Classes of the scenes, in turn.
        seed: Seed of the scenes.
        size: Side of the pictures in pixels.
        count: Number of scenes.
    """
    key = suspicion.factor
    level = FACTORS[key].levels.index(suspicion.level)
    pairs, rows = Pairs.plan(classes, count, seed), range(count)
    imgs = pairs.draw(rows, size)
    # Another level: that of the scene, or of its changed copy where the scene has the level itself.
    before, after = pairs.before[key][:count], pairs.after[key][:count]
    other = np.where(before == level, after, before)
    with_level = pairs.change(imgs, rows, key, [level] * count)
    return with_level, pairs.change(imgs, rows, key, other.tolist())
