"""Tasks of maps: what recipes give is what the methods give, from other recipes' results."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
from PIL import Image

from core import embed, tasks
from core.recipes import Recipe, Result, Task
from core.sets import PictureSet
from core.settings import Settings
from core.steps import Progress, drain
from core.workbench import Workbench
from tests.embed.clusters import clusters

FEATURES, LABELS = clusters(3, 16)
OTHERS = (FEATURES @ np.random.default_rng(0).normal(size=(20, 9))).astype(np.float32)
BY_NAME = {"first": FEATURES, "second": OTHERS, "new": FEATURES[::10], "none": FEATURES[:0]}
QUICK = {"iterations": 60, "perplexity": 9.0, "exaggeration": 8.0}


def _given(m, recipes, inputs):
    yield Progress(0, 1)
    return [Result({"features": BY_NAME[recipe.method]}) for recipe in recipes]


GIVEN = Task("given", version=1, steps=_given)


def given(name: str) -> Recipe:
    return Recipe("given", 1, method=name)


@dataclass
class Labelled:
    """A set that has labels and no pictures."""

    name: str = "labelled"
    reference: str = "labelled:1"
    keys: tuple[str, ...] = tuple(map(str, range(len(LABELS))))
    classes: tuple[str, ...] = tuple(sorted(set(LABELS)))

    def __len__(self) -> int:
        return len(self.keys)

    def image(self, index: int, size: int = 320) -> Image.Image:
        raise AssertionError("nobody looks at the pictures")

    def label(self, index: int) -> str:
        return LABELS[index]

    def facts(self, index: int) -> dict[str, str]:
        return {}


@pytest.fixture
def bench(settings: Settings) -> Iterator[Workbench]:
    workbench = Workbench(settings, known={**tasks.ALL, "given": GIVEN})
    yield workbench
    workbench.close()


def test_a_map_is_the_one_tsne_makes_and_comes_judged(bench: Workbench):
    recipe = tasks.tsne_recipe(given("first"), metric="cosine", seed=3, **QUICK)
    (result,) = bench.answer([recipe])
    expected = embed.tsne(FEATURES, metric="cosine", seed=3, **QUICK)
    np.testing.assert_array_equal(result.arrays["positions"], expected)
    start = embed.pca(FEATURES, metric="cosine").positions
    np.testing.assert_array_equal(result.arrays["start"], start)
    record = result.record
    trust = embed.trustworthiness(FEATURES, expected, metric="cosine")
    assert record["trustworthiness"] == pytest.approx(trust)
    whole = embed.continuity(FEATURES, expected, metric="cosine")
    assert record["continuity"] == pytest.approx(whole)
    assert trust != pytest.approx(whole, abs=1e-6)
    assert record["neighbours"] == embed.NEIGHBOURS
    assert (record["perplexity"], record["purity"]) == (9.0, None)
    assert 0 < record["seconds"] < 60


def test_a_perplexity_that_is_too_large_is_lowered_and_told(bench: Workbench):
    (result,) = bench.answer([tasks.tsne_recipe(given("new"), iterations=20)])
    assert result.record["perplexity"] == pytest.approx(4 / 3)


def test_the_quick_map_is_that_of_the_axes(bench: Workbench):
    (result,) = bench.answer([tasks.pca_recipe(given("first"), metric="cosine")])
    axes = embed.pca(FEATURES, metric="cosine")
    np.testing.assert_array_equal(result.arrays["positions"], axes.positions)
    np.testing.assert_array_equal(result.arrays["explained"], axes.explained)
    trust = embed.trustworthiness(FEATURES, axes.positions, metric="cosine")
    assert result.record["trustworthiness"] == pytest.approx(trust)


def test_labels_of_a_set_tell_the_purity():
    labelled = Labelled()
    assert isinstance(labelled, PictureSet)
    recipe = tasks.tsne_recipe(given("second"), labelled=labelled.reference, **QUICK)
    assert recipe.inputs == (given("second"), "labelled:1")
    inputs = [[Result({"features": OTHERS}), labelled]]
    (result,) = drain(tasks.ALL["embedding"].steps(None, [recipe], inputs))
    assert result.record["purity"] == embed.purity(result.arrays["positions"], LABELS)
    assert result.record["purity_of_features"] == embed.purity(OTHERS, LABELS) > 0.9
    pure = tasks.purity_recipe(given("second"), labelled.reference, metric="cosine")
    (found,) = drain(tasks.ALL["purity"].steps(None, [pure], inputs))
    assert found.record["purity"] == embed.purity(OTHERS, LABELS, metric="cosine")


def test_a_map_that_settles_can_be_watched():
    recipe = tasks.tsne_recipe(given("first"), **QUICK)
    steps = tasks.ALL["embedding"].steps(None, [recipe], [[Result({"features": FEATURES})]])
    told: list[Progress] = list(steps)
    assert all(len(one.preview) == 1 for one in told)
    assert all(one.preview[0].shape == (48, 2) for one in told)


def test_a_second_models_map_starts_from_the_first_ones(bench: Workbench):
    first = tasks.tsne_recipe(given("first"), **QUICK)
    second = tasks.tsne_recipe(given("second"), start=first, seed=2, **QUICK)
    onto, result = bench.answer([first, second])
    expected = embed.aligned(OTHERS, onto.arrays["positions"], seed=2, **QUICK)
    np.testing.assert_array_equal(result.arrays["positions"], expected.positions)
    np.testing.assert_array_equal(result.arrays["moved"], expected.moved)
    np.testing.assert_array_equal(result.arrays["start"], onto.arrays["positions"])


def test_stages_start_from_one_another(bench: Workbench):
    recipes = tasks.through_recipes([given("second"), given("first")], "", **QUICK)
    results = bench.answer(recipes)
    expected = embed.through([OTHERS, FEATURES], **QUICK)
    for result, positions in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result.arrays["positions"], positions)


def test_another_seed_is_laid_over(bench: Workbench):
    first = tasks.tsne_recipe(given("first"), **QUICK)
    seeds = [tasks.second_seed_recipe(first, start) for start in ("chance", "axes")]
    onto, *results = bench.answer([first, *seeds])
    for start, result in zip(("chance", "axes"), results, strict=True):
        again = embed.tsne(FEATURES, seed=1, start=start, **QUICK)
        expected = embed.overlay(again, onto.arrays["positions"])
        np.testing.assert_array_equal(result.arrays["moved"], expected.moved)
        np.testing.assert_array_equal(result.arrays["positions"], expected.positions)
        kept = embed.kept_neighbours(again, onto.arrays["positions"])
        np.testing.assert_array_equal(result.arrays["kept"], kept)
    aligned = tasks.tsne_recipe(given("second"), start=first)
    again, _ = tasks.second_seed_recipe(aligned).inputs
    assert again.inputs == (given("second"),)


def test_new_pictures_are_placed(bench: Workbench):
    drawn = tasks.tsne_recipe(given("first"), metric="cosine", **QUICK)
    there, placed = bench.answer([drawn, tasks.place_recipe(given("first"), drawn, given("new"))])
    expected = embed.place(FEATURES, there.arrays["positions"], FEATURES[::10], "cosine")
    np.testing.assert_array_equal(placed.arrays["positions"], expected)


def test_nothing_makes_no_map(bench: Workbench):
    with pytest.raises(embed.NoMap, match="at least one picture"):
        bench.answer([tasks.tsne_recipe(given("none"))])


def test_every_option_is_another_recipe():
    plain = tasks.tsne_recipe(given("first"))
    others = [
        tasks.tsne_recipe(given("second")),
        tasks.tsne_recipe(given("first"), start=plain),
        tasks.tsne_recipe(given("first"), start="chance"),
        tasks.tsne_recipe(given("first"), labelled="set:1"),
        tasks.tsne_recipe(given("first"), metric="cosine"),
        tasks.tsne_recipe(given("first"), seed=1),
        tasks.tsne_recipe(given("first"), perplexity=29),
        tasks.tsne_recipe(given("first"), iterations=749),
        tasks.tsne_recipe(given("first"), exaggeration=11),
        tasks.pca_recipe(given("first")),
    ]
    assert len({one.key for one in (plain, *others)}) == 11
    assert tasks.tsne_recipe(given("first"), perplexity=30).key == plain.key


def test_a_map_of_neurons_of_two_networks(bench: Workbench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("core.dissect.sample.COUNT", 28)
    cards = [bench.card("untrained/test_resnet"), bench.card("untrained/test_resnet@1")]
    responses = [tasks.responses_recipe(card, "layer2") for card in cards]
    parts = [tasks.parts_recipe(cards[1], "layer2")]
    recipe = tasks.neurons_recipe(responses, parts, perplexity=8, iterations=60, seed=4)
    *seen, known, result = bench.answer([*responses, *parts, recipe])
    points = embed.unit_points([tasks.responses_of(one) for one in seen])
    positions = embed.tsne(points.features, perplexity=8, iterations=60, seed=4)
    np.testing.assert_array_equal(result.arrays["positions"], positions)
    np.testing.assert_array_equal(result.arrays["unit"], points.unit)
    np.testing.assert_array_equal(result.arrays["layer"], points.layer)
    np.testing.assert_array_equal(result.arrays["dead"], points.dead)
    clusters = embed.clustered(positions)
    np.testing.assert_array_equal(result.arrays["cluster"], clusters)
    names = [card.name for card in cards]
    assert result.record["layers"] == [[name, "layer2"] for name in names]
    found = tasks.kinds_of(result)
    assert found == embed.kinds(points, clusters, names, [None, tasks.parts_of(known)])
    kept = bench.store.get(recipe.key)
    assert tasks.kinds_of(kept) == found
    assert replace(recipe, seed=5).key != recipe.key
