"""The tasks of maps return the results of the methods, from the results of other recipes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
from PIL import Image

from core import embed
from core.sets import PictureSet
from core.settings import Settings
from core.steps import Progress, drain
from core.workbench import Workbench
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.workbench.tasks import ALL
from core.workbench.tasks.class_separation import CLASS_SEPARATION, class_separation_recipe
from core.workbench.tasks.map_placement import map_placement_recipe
from core.workbench.tasks.neuron_map import neuron_map_recipe
from core.workbench.tasks.part_scores import part_scores_recipe
from core.workbench.tasks.picture_map import (
    PICTURE_MAP,
    pca_recipe,
    second_seed_recipe,
    staged_recipes,
    tsne_recipe,
)
from core.workbench.tasks.responses import responses_recipe
from tests.embed.clusters import clusters

FEATURES, LABELS = clusters(3, 16)
PROJECTED = (FEATURES @ np.random.default_rng(0).normal(size=(20, 9))).astype(np.float32)
BY_NAME = {"first": FEATURES, "second": PROJECTED, "new": FEATURES[::10], "empty": FEATURES[:0]}
QUICK = {"iterations": 60, "perplexity": 9.0, "exaggeration": 8.0}


def _compute_features(call: Call):
    yield Progress(0, 1)
    return [StoredResult({"rows": BY_NAME[recipe.method]}) for recipe in call.recipes]


TEST_FEATURES = Task(
    "test features", version=1, compute=_compute_features, read=lambda stored: stored.arrays["rows"]
)


def features(name: str) -> Recipe[np.ndarray]:
    return TEST_FEATURES.recipe(method=name)


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
        raise AssertionError("labels need no pictures")

    def label(self, index: int) -> str:
        return LABELS[index]

    def facts(self, index: int) -> dict[str, str]:
        return {}


def assert_close(positions: np.ndarray, expected: np.ndarray) -> None:
    """Compare up to rounding, which may differ in the engine's thread."""
    np.testing.assert_allclose(positions, expected, atol=1e-2 * np.ptp(expected))


@pytest.fixture
def bench(settings: Settings) -> Iterator[Workbench]:
    workbench = Workbench(settings, tasks={**ALL, TEST_FEATURES.name: TEST_FEATURES})
    yield workbench
    workbench.close()


def test_a_map_equals_that_of_tsne_and_has_its_quality(bench: Workbench):
    recipe = tsne_recipe(features("first"), metric="cosine", seed=3, **QUICK)
    (drawn,) = bench.answer([recipe])
    expected = embed.tsne(FEATURES, metric="cosine", seed=3, **QUICK)
    assert_close(drawn.positions, expected)
    expected = drawn.positions  # so that the quality is that of the same map
    trust = embed.trustworthiness(FEATURES, expected, metric="cosine")
    assert drawn.trustworthiness == pytest.approx(trust)
    continuity = embed.continuity(FEATURES, expected, metric="cosine")
    assert drawn.continuity == pytest.approx(continuity)
    assert trust != pytest.approx(continuity, abs=1e-6)
    assert drawn.neighbours == embed.NEIGHBOURS
    assert (drawn.perplexity, drawn.purity) == (9.0, None)
    stored = bench.store.get(recipe.key)
    start = embed.pca(FEATURES, metric="cosine").positions
    assert_close(stored.arrays["start"], start)
    assert 0 < stored.record["seconds"] < 60


def test_a_perplexity_that_is_too_large_is_lowered(bench: Workbench):
    (drawn,) = bench.answer([tsne_recipe(features("new"), iterations=20)])
    assert drawn.perplexity == pytest.approx(4 / 3)


def test_a_pca_map_equals_that_of_pca(bench: Workbench):
    (drawn,) = bench.answer([pca_recipe(features("first"), metric="cosine")])
    axes = embed.pca(FEATURES, metric="cosine")
    assert_close(drawn.positions, axes.positions)
    trust = embed.trustworthiness(FEATURES, axes.positions, metric="cosine")
    assert drawn.trustworthiness == pytest.approx(trust)
    assert drawn.perplexity is None


def test_the_labels_of_a_set_determine_the_purity():
    labelled = Labelled()
    assert isinstance(labelled, PictureSet)
    recipe = tsne_recipe(features("second"), labelled=labelled.reference, **QUICK)
    assert recipe.inputs == (features("second"), "labelled:1")
    (stored,) = drain(PICTURE_MAP.compute(Call([recipe], [[PROJECTED, labelled]])))
    drawn = PICTURE_MAP.read(stored)
    assert drawn.purity == embed.purity(drawn.positions, LABELS)
    assert drawn.purity_of_features == embed.purity(PROJECTED, LABELS) > 0.9
    separation = class_separation_recipe(features("second"), labelled.reference, metric="cosine")
    (stored,) = drain(CLASS_SEPARATION.compute(Call([separation], [[PROJECTED, labelled]])))
    purity = CLASS_SEPARATION.read(stored).purity
    assert purity == embed.purity(PROJECTED, LABELS, metric="cosine")


def test_every_step_of_a_map_has_a_preview():
    recipe = tsne_recipe(features("first"), **QUICK)
    steps = list(PICTURE_MAP.compute(Call([recipe], [[FEATURES]])))
    assert all(len(progress.preview) == 1 for progress in steps)
    assert all(progress.preview[0].shape == (48, 2) for progress in steps)


def test_the_map_of_a_second_network_starts_from_the_first(bench: Workbench):
    first = tsne_recipe(features("first"), **QUICK)
    second = tsne_recipe(features("second"), start=first, seed=2, **QUICK)
    reference, drawn = bench.answer([first, second])
    expected = embed.aligned_tsne(PROJECTED, reference.positions, seed=2, **QUICK)
    assert_close(drawn.positions, expected.positions)
    stored = bench.store.get(second.key)
    assert_close(stored.arrays["moved"], expected.moved)
    np.testing.assert_array_equal(stored.arrays["start"], reference.positions)


def test_each_stage_starts_from_the_one_before(bench: Workbench):
    drawn = bench.answer(staged_recipes([features("second"), features("first")], "", **QUICK))
    expected = embed.tsne_sequence([PROJECTED, FEATURES], **QUICK)
    for picture_map, positions in zip(drawn, expected, strict=True):
        assert_close(picture_map.positions, positions)


def test_a_map_with_the_next_seed_is_aligned_to_the_first(bench: Workbench):
    first = tsne_recipe(features("first"), **QUICK)
    (reference,) = bench.answer([first])
    for start in ("chance", "axes"):
        (overlay,) = bench.answer([second_seed_recipe(first, start)])
        second_map = embed.tsne(FEATURES, seed=1, start=start, **QUICK)
        expected = embed.procrustes(second_map, reference.positions)
        assert_close(overlay.moved, expected.moved)
        assert_close(overlay.positions, expected.positions)
        kept = embed.kept_neighbours(second_map, reference.positions)
        assert overlay.kept.mean() == pytest.approx(kept.mean(), abs=0.02)
    aligned = tsne_recipe(features("second"), start=first)
    second_recipe, _ = second_seed_recipe(aligned).input_recipes
    assert second_recipe.inputs == (features("second"),)


def test_new_pictures_are_placed(bench: Workbench):
    recipe = tsne_recipe(features("first"), metric="cosine", **QUICK)
    (drawn,) = bench.answer([recipe])
    (placed,) = bench.answer([map_placement_recipe(features("first"), recipe, features("new"))])
    expected = embed.place(FEATURES, drawn.positions, FEATURES[::10], "cosine")
    assert_close(placed, expected)


def test_a_map_of_no_pictures_is_refused(bench: Workbench):
    with pytest.raises(embed.NoMap, match="at least one picture"):
        bench.answer([tsne_recipe(features("empty"))])


def test_every_option_is_part_of_the_recipe():
    default = tsne_recipe(features("first"))
    variants = [
        tsne_recipe(features("second")),
        tsne_recipe(features("first"), start=default),
        tsne_recipe(features("first"), start="chance"),
        tsne_recipe(features("first"), labelled="set:1"),
        tsne_recipe(features("first"), metric="cosine"),
        tsne_recipe(features("first"), seed=1),
        tsne_recipe(features("first"), perplexity=29),
        tsne_recipe(features("first"), iterations=749),
        tsne_recipe(features("first"), exaggeration=11),
        pca_recipe(features("first")),
    ]
    assert len({recipe.key for recipe in (default, *variants)}) == 11
    assert tsne_recipe(features("first"), perplexity=30).key == default.key


def test_a_neuron_map_of_two_networks_equals_that_of_the_methods(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("core.dissect.reference_scenes.COUNT", 28)
    cards = [bench.card("untrained/test_resnet"), bench.card("untrained/test_resnet@1")]
    responses = [responses_recipe(card, "layer2") for card in cards]
    scores = [part_scores_recipe(cards[1], "layer2")]
    recipe = neuron_map_recipe(responses, scores, perplexity=8, iterations=60, seed=4)
    (drawn,) = bench.answer([recipe])
    points = embed.unit_points(bench.answer(responses))
    positions = embed.tsne(points.features, perplexity=8, iterations=60, seed=4)
    assert_close(drawn.positions, positions)
    positions = drawn.positions  # so that the clusters are those of the same map
    np.testing.assert_array_equal(drawn.unit, points.unit)
    np.testing.assert_array_equal(drawn.layer, points.layer)
    np.testing.assert_array_equal(drawn.dead, points.dead)
    clusters = embed.find_clusters(positions)
    np.testing.assert_array_equal(drawn.cluster, clusters)
    names = [card.name for card in cards]
    assert list(drawn.groups) == embed.neuron_groups(
        points, clusters, names, [None, *bench.answer(scores)]
    )
    stored = bench.store.get(recipe.key)
    assert ALL["neuron map"].read(stored).groups == drawn.groups
    assert replace(recipe, seed=5).key != recipe.key
