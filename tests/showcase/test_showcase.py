"""Shipped results: found by their recipes, current for every bundled network, and small enough."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from core import showcase, tasks
from core.recipes import Result
from core.settings import BUNDLED, Settings
from core.showcase.__main__ import write
from core.steps import Steps
from core.visualize import Quality
from core.workbench import Workbench
from core.zoo import Card

NAME = "untrained/test_resnet"
QUICK = Quality(size=24, steps=3)
# Bytes of all shipped results together.
LARGEST = 15_000_000
# Mean difference, of 255, that a shipped picture may have to one computed here.
LOSSY = 6


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only two pictures are shipped."""

    def recipes(card, organs):
        return [tasks.picture_recipe(card, organs[3], unit, quality=QUICK) for unit in (0, 5)]

    monkeypatch.setattr("core.showcase.recipes", recipes)


@pytest.fixture
def shipped(few: None, settings: Settings, tmp_path: Path) -> Path:
    """A folder with the results of one network."""
    bench = Workbench(settings, shipped=None)
    (tmp_path / "net").mkdir()
    write(tmp_path / "net" / showcase.FILE, bench, bench.card(NAME))
    bench.close()
    return tmp_path


def asked(bench: Workbench) -> list:
    card = bench.card(NAME)
    body = tasks.body_recipe(card)
    (layers,) = bench.answer([body])
    return [body, *showcase.recipes(card, tasks.organs_of(layers))]


def fail(*_: object) -> Steps:
    raise AssertionError("it was computed")


def test_what_is_shipped_is_not_computed(
    shipped: Path, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    elsewhere = Settings(store=str(tmp_path / "another store"))
    bench = Workbench(elsewhere, shipped=shipped)
    monkeypatch.setattr(bench, "_submit", fail)
    results = bench.answer(asked(bench))
    bench.close()
    own = Workbench(settings, shipped=None)  # whose store has them exactly
    exact = own.answer(asked(own))
    own.close()
    assert results[0].record["organs"] == exact[0].record["organs"]
    for mine, theirs in zip(results[1:], exact[1:], strict=True):
        assert mine.record["scores"] == theirs.record["scores"]
        assert difference(mine, theirs) < LOSSY


def difference(one: Result, other: Result) -> float:
    first, second = (result.arrays["face0"].astype(float) for result in (one, other))
    return float(np.abs(first - second).mean())


def test_what_is_not_shipped_is_a_miss(shipped: Path):
    show = showcase.Showcase(shipped)
    assert show.get("0" * 64) is None
    show.close()
    assert showcase.Showcase(shipped / "nothing here").get("0" * 64) is None


def test_a_network_is_shipped_with_its_blocks_and_all_its_classes(
    bundled: list[str], settings: Settings
):
    bench = Workbench(settings, shipped=None)
    card = bench.card(bundled[0])
    (layers,) = bench.answer([tasks.body_recipe(card)])
    bench.close()
    organs = tasks.organs_of(layers)
    chosen = list(showcase.recipes(card, organs))
    assert len({recipe.key for recipe in chosen}) == len(chosen)
    assert sum(recipe.layer == "logits" for recipe in chosen) == len(card.labels)
    main = {organ.name for organ in organs if organ.main and len(organ.shape) == 3}
    assert {recipe.layer for recipe in chosen} == {*main, "logits"}


def test_what_ships_is_current(bundled: list[str], settings: Settings):
    """Fails where a quality or a network changed since: run `python -m core.showcase`."""
    show = showcase.Showcase(BUNDLED)
    bench = Workbench(settings, shipped=None)
    for name in bundled:
        card = bench.card(name)
        (layers,) = bench.answer([tasks.body_recipe(card)])
        chosen = list(showcase.recipes(card, tasks.organs_of(layers)))
        missing = [recipe for recipe in chosen if show.get(recipe.key) is None]
        assert not missing, f"{name} lacks {len(missing)} of {len(chosen)}"
        sample = [chosen[len(chosen) // 3], chosen[-1]]
        for recipe, computed in zip(sample, bench.answer(sample), strict=True):
            kept = show.get(recipe.key)
            assert kept is not None
            # Other rounding (threads, batches) leads a climb to a neighbouring peak.
            assert kept.record["scores"] == pytest.approx(computed.record["scores"], rel=0.2)
    bench.close()
    show.close()


def test_what_ships_is_small():
    assert sum(path.stat().st_size for path in BUNDLED.glob(f"*/{showcase.FILE}")) <= LARGEST


def test_a_file_is_written_whole(shipped: Path, few: None, settings: Settings, monkeypatch):
    """A failure leaves the older file as it was."""
    path = shipped / "net" / showcase.FILE
    before = path.read_bytes()
    bench = Workbench(settings, shipped=None)
    card: Card = bench.card(NAME)
    monkeypatch.setattr("core.store.encode", fail)
    with pytest.raises(AssertionError):
        write(path, bench, card)
    bench.close()
    assert path.read_bytes() == before
    assert zipfile.is_zipfile(path)
