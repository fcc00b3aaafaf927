"""The contract of every task: its name, version, makers of recipes, and results that are stored."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from types import ModuleType
from typing import Any, get_origin, get_type_hints

import numpy as np
import pandas as pd
import pytest

from core import zoo
from core.layer_info import LayerInfo
from core.visualize import Quality
from core.workbench import Workbench, store, tasks
from core.workbench.recipes import Recipe
from core.workbench.task import Task
from core.workbench.tasks.ablation import ablation_recipe
from core.workbench.tasks.activation_maps import activation_maps_recipe
from core.workbench.tasks.class_separation import class_separation_recipe
from core.workbench.tasks.connections import INCOMING, connections_recipe
from core.workbench.tasks.costs import costs_recipe
from core.workbench.tasks.dial_answers import dial_answers_recipe
from core.workbench.tasks.dial_saliency import dial_saliency_recipe
from core.workbench.tasks.features import features_recipe
from core.workbench.tasks.layer_similarity import gram_matrices_recipe, layer_similarity_recipe
from core.workbench.tasks.layers import layers_recipe
from core.workbench.tasks.logits import logits_recipe
from core.workbench.tasks.map_placement import map_placement_recipe
from core.workbench.tasks.mended_layer import mended_layer_recipe
from core.workbench.tasks.neuron_map import neuron_map_recipe
from core.workbench.tasks.part_scores import part_scores_recipe
from core.workbench.tasks.photo_answers import photo_answers_recipe
from core.workbench.tasks.picture_map import second_seed_recipe, tsne_recipe
from core.workbench.tasks.precision_check import bfloat16_agreement_recipe
from core.workbench.tasks.responses import responses_recipe
from core.workbench.tasks.saliency_area import saliency_area_recipe
from core.workbench.tasks.saliency_checks import saliency_checks_recipe
from core.workbench.tasks.saliency_map import saliency_map_recipe
from core.workbench.tasks.saliency_scores import saliency_scores_recipe
from core.workbench.tasks.saliency_truth import saliency_truth_recipe
from core.workbench.tasks.scene_answers import scene_answers_recipe
from core.workbench.tasks.scene_reasons import scene_reasons_recipe
from core.workbench.tasks.set_dial_answers import set_dial_answers_recipe
from core.workbench.tasks.shortcuts import shortcuts_recipe
from core.workbench.tasks.size import size_recipe
from core.workbench.tasks.strong_units import strong_units_recipe
from core.workbench.tasks.ten_crop_answers import ten_crop_answers_recipe
from core.workbench.tasks.top_predictions import top_predictions_recipe
from core.workbench.tasks.unit_matches import unit_matches_recipe
from core.workbench.tasks.visualization import channel_recipe
from core.workbench.tasks.votes import votes_recipe
from core.zoo import Card

NAME = "untrained/test_resnet"
# Reference of a set with two classes of four scenes.
SCENES = "scenes:8~7~classes=cat,dog"
MODULES = [
    importlib.import_module(f"{tasks.__name__}.{module.name}")
    for module in pkgutil.iter_modules(tasks.__path__)
]


def tasks_of(module: ModuleType) -> list[Task[Any]]:
    """Return the tasks that a module defines; it may also import some of other modules."""
    return [
        task
        for task in vars(module).values()
        if isinstance(task, Task) and task.compute.__module__ == module.__name__
    ]


def makers_of(module: ModuleType) -> list[Callable[..., Recipe[Any]]]:
    return [
        function
        for name, function in vars(module).items()
        if name.endswith("_recipe")
        and inspect.isfunction(function)
        and function.__module__ == module.__name__
    ]


def short_name(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


@pytest.mark.parametrize("module", MODULES, ids=short_name)
def test_every_module_defines_a_task_and_makers_of_recipes(module):
    assert tasks_of(module)
    assert len(makers_of(module)) >= len(tasks_of(module))


@pytest.mark.parametrize(
    "maker", [maker for module in MODULES for maker in makers_of(module)], ids=lambda m: m.__name__
)
def test_every_maker_is_documented_and_returns_a_typed_recipe(maker):
    assert (maker.__doc__ or "").strip()
    returned = get_type_hints(maker)["return"]
    assert get_origin(returned) is Recipe, f"annotate {maker.__name__} as Recipe[...]"


def test_all_tasks_are_registered_under_unique_names():
    defined = [task for module in MODULES for task in tasks_of(module)]
    assert len({task.name for task in defined}) == len(defined)
    assert dict(tasks.ALL) == {task.name: task for task in defined}


@pytest.mark.parametrize("task", tasks.ALL.values(), ids=lambda task: task.name)
def test_every_task_has_a_version_and_a_reader(task):
    assert isinstance(task.version, int)
    assert task.version >= 1
    assert callable(task.read)
    assert task.batch >= 1


def example_recipes(card: Card, picture: str, reference: str) -> dict[str, Recipe[Any]]:
    """Return a cheap recipe for every task, by the task's name."""
    layer = LayerInfo("layer2", kind="", shape=(), depth=0.5, main=True)
    scenes_card = zoo.describe("bundled/scenes-regnet")
    scene_answers = scene_answers_recipe(scenes_card, scenes=1)
    features = features_recipe(card, reference, "layer2")
    saliency_map = saliency_map_recipe(card, picture, "grad_cam", 3)
    responses = responses_recipe(card, "layer2")
    grams = gram_matrices_recipe(card, reference)
    picture_map = tsne_recipe(features, labelled=reference, iterations=20)
    recipes: list[Recipe[Any]] = [
        ablation_recipe(card, "layer2", [0, 1], picture),
        activation_maps_recipe(card, "layer2", picture),
        class_separation_recipe(features, reference),
        connections_recipe(card, "layer2", 1, "layer1", INCOMING),
        costs_recipe(card, "cpu"),
        dial_answers_recipe(card, picture, "pgd"),
        dial_saliency_recipe(card, picture, "fog", 2, "grad_cam", 3),
        set_dial_answers_recipe(card, reference, "jpeg"),
        ten_crop_answers_recipe(card, reference, "jpeg", 2),
        size_recipe(card),
        features,
        grams,
        layer_similarity_recipe(grams, grams),
        layers_recipe(card),
        logits_recipe(card, picture),
        second_seed_recipe(picture_map),
        scene_answers,
        scene_reasons_recipe(scenes_card, scenes=2),
        shortcuts_recipe(scenes_card, scene_answers),
        mended_layer_recipe(scenes_card, shortcuts_recipe(scenes_card, scene_answers)),
        map_placement_recipe(features, picture_map, features),
        neuron_map_recipe([responses], [part_scores_recipe(card, "layer2")], iterations=20),
        part_scores_recipe(card, "layer2"),
        picture_map,
        photo_answers_recipe(card, picture),
        bfloat16_agreement_recipe(card, "occlusion"),
        responses,
        saliency_area_recipe(card, picture, saliency_map),
        saliency_checks_recipe(card, picture, "gradient"),
        saliency_map,
        saliency_scores_recipe(card, picture, saliency_map),
        saliency_truth_recipe(card, "gradient", 2),
        strong_units_recipe(card, "layer2", picture, 2, 8),
        top_predictions_recipe(card, reference),
        unit_matches_recipe(responses, responses),
        channel_recipe(card, layer, 3, quality=Quality(size=24, steps=2)),
        votes_recipe(card, picture),
    ]
    return {recipe.task: recipe for recipe in recipes}


def assert_equal(value: Any, expected: Any) -> None:
    """Compare values of readers: arrays, tables, dataclasses of them, and plain values."""
    assert type(value) is type(expected)
    if isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(value, expected)
    elif isinstance(expected, np.ndarray):
        np.testing.assert_array_equal(value, expected, strict=True)
    elif is_dataclass(expected):
        for field in fields(expected):
            assert_equal(getattr(value, field.name), getattr(expected, field.name))
    elif isinstance(expected, Mapping):
        assert value.keys() == expected.keys()
        for key in expected:
            assert_equal(value[key], expected[key])
    elif isinstance(expected, (list, tuple)):
        assert len(value) == len(expected)
        for item, expected_item in zip(value, expected, strict=True):
            assert_equal(item, expected_item)
    else:
        assert value == pytest.approx(expected, abs=0, nan_ok=True)


@pytest.mark.parametrize("name", tasks.ALL)
def test_a_stored_result_is_read_as_it_was_computed(
    name: str, bench: Workbench, picture: str, bundled, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("core.dissect.reference_scenes.COUNT", 28)
    monkeypatch.setattr("core.interventions.shortcuts.TESTED", 2)
    monkeypatch.setattr("core.interventions.mending.SCENES", 1)
    recipe = example_recipes(bench.card(NAME), picture, SCENES)[name]
    (computed,) = bench.answer([recipe])
    stored = bench.store.get(recipe.key)
    assert stored is not None
    assert_equal(tasks.ALL[name].read(stored), computed)
    assert_equal(tasks.ALL[name].read(store.decode(store.encode(stored))), computed)
