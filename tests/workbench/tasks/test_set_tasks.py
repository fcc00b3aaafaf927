"""The tasks of picture sets return the results of the methods, and read each picture once."""

from collections.abc import Iterator

import numpy as np
import pytest
from typing_extensions import override

from core import compare, embed, predict, zoo
from core.layers import LOGITS, PIXELS
from core.settings import Settings
from core.workbench import Workbench
from core.workbench.tasks.costs import costs_recipe
from core.workbench.tasks.features import features_recipe
from core.workbench.tasks.layer_similarity import gram_matrices_recipe, layer_similarity_recipe
from core.workbench.tasks.responses import responses_recipe
from core.workbench.tasks.size import size_recipe
from core.workbench.tasks.top_predictions import top_predictions_recipe
from core.workbench.tasks.unit_matches import unit_matches_recipe
from tests.held_set import InMemorySet, draw_set

NAME = "untrained/test_resnet"
OTHER = "untrained/test_efficientnet"


class Bench(Workbench):
    """A workbench that has the picture sets of a test, by reference."""

    test_sets: dict[str, InMemorySet]

    @override
    def _find(self, input_id: str):
        if input_id in self.test_sets:
            return self.test_sets[input_id]
        return super()._find(input_id)


@pytest.fixture
def bench(settings: Settings) -> Iterator[Bench]:
    workbench = Bench(settings)
    workbench.test_sets = {}
    yield workbench
    workbench.close()


@pytest.fixture
def drawn(bench: Bench) -> InMemorySet:
    return add_set(bench, draw_set(9))


def add_set(bench: Bench, pictures: InMemorySet) -> InMemorySet:
    bench.test_sets[pictures.reference] = pictures
    return pictures


def test_features_equal_those_of_the_method_and_pictures_are_read_once(
    bench: Bench, drawn: InMemorySet, small_model: zoo.Model
):
    card = bench.card(NAME)
    layers = ["layer1", "layer3", LOGITS, PIXELS]
    computed = bench.answer([features_recipe(card, drawn.reference, layer) for layer in layers])
    assert drawn.read_indices == list(range(9))
    for layer, features in zip(layers, computed, strict=True):
        expected = embed.features(small_model, drawn.pictures, layer)
        np.testing.assert_allclose(features, expected, atol=1e-5)


def test_features_at_a_position_and_flattened(
    bench: Bench, drawn: InMemorySet, small_model: zoo.Model
):
    card = bench.card(NAME)
    position, whole = bench.answer(
        [
            features_recipe(card, drawn.reference, "layer2", "position", (1, 2)),
            features_recipe(card, drawn.reference, "layer2", "flattened"),
        ]
    )
    expected = embed.features(small_model, drawn.pictures, "layer2", "position", (1, 2))
    np.testing.assert_allclose(position, expected, atol=1e-5)
    expected = embed.features(small_model, drawn.pictures, "layer2", "flattened")
    np.testing.assert_allclose(whole, expected, atol=1e-5)


def test_a_larger_set_reads_only_its_new_picture(bench: Bench):
    larger = add_set(bench, draw_set(9))
    smaller = add_set(bench, InMemorySet("smaller", larger.pictures[:8]))
    card = bench.card(NAME)
    bench.answer([features_recipe(card, smaller.reference, "layer2")])
    larger.read_indices.clear()
    (features,) = bench.answer([features_recipe(card, larger.reference, "layer2")])
    assert larger.read_indices == [8]
    assert len(features) == 9


def test_no_network_is_loaded_for_pictures_with_stored_rows(settings: Settings, bench: Bench):
    whole = add_set(bench, draw_set(5))
    card = bench.card(NAME)
    bench.answer([features_recipe(card, whole.reference, "layer2")])
    second_bench = Bench(settings)
    second_bench.test_sets = {}
    part = add_set(second_bench, InMemorySet("part", whole.pictures[2:]))
    second_bench.answer([features_recipe(card, part.reference, "layer2")])
    assert second_bench.pool.names() == []
    second_bench.close()


def test_an_unknown_layer_fails_with_the_nearest_name(bench: Bench, drawn: InMemorySet):
    recipe = features_recipe(bench.card(NAME), drawn.reference, "layre2")
    with pytest.raises(zoo.errors.ZooscopeError, match="layer2"):
        bench.answer([recipe])


def test_top_predictions_are_the_top_classes(
    bench: Bench, drawn: InMemorySet, small_model: zoo.Model
):
    card = bench.card(NAME)
    (computed,) = bench.answer([top_predictions_recipe(card, drawn.reference)])
    named = computed.named(card.labels)
    best = [row[0] for row in predict.top_classes(small_model, drawn.pictures, 1)]
    assert list(named.labels) == [prediction.label for prediction in best]
    expected = [prediction.probability for prediction in best]
    np.testing.assert_allclose(named.probability, expected, rtol=1e-4)


def test_cka_needs_one_pass_of_each_network(bench: Bench, small_model: zoo.Model):
    pictures = add_set(bench, draw_set(20))
    a, b = (
        gram_matrices_recipe(bench.card(name), pictures.reference, seed=4) for name in (NAME, OTHER)
    )
    (similarity,) = bench.answer([layer_similarity_recipe(a, b)])
    assert len(pictures.read_indices) == 40
    (itself,) = bench.answer([layer_similarity_recipe(a, a)])
    assert len(pictures.read_indices) == 40
    assert list(itself.cka.index) == list(itself.cka.columns) == list(similarity.cka.index)
    np.testing.assert_allclose(np.diag(itself.cka), 1, atol=1e-6)
    layers = list(itself.cka.index)[:3]
    expected = compare.grams(small_model, pictures.pictures, layers, seed=4)
    np.testing.assert_allclose(
        itself.cka.loc[layers, layers], compare.cka_matrix(expected, expected), atol=1e-5
    )
    assert "fc" in similarity.cka.index
    assert "classifier" in similarity.cka.columns


def test_cka_of_different_pictures_or_batches_is_refused():
    card = zoo.describe(NAME)
    a = gram_matrices_recipe(card, "held:first")
    for b in (
        gram_matrices_recipe(card, "held:second"),
        gram_matrices_recipe(card, "held:first", 1),
    ):
        with pytest.raises(compare.DifferentPictures, match="same seed"):
            layer_similarity_recipe(a, b)


def test_cka_of_too_few_pictures_is_refused(bench: Bench):
    pictures = add_set(bench, draw_set(3))
    recipe = gram_matrices_recipe(bench.card(NAME), pictures.reference)
    with pytest.raises(compare.TooFewPictures, match="4 pictures"):
        bench.answer([recipe])


def test_cka_has_its_standard_error(bench: Bench, small_model: zoo.Model):
    pictures = add_set(bench, draw_set(20))
    recipe = gram_matrices_recipe(bench.card(NAME), pictures.reference)
    (similarity,) = bench.answer([layer_similarity_recipe(recipe, recipe)])
    layers = ["conv1.0", "layer3.0"]
    grams = compare.grams(small_model, pictures.pictures, layers)
    assert grams.sizes == (7, 7, 6)
    expected = compare.standard_error(grams, grams)
    np.testing.assert_allclose(similarity.error.loc[layers, layers], expected, atol=1e-4)
    assert expected[0, 1] > 1e-3


def test_costs_are_those_of_this_machine(bench: Bench, small_model: zoo.Model):
    recipe = costs_recipe(bench.card(NAME), "cpu")
    (costs,) = bench.answer([recipe])
    assert costs.multiply_adds == compare.multiply_adds(small_model)
    assert costs.memory > small_model.memory
    assert recipe.option("machine", str) == compare.machine_name(small_model.device)
    record = bench.store.get(recipe.key).record
    assert record["device"] == "cpu"
    assert record["threads"] >= 1


def test_size_and_costs_state_the_same_figures_as_the_loaded_network(bundled, bench: Bench):
    """A bundled network has another head and input size than timm's architecture."""
    card = bench.card("bundled/scenes-mobilenet")
    size, costs = bench.answer([size_recipe(card), costs_recipe(card, "cpu")])
    m = zoo.load(card.name)
    assert size == compare.network_size(m)
    assert (size.parameters, size.multiply_adds) == (costs.parameters, costs.multiply_adds)
    assert size.parameters == sum(parameter.numel() for parameter in m.net.parameters())
    assert card.facts is not None
    assert size.parameters < card.facts.parameters
    assert size.multiply_adds < card.facts.multiply_adds


def test_accuracy_and_agreement_of_bundled_networks_on_scenes(bundled: list[str], bench: Bench):
    pictures = add_set(bench, draw_set(56))
    names = ["bundled/scenes-regnet", "bundled/scenes-regnet-robust"]
    cards = [bench.card(name) for name in names]
    tops = bench.answer([top_predictions_recipe(card, pictures.reference) for card in cards])
    predicted = {card.name: top.named(card.labels) for card, top in zip(cards, tops, strict=True)}
    truth = [pictures.label(index) for index in range(56)]
    measured = [
        compare.measure_accuracy(predicted[card.name], truth, card.labels) for card in cards
    ]
    assert all(each.accuracy > 0.7 for each in measured)
    assert all(each.calibration.ece < 0.3 for each in measured)
    agreement = compare.agreement_matrix(predicted).loc[names[0], names[1]]
    differing = len(compare.disagreements(predicted))
    assert agreement == pytest.approx(1 - differing / 56)
    with pytest.raises(compare.NotScored):
        compare.measure_accuracy(predicted[names[0]], truth, zoo.describe(NAME).labels)


def test_units_are_matched_over_a_set(bench: Bench):
    pictures = add_set(bench, draw_set(12))
    a, b = (
        responses_recipe(bench.card(name), layer, (pictures.reference,))
        for name, layer in ((NAME, "layer2"), (OTHER, "blocks.1"))
    )
    first, second = bench.answer([a, b])
    (pairs,) = bench.answer([unit_matches_recipe(a, b)])
    expected = compare.pair_units(first.peak, second.peak)
    np.testing.assert_array_equal(pairs.units, expected.units)
    np.testing.assert_allclose(pairs.r, expected.r, atol=1e-6)
    to_scenes = responses_recipe(bench.card(NAME), "layer2")
    with pytest.raises(compare.DifferentPictures, match="one set"):
        unit_matches_recipe(a, to_scenes)
