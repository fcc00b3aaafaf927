"""Recipes: every field is part of the key, and JSON returns the same recipe."""

import dataclasses
import json
import math

import pytest

from core.options import Option
from core.workbench.recipes import Recipe


def options(**values: Option) -> tuple[tuple[str, Option], ...]:
    return tuple(sorted(values.items()))


EXAMPLE = Recipe(
    task="explain",
    version=3,
    model="resnet18.a1_in1k",
    weights_id="ab12",
    inputs=("cd34", Recipe("predict", 1, inputs=("ef56",))),
    layer="layer4.1",
    method="grad_cam",
    options=options(steps=50, sigma=0.15, absolute=True, target=None, note="grün"),
    precision="float32",
    seed=7,
)

# Values of each field that differ from those of EXAMPLE.
CHANGES = {
    "task": ["explains", ""],
    "version": [4],
    "model": ["resnet18", "bundled/resnet18.a1_in1k"],
    "weights_id": ["ab13"],
    "inputs": [
        (),
        ("cd34",),
        (Recipe("predict", 1, inputs=("ef56",)), "cd34"),
        ("cd34", "ef56"),
        ("cd34", Recipe("predict", 2, inputs=("ef56",))),
        ("cd34", Recipe("predict", 1, inputs=("ef57",))),
        ("cd34", Recipe("predict", 1, inputs=(Recipe("predict", 1, inputs=("ef56",)),))),
        ("cd34", Recipe("predict", 1, inputs=("ef56",)).key),
        ("cd34", Recipe("predict", 1, inputs=("ef56",)).to_json()),
    ],
    "layer": ["layer4.0"],
    "method": ["grad_cam_plus"],
    "options": [
        (),
        options(steps=51, sigma=0.15, absolute=True, target=None, note="grün"),
        options(steps=50, sigma=0.1500001, absolute=True, target=None, note="grün"),
        options(steps=50, sigma=0.15, absolute=False, target=None, note="grün"),
        options(steps=50, sigma=0.15, absolute=True, target=0, note="grün"),
        options(steps=50, sigma=0.15, absolute=True, target=None, note="grun"),
        options(steps="50", sigma=0.15, absolute=True, target=None, note="grün"),
        options(sigma=0.15, absolute=True, target=None, note="grün"),
    ],
    "precision": ["bfloat16"],
    "seed": [8, 0],
}


def test_the_key_of_a_recipe_never_changes():
    """With another key, no stored or shipped result would be found."""
    assert EXAMPLE.key == "e01c8ebb0f84d12724167cac56c9aa1a9edf8d6f3d080b45c6a2667245a1741b"


def test_equal_recipes_have_the_same_key():
    copy = dataclasses.replace(EXAMPLE)
    assert copy is not EXAMPLE
    assert copy == EXAMPLE
    assert copy.key == EXAMPLE.key


def test_the_changes_cover_every_field():
    assert CHANGES.keys() == {field.name for field in dataclasses.fields(Recipe)}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in CHANGES.items() for value in values]
)
def test_a_change_of_any_field_changes_the_key(name, value):
    changed = dataclasses.replace(EXAMPLE, **{name: value})
    assert changed.key != EXAMPLE.key


def test_different_changes_have_different_keys():
    changed = [
        dataclasses.replace(EXAMPLE, **{name: value})
        for name, values in CHANGES.items()
        for value in values
    ]
    assert len({recipe.key for recipe in changed}) == len(changed)


def test_a_value_in_another_field_has_another_key():
    assert Recipe("a", 1, model="bc").key != Recipe("a", 1, model="b", weights_id="c").key
    assert Recipe("a", 1, layer="x").key != Recipe("a", 1, method="x").key
    assert Recipe("a", 1, inputs=("bc",)).key != Recipe("a", 1, inputs=("b", "c")).key


def nested(depth: int) -> Recipe:
    recipe = Recipe("embed", 1, inputs=("ef56",))
    for _ in range(depth):
        recipe = Recipe("compare", 1, inputs=(recipe, "ab12"), options=options(k=depth))
    return recipe


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe("predict", 1),
        EXAMPLE,
        nested(1),
        nested(5),
        Recipe("t", 1, options=options(a=1e-300)),
    ],
    ids=["bare", "full", "nested", "deep", "tiny"],
)
def test_reading_its_json_returns_the_recipe(recipe):
    copy = Recipe.from_json(recipe.to_json())
    assert copy == recipe
    assert copy.key == recipe.key
    assert hash(copy) == hash(recipe)


@pytest.mark.parametrize(
    "value", [0, 1, -1, 0.0, 1.0, 0.1, 1e22, True, False, None, "", "1", "None", "ü", math.inf]
)
def test_an_option_keeps_its_type_and_value_in_json(value):
    recipe = Recipe("t", 1, options=options(a=value))
    ((name, copied),) = Recipe.from_json(recipe.to_json()).options
    assert name == "a"
    assert type(copied) is type(value)
    assert copied == value


def test_json_is_canonical_for_any_order_and_spaces():
    formatted = json.dumps(dict(reversed(json.loads(EXAMPLE.to_json()).items())), indent=4)
    assert formatted != EXAMPLE.to_json()
    assert Recipe.from_json(formatted).to_json() == EXAMPLE.to_json()


def test_the_order_of_options_does_not_matter():
    a, b = options(steps=1, sigma=2.0, paper="x"), options(paper="x", sigma=2.0, steps=1)
    assert a == b
    assert Recipe("t", 1, options=a).key == Recipe("t", 1, options=b).key


def test_the_default_is_no_options():
    assert Recipe("t", 1, options=options()) == Recipe("t", 1)


def json_with(**changes: object) -> str:
    return json.dumps({"task": "t", "version": 1, "inputs": [], "options": []} | changes)


def test_json_without_optional_fields_is_a_recipe():
    assert Recipe.from_json(json_with()) == Recipe("t", 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a recipe for pancakes",
        "{",
        "null",
        "5",
        '"task"',
        "[]",
        '[["task", "t"]]',
        "{}",
        '{"task": "t", "version": 1}',
        '{"task": "t", "inputs": [], "options": []}',
        '{"version": 1, "inputs": [], "options": []}',
        json_with(author="nobody"),
        json_with(inputs=None),
        json_with(inputs=5),
        json_with(inputs="ab12"),
        json_with(inputs=[{}]),
        json_with(inputs=[{"task": "t"}]),
        json_with(options=None),
        json_with(options=5),
        json_with(options=["a"]),
        json_with(options=[["a"]]),
        json_with(options=[["a", 1, 2]]),
        "[" * 100_000,
    ],
    ids=lambda text: text[:40],
)
def test_other_json_is_refused(text):
    with pytest.raises(ValueError):
        Recipe.from_json(text)


@pytest.mark.parametrize("field", dataclasses.fields(Recipe), ids=lambda field: field.name)
def test_a_recipe_cannot_be_changed(field):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(EXAMPLE, field.name, getattr(EXAMPLE, field.name))


def test_equal_recipes_occur_once_in_a_set():
    assert len({nested(2), nested(2), EXAMPLE, dataclasses.replace(EXAMPLE)}) == 2
