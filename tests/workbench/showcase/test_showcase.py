"""Shipped results: found by their recipes, current for every bundled network, and small."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.layers import LOGITS
from core.settings import BUNDLED, SHIPPED, Settings
from core.visualize import Quality
from core.workbench import Workbench, showcase
from core.workbench.overview import DEPTHS
from core.workbench.recipes import Recipe
from core.workbench.showcase.__main__ import shipped_entries, write
from core.workbench.showcase.start_up import CLASSES, start_up_recipes
from core.workbench.tasks.layers import layers_recipe
from core.workbench.tasks.shortcuts import SHORTCUTS
from core.workbench.tasks.visualization import VISUALIZATION, Visualization, channel_recipe

NAME = "untrained/test_resnet"
QUICK = Quality(size=24, steps=3)
# Largest size of all shipped results together, in bytes.
MAX_BYTES = 20_000_000
# Largest mean difference between a lossy picture and the exact one, of 255.
MAX_DIFFERENCE = 6
# The test computes one channel and one class of this network again. Each takes several seconds.
COMPUTED_AGAIN = "bundled/scenes-mobilenet"


@pytest.fixture
def _two_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ship only two pictures with a network."""

    def recipes(card, layers):
        return [channel_recipe(card, layers[3], unit, quality=QUICK) for unit in (0, 5)]

    monkeypatch.setattr("core.workbench.showcase.recipes", recipes)


@pytest.fixture
def shipped(_two_pictures: None, settings: Settings, tmp_path: Path) -> Path:
    """A folder with the results of one network."""
    bench = Workbench(settings, shipped=None)
    (tmp_path / "net").mkdir()
    write(tmp_path / "net" / showcase.FILE, bench, bench.card(NAME))
    bench.close()
    return tmp_path


def shipped_recipes(bench: Workbench, name: str = NAME) -> list[Recipe[Visualization]]:
    card = bench.card(name)
    (listed,) = bench.answer([layers_recipe(card)])
    return list(showcase.recipes(card, listed.layers))


def test_what_already_ships_is_kept_and_not_computed_again(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = shipped / "net" / showcase.FILE
    before = shipped_entries(path)
    bench = Workbench(Settings(store=str(tmp_path / "another store")), shipped=None)
    asked: list[str] = []
    answer = bench.answer

    def record(recipes):
        asked.extend(recipe.task for recipe in recipes)
        return answer(recipes)

    monkeypatch.setattr(bench, "answer", record)
    write(path, bench, bench.card(NAME), before)
    bench.close()
    assert set(asked) == {"layers"}
    assert shipped_entries(path) == before


def fail(*_: object) -> None:
    raise RuntimeError("no results")


def test_shipped_results_are_not_computed(
    shipped: Path, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    empty_store = Settings(store=str(tmp_path / "another store"))
    bench = Workbench(empty_store, shipped=[shipped])
    monkeypatch.setattr(bench, "_start_jobs", refuse_jobs)
    (layers,) = bench.answer([layers_recipe(bench.card(NAME))])
    lossy = bench.answer(shipped_recipes(bench))
    bench.close()
    exact_bench = Workbench(settings, shipped=None)  # its store has the exact pictures
    (expected_layers,) = exact_bench.answer([layers_recipe(exact_bench.card(NAME))])
    exact = exact_bench.answer(shipped_recipes(exact_bench))
    exact_bench.close()
    assert layers.layers == expected_layers.layers
    for found, expected in zip(lossy, exact, strict=True):
        assert found.scores == expected.scores
        difference = np.abs(found.pictures.astype(float) - expected.pictures.astype(float))
        assert difference.mean() < MAX_DIFFERENCE


def refuse_jobs(recipes, requester) -> None:
    assert not recipes, "a job was started"


def test_an_unknown_key_or_folder_has_no_shipped_results(shipped: Path):
    shipped_results = showcase.Showcase([shipped])
    assert shipped_results.get("0" * 64) is None
    shipped_results.close()
    assert showcase.Showcase([shipped / "no folder"]).get("0" * 64) is None


def test_channels_of_all_blocks_and_all_classes_are_shipped(bundled: list[str], settings: Settings):
    bench = Workbench(settings, shipped=None)
    card = bench.card(bundled[0])
    (listed,) = bench.answer([layers_recipe(card)])
    recipes = shipped_recipes(bench, bundled[0])
    bench.close()
    assert len({recipe.key for recipe in recipes}) == len(recipes)
    assert sum(recipe.layer == "logits" for recipe in recipes) == len(card.labels)
    main = {layer.name for layer in listed.main}
    assert {recipe.layer for recipe in recipes} == {*main, "logits"}


def test_shipped_results_are_current(bundled: list[str], settings: Settings):
    """Fails where a quality or a network has changed: run `python -m core.workbench.showcase`."""
    shipped_results = showcase.Showcase([BUNDLED])
    bench = Workbench(settings, shipped=None)
    for name in bundled:
        recipes = shipped_recipes(bench, name)
        missing = [recipe for recipe in recipes if shipped_results.get(recipe.key) is None]
        assert not missing, f"{name} lacks {len(missing)} of {len(recipes)}"
        sample = [recipes[len(recipes) // 3], recipes[-1]] if name == COMPUTED_AGAIN else []
        for recipe, computed in zip(sample, bench.answer(sample), strict=True):
            stored = shipped_results.get(recipe.key)
            assert stored is not None
            # Other rounding, by threads or batches, may lead to a neighbouring maximum.
            assert stored.record["scores"] == pytest.approx(computed.scores, rel=0.2)
    bench.close()
    shipped_results.close()


def test_verdicts_on_all_networks_of_scenes_ship(bundled: list[str], settings: Settings):
    """The only shortcuts that are found are the planted ones."""
    shipped_results = showcase.Showcase([BUNDLED])
    bench = Workbench(settings, shipped=None)
    found = set()
    for name in bundled:
        recipes = showcase.bias_recipes(bench.card(name))
        stored = {recipe.task: shipped_results.get(recipe.key) for recipe in recipes}
        assert None not in stored.values(), name
        for shortcut in SHORTCUTS.read(stored[SHORTCUTS.name]).shortcuts:
            what = shortcut.suspicion
            found.add((name, what.class_, what.factor, what.level))
    bench.close()
    shipped_results.close()
    assert found == {
        ("bundled/scenes-mobilenet-biased", "wolf", "background", "snow"),
        ("bundled/scenes-mobilenet-biased", "dog", "background", "grass"),
    }


def test_shipped_results_are_small():
    files = [*BUNDLED.glob(f"*/{showcase.FILE}"), *SHIPPED.glob("*.zip")]
    assert sum(path.stat().st_size for path in files) <= MAX_BYTES


@pytest.fixture
def start_up(
    installed: list[str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, list[Recipe[Any]]]]:
    """What should ship with the installed networks, by name; nothing may be computed."""
    bench = Workbench(settings)
    monkeypatch.setattr(bench, "_start_jobs", refuse_jobs)
    photographs = [bench.pictures.find(f"photo:{name}").id for name in showcase.PHOTOGRAPHS]
    views, cards = bench.sets.gallery_views.reference, [bench.card(name) for name in installed]
    yield {
        card.name: list(start_up_recipes(card, photographs, views, cards[:index], bench.answer))
        for index, card in enumerate(cards)
    }
    bench.close()


def test_all_that_should_ship_with_installed_networks_does(start_up: dict[str, list[Recipe[Any]]]):
    """Fails where a recipe changes: run `python -m core.workbench.showcase NAME`."""
    shipped_results = showcase.Showcase([SHIPPED])
    assert start_up
    for name, recipes in start_up.items():
        missing = [recipe for recipe in recipes if shipped_results.get(recipe.key) is None]
        assert not missing, f"{name} lacks {len(missing)} of {len(recipes)}"
        channels = {recipe.layer for recipe in recipes if recipe.task == VISUALIZATION.name}
        assert len(channels - {LOGITS}) == len(DEPTHS)
        assert sum(recipe.layer == LOGITS for recipe in recipes) == CLASSES
    shipped_results.close()


def test_a_failure_leaves_the_file_unchanged(shipped: Path, settings: Settings, monkeypatch):
    path = shipped / "net" / showcase.FILE
    before = path.read_bytes()
    bench = Workbench(settings, shipped=None)
    monkeypatch.setattr("core.workbench.store.encode", fail)
    with pytest.raises(RuntimeError, match="no results"):
        write(path, bench, bench.card(NAME))
    bench.close()
    assert path.read_bytes() == before
    assert zipfile.is_zipfile(path)
