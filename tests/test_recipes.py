import dataclasses
import json
import math

import pytest

from core.recipes import Recipe, options

FIXED = Recipe(
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

# For each field, what tells it from FIXED's.
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


def test_the_key_is_the_one_it_always_was():
    """Another key would make every kept result a stranger, and every shared link dead."""
    assert FIXED.key == "e01c8ebb0f84d12724167cac56c9aa1a9edf8d6f3d080b45c6a2667245a1741b"


def test_a_recipe_said_again_has_the_same_key():
    again = dataclasses.replace(FIXED)
    assert again is not FIXED
    assert again == FIXED
    assert again.key == FIXED.key


def test_the_changes_cover_every_field():
    assert CHANGES.keys() == {field.name for field in dataclasses.fields(Recipe)}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in CHANGES.items() for value in values]
)
def test_every_change_of_a_field_changes_the_key(name, value):
    changed = dataclasses.replace(FIXED, **{name: value})
    assert changed.key != FIXED.key


def test_all_changes_have_keys_of_their_own():
    changed = [
        dataclasses.replace(FIXED, **{name: value})
        for name, values in CHANGES.items()
        for value in values
    ]
    assert len({recipe.key for recipe in changed}) == len(changed)


def test_fields_don_t_run_into_one_another():
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
    [Recipe("predict", 1), FIXED, nested(1), nested(5), Recipe("t", 1, options=options(a=1e-300))],
    ids=["bare", "full", "nested", "deep", "tiny"],
)
def test_json_gives_the_recipe_back(recipe):
    again = Recipe.from_json(recipe.to_json())
    assert again == recipe
    assert again.key == recipe.key
    assert hash(again) == hash(recipe)


@pytest.mark.parametrize(
    "value", [0, 1, -1, 0.0, 1.0, 0.1, 1e22, True, False, None, "", "1", "None", "ü", math.inf]
)
def test_an_option_comes_back_as_what_it_was(value):
    ((name, again),) = Recipe.from_json(Recipe("t", 1, options=options(a=value)).to_json()).options
    assert name == "a"
    assert type(again) is type(value)
    assert again == value


def test_json_is_canonical_whatever_the_order_and_the_spaces():
    loose = json.dumps(dict(reversed(json.loads(FIXED.to_json()).items())), indent=4)
    assert loose != FIXED.to_json()
    assert Recipe.from_json(loose).to_json() == FIXED.to_json()


def test_the_order_of_options_does_not_matter():
    one, other = options(steps=1, sigma=2.0, paper="x"), options(paper="x", sigma=2.0, steps=1)
    assert one == other
    assert Recipe("t", 1, options=one).key == Recipe("t", 1, options=other).key


def test_no_options_are_the_default():
    assert Recipe("t", 1, options=options()) == Recipe("t", 1)


def valid(**changes) -> str:
    return json.dumps({"task": "t", "version": 1, "inputs": [], "options": []} | changes)


def test_the_least_a_recipe_s_json_says_is_enough():
    assert Recipe.from_json(valid()) == Recipe("t", 1)


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
        valid(author="nobody"),
        valid(inputs=None),
        valid(inputs=5),
        valid(inputs="ab12"),
        valid(inputs=[{}]),
        valid(inputs=[{"task": "t"}]),
        valid(options=None),
        valid(options=5),
        valid(options=["a"]),
        valid(options=[["a"]]),
        valid(options=[["a", 1, 2]]),
        "[" * 100_000,
    ],
    ids=lambda text: text[:40],
)
def test_what_is_no_recipe_is_refused(text):
    with pytest.raises(ValueError):
        Recipe.from_json(text)


@pytest.mark.parametrize("field", dataclasses.fields(Recipe), ids=lambda field: field.name)
def test_a_recipe_can_t_be_changed(field):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(FIXED, field.name, getattr(FIXED, field.name))


def test_equal_recipes_are_one_in_a_set():
    assert len({nested(2), nested(2), FIXED, dataclasses.replace(FIXED)}) == 2
