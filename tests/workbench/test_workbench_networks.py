"""The workbench with networks and pictures: the logits task, the memory limit, deleted pictures."""

from dataclasses import replace

import numpy as np
import pytest

from core import zoo
from core.pictures import PictureForgotten
from core.workbench.tasks.logits import LOGITS_OF_PICTURE, logits_recipe


def test_logits_equal_those_of_the_network(open_workbench, noise):
    workbench = open_workbench(LOGITS_OF_PICTURE)
    card = workbench.card("untrained/test_resnet")
    recipe = logits_recipe(card, workbench.pictures.keep(noise, "test"))
    (result,) = workbench.answer([recipe])
    m = zoo.load("untrained/test_resnet")
    expected = m.net(m.preprocess([noise]))[0].numpy()
    np.testing.assert_allclose(result.logits, expected, rtol=1e-4, atol=1e-5)
    assert result.seconds > 0
    assert workbench.pool.names() == ["untrained/test_resnet"]


def test_networks_replace_each_other_within_the_memory_limit(open_workbench, noise):
    names = ["untrained/test_resnet", "untrained/test_efficientnet", "untrained/test_convnext"]
    workbench = open_workbench(LOGITS_OF_PICTURE, memory_mb=3)
    picture = workbench.pictures.keep(noise, "test")
    recipes = [logits_recipe(workbench.card(name), picture) for name in names]
    assert len(workbench.answer(recipes)) == 3
    assert workbench.pool.memory <= 3_000_000
    assert len(workbench.pool.names()) < 3


def test_a_network_larger_than_the_memory_limit_is_refused(open_workbench, noise):
    workbench = open_workbench(LOGITS_OF_PICTURE, memory_mb=1)
    picture = workbench.pictures.keep(noise, "test")
    recipe = logits_recipe(workbench.card("untrained/resnet18"), picture)
    with pytest.raises(zoo.ModelTooLarge, match="ZOOSCOPE_MEMORY_MB"):
        workbench.answer([recipe])


def test_a_recipe_with_other_weights_is_refused(open_workbench, noise):
    workbench = open_workbench(LOGITS_OF_PICTURE)
    picture = workbench.pictures.keep(noise, "a visitor")
    recipe = logits_recipe(workbench.card("untrained/test_resnet"), picture)
    with pytest.raises(zoo.WeightsUnavailable, match="have changed"):
        workbench.answer([replace(recipe, weights_id="0" * 64)])


def test_untrained_networks_differ_by_seed(open_workbench, noise):
    workbench = open_workbench(LOGITS_OF_PICTURE)
    picture = workbench.pictures.keep(noise, "a visitor")
    names = ["untrained/test_resnet", "untrained/test_resnet@5"]
    first, second = workbench.answer(
        [logits_recipe(workbench.card(name), picture) for name in names]
    )
    assert not np.allclose(first.logits, second.logits)
    m = zoo.load("untrained/test_resnet", seed=5)
    assert m.name == "untrained/test_resnet@5"
    assert "seed 5" in m.title
    expected = m.net(m.preprocess([noise]))[0].numpy()
    np.testing.assert_allclose(second.logits, expected, rtol=1e-4, atol=1e-5)


def test_a_result_stays_stored_after_its_picture_was_deleted(open_workbench, noise):
    workbench = open_workbench(LOGITS_OF_PICTURE)
    card = workbench.card("untrained/test_resnet")
    picture = workbench.pictures.keep(noise, "a visitor")
    recipe = logits_recipe(card, picture)
    workbench.answer([recipe])
    workbench.pictures.forget("a visitor")
    assert workbench.answer([recipe])
    not_stored = replace(recipe, seed=1)
    with pytest.raises(PictureForgotten, match="Upload it again"):
        workbench.answer([not_stored])


def test_a_picture_can_be_uploaded_again_after_it_was_deleted(open_workbench, noise):
    workbench = open_workbench(LOGITS_OF_PICTURE)
    card = workbench.card("untrained/test_resnet")
    picture = workbench.pictures.keep(noise, "a visitor")
    workbench.pictures.forget("a visitor")
    recipe = logits_recipe(card, picture)
    assert isinstance(workbench.ask([recipe], "a page")[0].error, PictureForgotten)
    workbench.pictures.keep(noise, "a visitor")
    assert workbench.answer([recipe])
