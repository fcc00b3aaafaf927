"""Effects are exact, planted shortcuts are found, and honest networks are cleared."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from core import interventions, zoo
from core.interventions import FACTORS, Answers, Pairs, answers, shortcuts
from core.scenes import CLASSES
from core.steps import drain

# What a picture shows: the scene's class, and the level of each factor by name.
Described = tuple[str, dict[str, str]]
# Returns the probability of a class for a described picture.
Oracle = Callable[[str, Described], float]
DESCRIPTION = "described"


def described(pairs: Pairs, rows, levels) -> list[Image.Image]:
    """Pictures that show nothing, and carry a description."""
    imgs = [Image.new("RGB", (1, 1)) for _ in rows]
    for place, (row, img) in enumerate(zip(rows, imgs, strict=True)):
        named = {key: FACTORS[key].levels[levels[key][place]] for key in FACTORS}
        img.info[DESCRIPTION] = (pairs.classes[row], named)
    return imgs


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch, bundled):
    """Judge a network that is an oracle, whose pictures are descriptions."""

    def draw(self: Pairs, rows, size):
        return described(self, rows, self._before(rows))

    def change(self: Pairs, imgs, rows, key, levels=None):
        chosen = self.after[key][list(rows)] if levels is None else np.array(levels)
        return described(self, rows, self._before(rows) | {key: chosen})

    def judge(oracle: Oracle) -> tuple[Answers, interventions.Verdict]:
        def probabilities(m, imgs):
            told = [img.info[DESCRIPTION] for img in imgs]
            return np.array([[oracle(class_, each) for class_ in CLASSES] for each in told], "f")

        for module in (answers, shortcuts):
            monkeypatch.setattr(module, "probabilities", probabilities)
        monkeypatch.setattr(Pairs, "draw", draw)
        monkeypatch.setattr(Pairs, "change", change)
        m = zoo.load("bundled/scenes-regnet")  # only its classes are used
        plan = Pairs.plan(CLASSES, 8 * len(CLASSES))
        found = drain(interventions.answer_steps(m, plan))
        return found, drain(interventions.judge_steps(m, found))

    return judge


def honest(class_: str, picture: Described) -> float:
    shown, levels = picture
    return (0.6 if levels["size"] == "small" else 0.9) if shown == class_ else 0.003


def test_an_honest_network_is_cleared_though_small_objects_are_harder(judged):
    found, verdict = judged(honest)
    assert verdict.shortcuts == ()
    effects = {effect.factor: effect for effect in interventions.effects(found)}
    assert interventions.effects(found)[0].factor == "size"
    for key, effect in effects.items():
        if key != "size":
            assert (effect.change.mean, effect.change.low, effect.change.high) == (0, 0, 0)
            assert effect.flips.mean == 0
    size = effects["size"].change
    assert 0 < size.low < size.mean < size.high < 0.3


def test_a_class_that_needs_its_background_is_named(judged):
    def oracle(class_: str, picture: Described) -> float:
        if class_ == picture[0] == "wolf" and picture[1]["background"] != "snow":
            return 0.1
        return honest(class_, picture)

    (shortcut,) = judged(oracle)[1].shortcuts
    what = shortcut.suspicion
    assert (what.class_, what.factor, what.level) == ("wolf", "background", "snow")
    assert np.mean(shortcut.without) == pytest.approx(0.1)
    assert shortcut.loss.low > 0.5
    assert shortcut.gain.mean == 0


def test_a_tint_that_makes_everything_look_like_a_class_is_named(judged):
    def oracle(class_: str, picture: Described) -> float:
        if class_ == "cat" and picture[1]["tint"] == "warm":
            return 0.5 if picture[0] != "cat" else 0.9
        return honest(class_, picture)

    (shortcut,) = judged(oracle)[1].shortcuts
    what = shortcut.suspicion
    assert (what.class_, what.factor, what.level) == ("cat", "tint", "warm")
    assert shortcut.gain.low > 0.4


def test_what_a_screening_finds_by_chance_does_not_hold(judged):
    random = np.random.default_rng(0)

    def oracle(class_: str, picture: Described) -> float:
        return float(random.uniform(0.2, 1)) if class_ == picture[0] else 0.003

    found, verdict = judged(oracle)
    screened = max(score for score, _ in shortcuts._scores(found))
    assert screened > 0.15
    assert verdict.shortcuts == ()


def test_effects_of_one_class_are_those_of_its_scenes():
    pairs = Pairs.plan(("wolf", "dog"), 40)
    before = np.tile(np.array([0.5, 0.5], np.float32), (40, 1))
    after = np.repeat(before[None], len(FACTORS), 0)
    background = list(FACTORS).index("background")
    after[background, ::2] = [0.1, 0.9]  # scenes of wolves
    found = Answers(pairs, ("wolf", "dog"), before, after)
    (first, *_) = interventions.effects(found, ["wolf"])
    assert first.factor == "background"
    assert first.change.mean == pytest.approx(0.4)
    assert first.flips.mean == 1
    assert interventions.effects(found, ["dog"])[0].change.mean == 0
    with pytest.raises(ValueError, match="no scenes"):
        interventions.effects(found, ["cat"])


@pytest.mark.parametrize(
    ("name", "used"),
    [("scenes-mobilenet-biased", {"dog", "wolf"}), ("scenes-mobilenet", set())],
)
def test_the_planted_background_is_found_and_its_sister_cleared(bundled, name, used, monkeypatch):
    monkeypatch.setattr(shortcuts, "TESTED", 12)
    monkeypatch.setattr(shortcuts, "SUSPICIONS", 3)
    m = zoo.load(f"bundled/{name}")
    found = drain(interventions.answer_steps(m, Pairs.plan(("wolf", "dog"), 14)))
    verdict = drain(interventions.judge_steps(m, found))
    named = {(each.suspicion.class_, each.suspicion.factor) for each in verdict.shortcuts}
    assert named <= {(class_, "background") for class_ in used}
    assert bool(named) == bool(used)
