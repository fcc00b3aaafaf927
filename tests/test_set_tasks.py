"""Tasks of picture sets: answered as their methods would, and pictures are seen once."""

from collections.abc import Iterator

import numpy as np
import pytest
from typing_extensions import override

from core import compare, embed, predict, tasks, zoo
from core.settings import Settings
from core.visualize import LOGITS
from core.workbench import Workbench
from tests.held_set import HeldSet, drawn

NAME = "untrained/test_resnet"


class Bench(Workbench):
    """A workbench that knows a test's sets."""

    sets: dict[str, HeldSet]

    @override
    def _held(self, given: str):
        return self.sets[given] if given in self.sets else super()._held(given)


@pytest.fixture
def bench(settings: Settings) -> Iterator[Bench]:
    workbench = Bench(settings)
    workbench.sets = {}
    yield workbench
    workbench.close()


@pytest.fixture
def held(bench: Bench) -> HeldSet:
    return give(bench, drawn(9))


def give(bench: Bench, chosen: HeldSet) -> HeldSet:
    bench.sets[chosen.reference] = chosen
    return chosen


def test_features_of_layers_are_those_of_the_method_and_pictures_are_read_once(
    bench: Bench, held: HeldSet, small_model: zoo.Model
):
    card = bench.card(NAME)
    layers = ["layer1", "layer3", LOGITS, embed.PIXELS]
    results = bench.answer([tasks.features_recipe(card, held.reference, one) for one in layers])
    assert held.asked == list(range(9))
    for layer, result in zip(layers, results, strict=True):
        expected = embed.features(small_model, held.pictures, layer)
        np.testing.assert_allclose(tasks.features_of(result), expected, atol=1e-5)


def test_a_place_and_a_way_come_through(bench: Bench, held: HeldSet, small_model: zoo.Model):
    card = bench.card(NAME)
    recipes = [
        tasks.features_recipe(card, held.reference, "layer2", "position", (1, 2)),
        tasks.features_recipe(card, held.reference, "layer2", "flattened"),
    ]
    place, whole = (tasks.features_of(result) for result in bench.answer(recipes))
    expected = embed.features(small_model, held.pictures, "layer2", "position", (1, 2))
    np.testing.assert_allclose(place, expected, atol=1e-5)
    expected = embed.features(small_model, held.pictures, "layer2", "flattened")
    np.testing.assert_allclose(whole, expected, atol=1e-5)


def test_a_set_that_grows_costs_its_new_picture(bench: Bench):
    grown = give(bench, drawn(9))
    fewer = give(bench, HeldSet("fewer", grown.pictures[:8]))
    card = bench.card(NAME)
    bench.answer([tasks.features_recipe(card, fewer.reference, "layer2")])
    grown.asked.clear()
    (result,) = bench.answer([tasks.features_recipe(card, grown.reference, "layer2")])
    assert grown.asked == [8]
    assert result.record["computed"] == 1
    assert len(tasks.features_of(result)) == 9


def test_no_network_is_loaded_for_pictures_that_are_known(settings: Settings, bench: Bench):
    whole = give(bench, drawn(5))
    card = bench.card(NAME)
    bench.answer([tasks.features_recipe(card, whole.reference, "layer2")])
    later = Bench(settings)
    later.sets = {}
    part = give(later, HeldSet("part", whole.pictures[2:]))
    later.answer([tasks.features_recipe(card, part.reference, "layer2")])
    assert later.pool.names() == []
    later.close()


def test_an_unknown_layer_is_told(bench: Bench, held: HeldSet):
    recipe = tasks.features_recipe(bench.card(NAME), held.reference, "layre2")
    with pytest.raises(zoo.errors.ZooscopeError, match="layer2"):
        bench.answer([recipe])


def test_verdicts_are_the_top_classes_by_name(bench: Bench, held: HeldSet, small_model: zoo.Model):
    card = bench.card(NAME)
    (result,) = bench.answer([tasks.verdicts_recipe(card, held.reference)])
    found = tasks.verdicts_of(result, card)
    best = [row[0] for row in predict.top_classes(small_model, held.pictures, 1)]
    assert list(found.labels) == [one.label for one in best]
    np.testing.assert_allclose(found.probability, [one.probability for one in best], rtol=1e-4)


def test_cka_is_made_of_two_passes_that_are_kept(bench: Bench, small_model: zoo.Model):
    chosen = give(bench, drawn(20))
    one, other = (
        tasks.grams_recipe(bench.card(name), chosen.reference, seed=4)
        for name in (NAME, "untrained/test_efficientnet")
    )
    (result,) = bench.answer([tasks.cka_recipe(one, other)])
    found = tasks.cka_of(result)
    assert len(chosen.asked) == 40
    (own,) = bench.answer([tasks.cka_recipe(one, one)])
    assert len(chosen.asked) == 40
    own_table = tasks.cka_of(own)
    assert list(own_table.index) == list(own_table.columns) == list(found.index)
    np.testing.assert_allclose(np.diag(own_table), 1, atol=1e-6)
    layers = list(found.index)[:3]
    expected = compare.grams(small_model, chosen.pictures, layers, seed=4)
    np.testing.assert_allclose(
        own_table.loc[layers, layers], compare.between(expected, expected), atol=1e-5
    )
    assert "fc" in found.index
    assert "classifier" in found.columns


def test_cka_of_other_pictures_or_batches_is_refused():
    card = zoo.describe(NAME)
    one = tasks.grams_recipe(card, "held:one")
    for other in (tasks.grams_recipe(card, "held:two"), tasks.grams_recipe(card, "held:one", 1)):
        with pytest.raises(compare.OtherPictures, match="same seed"):
            tasks.cka_recipe(one, other)


def test_too_few_pictures_for_cka_are_told(bench: Bench):
    chosen = give(bench, drawn(3))
    recipe = tasks.grams_recipe(bench.card(NAME), chosen.reference)
    with pytest.raises(compare.TooFewPictures, match="4 pictures"):
        bench.answer([recipe])


def test_costs_are_those_of_this_machine(bench: Bench, small_model: zoo.Model):
    recipe = tasks.costs_recipe(bench.card(NAME), "cpu")
    (result,) = bench.answer([recipe])
    found = tasks.costs_of(result)
    assert found.multiply_adds == compare.multiply_adds(small_model)
    assert found.memory > small_model.memory
    assert str(dict(recipe.options)["machine"]) == compare.machine(small_model.device)
    assert result.record["device"] == "cpu"
    assert result.record["threads"] >= 1


def test_bundled_networks_know_their_scenes(bundled: list[str], bench: Bench):
    """The whole way to the table: logits, verdicts, marks, costs."""
    chosen = give(bench, drawn(56))
    names = ["bundled/scenes-regnet", "bundled/scenes-regnet-robust"]
    cards = [bench.card(name) for name in names]
    verdicts = {
        card.name: tasks.verdicts_of(result, card)
        for card, result in zip(
            cards,
            bench.answer([tasks.verdicts_recipe(card, chosen.reference) for card in cards]),
            strict=True,
        )
    }
    truth = [chosen.label(index) for index in range(56)]
    marks = {card.name: compare.marks(verdicts[card.name], truth, card.labels) for card in cards}
    assert all(one.accuracy > 0.7 for one in marks.values())
    assert all(one.calibration.ece < 0.3 for one in marks.values())
    alike = compare.agreement(verdicts).loc[names[0], names[1]]
    differing = len(compare.disagreements(verdicts))
    assert alike == pytest.approx(1 - differing / 56)
    with pytest.raises(compare.NotScored):
        compare.marks(verdicts[names[0]], truth, zoo.describe(NAME).labels)


def test_cka_tells_its_standard_error(bench: Bench, small_model: zoo.Model):
    chosen = give(bench, drawn(20))
    recipe = tasks.grams_recipe(bench.card(NAME), chosen.reference)
    (result,) = bench.answer([tasks.cka_recipe(recipe, recipe)])
    found = tasks.cka_error_of(result)
    layers = ["conv1.0", "layer3.0"]
    assert set(layers) <= set(found.index)
    own = compare.grams(small_model, chosen.pictures, layers)
    assert own.sizes == (7, 7, 6)
    expected = compare.standard_error(own, own)
    np.testing.assert_allclose(found.loc[layers, layers], expected, atol=1e-4)
    assert expected[0, 1] > 1e-3


def test_units_are_matched_over_a_set(bench: Bench):
    chosen = give(bench, drawn(12))
    one, other = (
        tasks.responses_recipe(bench.card(name), layer, (chosen.reference,))
        for name, layer in ((NAME, "layer2"), ("untrained/test_efficientnet", "blocks.1"))
    )
    a, b, result = bench.answer([one, other, tasks.matches_recipe(one, other)])
    found = tasks.matches_of(result)
    expected = compare.pairs(tasks.responses_of(a).peak, tasks.responses_of(b).peak)
    np.testing.assert_array_equal(found.units, expected.units)
    np.testing.assert_array_equal(found.r, expected.r)
    usual = tasks.responses_recipe(bench.card(NAME), "layer2")
    with pytest.raises(compare.OtherPictures, match="one set"):
        tasks.matches_recipe(one, usual)
