"""The pages Saliency and Trust: every network by every method, and which map to believe."""

import re
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from core import saliency
from core.saliency import Maps, View
from core.saliency.registry import _METHODS
from core.steps import Progress, Steps
from tests.pages.conftest import settled

RESNET, EFFICIENTNET = "local/test_resnet", "local/test_efficientnet"
BUNDLED = "bundled/scenes-regnet"
QUICK = ["StageCAM", "Grad-CAM", "Gradient"]
KEYS = ["stage_cam", "grad_cam", "gradient"]


pytestmark = pytest.mark.usefixtures("bundled")


def opened(app: AppTest, page: str, models: list[str], **asked: str | list[str]) -> AppTest:
    app.query_params["models"] = models
    app.query_params["picture"] = "scene:wolf~7"
    app.run()
    app.switch_page(f"pages/{page}.py")
    for name, value in ({"methods": QUICK} | asked).items():
        app.query_params[name] = value
    return settled(app)


def cells(app: AppTest) -> list[str]:
    return [str(b.key)[6:] for b in app.button if str(b.key).startswith("_cell_")]


def shown(app: AppTest) -> str:
    return " ".join(one.value for one in [*app.markdown, *app.caption])


def test_every_network_by_every_method(app: AppTest):
    opened(app, "saliency", [RESNET, EFFICIENTNET])
    assert cells(app) == [f"{name}_{key}" for name in (RESNET, EFFICIENTNET) for key in KEYS]
    assert len(app.get("image")) >= 6
    assert not app.error


def test_a_map_is_clicked_and_seen_large_with_its_scores(app: AppTest):
    opened(app, "saliency", [RESNET, EFFICIENTNET])
    app.button(key=f"_cell_{EFFICIENTNET}_gradient").click()
    settled(app)
    assert app.selectbox(key="method").value == "Gradient"
    assert app.segmented_control(key="model").value == EFFICIENTNET
    assert [one.label for one in app.metric] == ["Insertion", "Deletion"]
    labels = [str(one.proto.label) for one in app.get("download_button")]
    assert labels == ["PNG", "NPZ", "CSV", "Recipe"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"explain": "One class", "class": "bus"}, "shown: bus"),
        ({"explain": "One class each", "class_0": "owl", "and_not": "cat"}, "owl.*and not cat"),
        ({"explain": "Top classes", "and_not": "its second choice"}, "says wolf.*and not"),
    ],
)
def test_which_class_and_against_which(app: AppTest, asked: dict[str, str], words: str):
    opened(app, "saliency", [BUNDLED], **asked)
    assert re.search(words, shown(app))


def test_a_network_that_does_not_know_the_class_says_so_and_the_other_goes_on(app: AppTest):
    opened(app, "saliency", [BUNDLED, RESNET], explain="One class", **{"class": "girl"})
    assert any("does not know the class girl" in one.value for one in app.warning)
    assert cells(app) == [f"{BUNDLED}_{key}" for key in KEYS]


def test_another_networks_map_is_taken_off(app: AppTest):
    opened(app, "saliency", [RESNET, EFFICIENTNET])
    other = next(o for o in app.selectbox(key="minus").options if o != "nothing")
    app.selectbox(key="minus").set_value(other)
    settled(app)
    assert any("Red:" in one.value for one in app.caption)


def test_a_methods_options_change_the_large_map(app: AppTest):
    opened(app, "saliency", [BUNDLED], methods=["Integrated gradients"])
    assert "Completeness error" in shown(app)
    app.selectbox(key="integrated_gradients_baseline").set_value("blur")
    settled(app)
    assert not app.error


def test_a_methods_options_stand_in_the_link(app: AppTest):
    asked = {"integrated_gradients_baseline": "blur", "integrated_gradients_steps": "1000000"}
    opened(app, "saliency", [BUNDLED], methods=["Integrated gradients"], **asked)
    assert app.selectbox(key="integrated_gradients_baseline").value == "blur"
    steps = app.number_input(key="integrated_gradients_steps")
    assert steps.value == steps.max


def test_numbers_that_are_none_in_a_link_are_the_methods_own(app: AppTest):
    asked = {"integrated_gradients_steps": "x", "integrated_gradients_limit": "nan"}
    opened(app, "saliency", [BUNDLED], methods=["Integrated gradients"], **asked)
    options = saliency.find("integrated_gradients", {}).options
    for name in ("steps", "limit"):
        assert app.number_input(key=f"integrated_gradients_{name}").value == options[name]


def test_what_a_link_says_wrongly_is_put_right(app: AppTest):
    opened(app, "saliency", [RESNET], explain="x", scale="y", method="z", and_not="a", minus="b")
    assert app.segmented_control(key="explain").value == "Top classes"
    assert len(cells(app)) == 3


@pytest.fixture
def brightness(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A method that was not there before."""
    monkeypatch.setattr("core.saliency.registry._METHODS", dict(_METHODS))

    @saliency.method("Brightness", "nobody", "gradient")
    def brightness(view: View) -> Steps[Maps]:
        yield Progress(0, 1)
        return Maps(view.x.abs().sum(1))

    yield


@pytest.mark.usefixtures("brightness")
def test_a_new_method_appears_among_the_maps_by_itself(app: AppTest):
    opened(app, "saliency", [RESNET], methods=["Brightness"])
    assert cells(app) == [f"{RESNET}_brightness"]


@pytest.mark.usefixtures("brightness")
def test_a_new_method_is_judged_by_itself(app: AppTest):
    opened(app, "trust", [RESNET], methods=["Brightness", "Grad-CAM"])
    assert list(app.dataframe[0].value["method"]) == ["Brightness", "Grad-CAM"]


def test_a_scene_is_judged_by_its_truth(app: AppTest):
    opened(app, "trust", [BUNDLED, RESNET])
    table = app.dataframe[0].value
    assert len(table) == 6
    assert {"insertion", "deletion", "points", "energy", "agreement"} <= set(table.columns)
    assert table["insertion"].between(0, 1).all()
    assert any("Do they agree?" in one.value for one in app.subheader)


def test_a_photograph_has_no_truth(app: AppTest):
    app.query_params["picture"] = "photo:chelsea"
    app.query_params["models"] = [RESNET]
    app.run()
    app.switch_page("pages/trust.py")
    app.query_params["methods"] = QUICK
    settled(app)
    assert "points" not in app.dataframe[0].value


def test_weights_are_shuffled_on_request(app: AppTest):
    opened(app, "trust", [RESNET], methods=["Grad-CAM"], checks="true")
    assert {"sanity", "sensitivity"} <= set(app.dataframe[0].value.columns)
    assert any("As the network forgets" in one.value for one in app.subheader)


def test_fresh_scenes_tell_which_method_is_best(app: AppTest):
    opened(app, "trust", [BUNDLED, RESNET], of="Drawn scenes", methods=["Grad-CAM", "StageCAM"])
    table = app.dataframe[0].value
    assert list(table["network"]) == [BUNDLED] * 2
    assert "most often in the object" in shown(app)


def test_networks_that_know_no_scenes_are_told_what_to_choose(app: AppTest):
    opened(app, "trust", [RESNET], of="Drawn scenes")
    assert any("bundled" in one.value for one in app.info)
