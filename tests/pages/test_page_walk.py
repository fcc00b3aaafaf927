"""A walk from every page to every other page, with changed settings: no page disturbs another."""

from itertools import pairwise

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from tests.pages.visit import EFFICIENTNET, EFFICIENTNET_TITLE, PICTURE, RESNET, run_until

# Stands for an option that is not chosen.
ANOTHER = object()
# Widgets of each page, with values that are not their defaults.
SETTINGS: dict[str, dict[str, object]] = {
    "predict": {"predict_temperature": 2.0, "predict_top": 3},
    "neurons": {"neurons_layer": ANOTHER, "neurons_unit": 5, "neurons_section": "Rendering styles",
                "neurons_inner": True},
    "compare_neurons": {"compare_neurons_view": "The same neuron"},
    "layers": {"model": EFFICIENTNET_TITLE},
    "saliency": {"saliency_scale": "shared", "saliency_opacity": 0.3,
                 "saliency_explain": "Same class for all", "methods": ["Grad-CAM", "Gradient"],
                 "method": "Gradient"},
    "trust": {"trust_of": "Drawn scenes", "methods": ["Gradient", "StageCAM"]},
    "maps": {"maps_map": "PCA", "maps_points": "pictures", "maps_mouse": "click", "maps_seed": 3},
    "compare": {"compare_view": "Agreement"},
    "scenes": {"scenes_class": "owl", "scenes_number": 12, "scenes_set_scale": True},
    "models": {"models_search": "resnet", "models_millions": 20, "models_classes": "1000"},
}  # fmt: skip


def walk(names: list[str]) -> list[str]:
    """Return a closed walk that goes from each name to each other name exactly once."""
    left = {name: [other for other in names if other != name] for name in names}
    path, stack = [], [names[0]]
    while stack:  # Hierholzer's algorithm
        if left[stack[-1]]:
            stack.append(left[stack[-1]].pop(0))
        else:
            path.append(stack.pop())
    return path[::-1]


def test_the_walk_has_every_ordered_pair_once():
    path = walk(list(SETTINGS))
    pairs = list(pairwise(path))
    assert len(pairs) == len(set(pairs)) == len(SETTINGS) * (len(SETTINGS) - 1)


@pytest.fixture
def session(app: AppTest) -> AppTest:
    app.query_params["models"] = [RESNET, EFFICIENTNET]
    app.query_params["picture"] = PICTURE
    app.query_params["set"] = "scenes:12~7"
    app.query_params["expert"] = "true"
    app.query_params["methods"] = ["Grad-CAM", "Gradient"]
    app.query_params["expert"] = "true"
    return app


def change_settings(app: AppTest, page: str) -> None:
    """Change the page's widgets; those that appear with results are waited for."""
    if not has_widgets(app, page):
        run_until(app, lambda: has_widgets(app, page))
    changed = {
        key: another_option(app.get_by_key(key)) if value is ANOTHER else value
        for key, value in SETTINGS[page].items()
    }
    for key, value in changed.items():
        app.get_by_key(key).set_value(value)
    app.run()
    assert not app.exception, (page, app.exception)
    for key, value in changed.items():
        assert app.session_state[key] == value, (page, key)


def another_option(picker: Selectbox) -> str:
    return next(option for option in picker.options if option != picker.value)


def has_widgets(app: AppTest, page: str) -> bool:
    try:
        return all(app.get_by_key(key) for key in SETTINGS[page])
    except KeyError:
        return False


@pytest.mark.timeout(900)
def test_no_page_disturbs_another(session: AppTest):
    app = session.run()
    path = walk(list(SETTINGS))
    for last, page in zip(["", *path], path, strict=False):
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception, (last, page, app.exception)
        change_settings(app, page)
