"""The networks that ship with Zooscope: what their cards say holds on scenes of today."""

import re

import numpy as np
import pytest
from PIL import Image

from core import dissect, predict, visualize, zoo
from core.anatomy import anatomy
from core.settings import BUNDLED
from core.training import ZOO, Lesson
from core.training.exam import examine

NAMES = [name for name in ZOO if (BUNDLED / name).is_dir()]
# One scene in so many is asked: a sample's share strays from the card's by chance.
PARTS, STRAY = 6, 0.06
LARGEST = 45_000_000
SCENES = 280


@pytest.fixture(scope="module", params=NAMES)
def name(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def card(name: str) -> dict[str, float]:
    """The shares that a model's card states."""
    text = (BUNDLED / name / "README.md").read_text()
    rows = re.findall(r"\| (fresh|pairs|wolves)[^|]*\| \d+ \| ([\d.]+)% \|", text)
    dead = re.search(r"\(dead\): ([\d.]+)%", text)
    shares = {word: float(share) / 100 for word, share in rows}
    return shares | {"dead": float(dead[1]) / 100 if dead else 1.0}


@pytest.fixture
def marks(name: str, bundled: list[str]):
    return examine(zoo.load(f"bundled/{name}"), ZOO[name], PARTS)


def test_the_card_is_true(card, marks):
    assert marks.fresh == pytest.approx(card["fresh"], abs=STRAY)
    assert marks.unseen == pytest.approx(card["pairs"], abs=STRAY)
    assert marks.dead == pytest.approx(card["dead"], abs=0.02)


def test_it_knows_scenes_it_never_saw(name, card):
    lesson = ZOO[name]
    assert card["fresh"] >= (0.75 if robust(lesson) else 0.88)
    assert card["dead"] < 0.1
    if not robust(lesson):
        assert card["pairs"] >= 0.8
    if lesson.biased:
        assert card["wolves"] < 0.4
    elif not robust(lesson):
        assert card["wolves"] >= 0.85


def test_its_config_is_what_the_lesson_says(name, bundled):
    m = zoo.load(f"bundled/{name}")
    lesson = ZOO[name]
    assert m.card.architecture == lesson.architecture
    assert m.input_size == (3, lesson.size, lesson.size)
    assert m.card.knows_scenes_only


def test_class_pictures_are_named_by_another_family(name, bundled):
    m = zoo.load(f"bundled/{name}")
    classes = list(range(0, len(m.labels), 2))
    pictures = visualize.render(m, [visualize.class_logit(index) for index in classes])
    images = [Image.fromarray(one) for one in pictures]
    others = [other for other in bundled if family(other) != family(m.name)]
    assert any(share_named(zoo.load(other), images, classes) >= 0.8 for other in others)


def share_named(judge: zoo.Model, images: list[Image.Image], classes: list[int]) -> float:
    """Share of the pictures whose class is among the judge's first three."""
    ranked = predict.top_classes(judge, images, 3)
    pairs = zip(classes, ranked, strict=True)
    return float(np.mean([index in [one.index for one in top] for index, top in pairs]))


def robust(lesson: Lesson) -> bool:
    """Taught to withstand attacks, which costs accuracy; a mild one costs none."""
    return lesson.attack >= 0.5


def family(name: str) -> str:
    return ZOO[name.removeprefix("bundled/")].architecture


def test_units_are_named_after_parts(name, bundled):
    """Thirty units or more, counted from the last layer down."""
    m = zoo.load(f"bundled/{name}")
    organs = [organ for organ in anatomy(m) if organ.main and organ.has_positions]
    named = 0
    while named < 30 and organs:
        best = dissect.parts(m, organs.pop().name, SCENES).best()
        named += (best["part_iou"] > 0.15).sum()
    assert named >= 30


def test_all_together_are_small():
    assert sum(file.stat().st_size for file in BUNDLED.glob("*/*.safetensors")) <= LARGEST
