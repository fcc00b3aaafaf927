"""The page Predict, and the networks in the sidebar."""

import shutil

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import predict, zoo
from core.pictures import photo
from pages.parts.shared.markdown import escape_markdown
from tests.pages.conftest import new_session
from tests.pages.made_networks import save_network
from tests.pages.visit import (
    EFFICIENTNET,
    RESNET,
    button_labels,
    charts,
    click,
    run_until,
    run_until_complete,
    texts,
)


def open_predict(app: AppTest, **parameters: str | list[str]) -> AppTest:
    """Open the landing page by a link, and wait for its results."""
    for name, value in parameters.items():
        app.query_params[name] = value
    return run_until_complete(app)


def test_a_first_visit_opens_with_a_photograph_and_local_models(app):
    open_predict(app)
    assert app.session_state["picture"] == "photo:chelsea"
    assert app.session_state["models"] == [EFFICIENTNET, RESNET]
    assert len(app.get("plotly_chart")) == 2
    assert len(app.dataframe) == 1


def test_without_settings_the_app_opens_with_a_scene_and_bundled_networks(
    app, bundled, monkeypatch
):
    """On a first visit without a network, trained networks predict a scene."""
    monkeypatch.delenv("ZOOSCOPE_MODELS")
    open_predict(app)
    assert app.session_state["picture"].startswith("scene:")
    assert app.session_state["models"] == bundled[:2]
    assert len(app.get("plotly_chart")) == len(bundled[:2])
    assert not app.error


@pytest.mark.parametrize(("picture", "noted"), [("photo:coffee", True), ("scene:owl~3", False)])
def test_a_network_trained_on_scenes_only_warns_about_photographs(app, bundled, picture, noted):
    open_predict(app, picture=picture, models=bundled[:1])
    assert ("taught on drawings only" in texts(app)) == noted


@pytest.mark.parametrize(("picture", "noted"), [("scene:owl~3", True), ("photo:coffee", False)])
def test_a_network_that_knows_only_photographs_is_said_to_see_a_drawing(app, picture, noted):
    open_predict(app, picture=picture, models=[RESNET])
    assert ("never saw drawings like this one" in texts(app)) == noted


def test_the_table_has_the_probabilities_of_core_predict(app, made_models):
    open_predict(app, picture="photo:coffee", models=[RESNET, EFFICIENTNET])
    table = app.dataframe[0].value
    for name in (RESNET, EFFICIENTNET):
        for ranked in predict.top_classes(zoo.load(name), [photo("coffee")])[0]:
            column = table[name.rpartition("/")[2]]
            np.testing.assert_allclose(column[ranked.label], ranked.probability, rtol=1e-4)


def test_a_network_alone_is_not_compared(app):
    open_predict(app, models=[RESNET])
    assert len(charts(app)) == 1
    assert not app.dataframe
    assert not app.subheader


def test_the_table_says_where_a_network_does_not_know_a_class(app, tmp_path, monkeypatch):
    save_network(tmp_path / "pets", ["cat", "dog"], predicted="cat")
    save_network(tmp_path / "cars", ["bus", "van"], predicted="van")
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    open_predict(app, models=["local/pets", "local/cars"])
    assert app.dataframe[0].value.isna().to_numpy().sum() == 4
    assert app.dataframe[0].proto.placeholder == "–, not one of its classes"


def test_agreement_is_not_shown_as_correct(app, tmp_path, monkeypatch):
    """Networks that agree may both be wrong: no green tick, and no warning where they differ."""
    for name, label in (("first", "cat"), ("second", "cat"), ("third", "dog")):
        save_network(tmp_path / name, ["cat", "dog"], predicted=label)
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    open_predict(app, models=["local/first", "local/second"])
    assert "Both say **cat**" in app.info[0].value
    open_predict(new_session(), models=["local/first", "local/third"])
    assert not app.success
    assert not app.warning


def test_no_duration_of_a_single_pass_is_shown(app):
    open_predict(app, models=[RESNET])
    assert " ms" not in texts(app)


def test_picture_and_models_follow_the_visitor_to_other_pages(app):
    open_predict(app, picture="photo:coffee", models=[RESNET])
    app.switch_page("pages/models.py").run()
    app.switch_page("pages/predict.py").run()
    assert not app.exception
    assert app.session_state["picture"] == "photo:coffee"
    assert app.session_state["models"] == [RESNET]


def test_an_untrained_network_is_never_shown_as_trained(app):
    open_predict(app, models=["untrained/test_resnet"])
    assert "**test_resnet (untrained)** :gray-badge[untrained]" in texts(app)
    assert "Random weights" in texts(app)


def test_untrained_networks_are_left_out_of_the_comparison(app):
    open_predict(app, models=[RESNET, "untrained/test_resnet"])
    assert not app.info


def test_an_unknown_model_in_a_link_suggests_the_nearest_name(app):
    open_predict(app, models=[RESNET, "resnet188"])
    assert "resnet18" in app.error[0].value
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize("name", ["hf-hub:timm/resnet18", "local/../../etc", "local-dir:/etc"])
def test_a_link_cannot_name_a_repository_or_a_path(app, name):
    open_predict(app, models=[name])
    assert app.error
    assert not app.get("plotly_chart")


def test_a_link_with_more_than_four_models_opens_four(app):
    names = [f"untrained/{name}" for name in ("test_resnet", "test_byobnet", "test_convnext",
                                              "test_efficientnet", "test_nfnet")]  # fmt: skip
    open_predict(app, models=names)
    assert len(app.get("plotly_chart")) == 4


def test_a_model_without_classes_has_no_predictions(app):
    open_predict(app, models=["resnet50_clip.openai"])
    assert "no named classes" in texts(app)
    assert not charts(app)


def test_missing_weights_can_be_replaced_by_random_ones(app):
    open_predict(app, models=["resnet18.a1_in1k"])
    run_until(app, lambda: app.warning)  # the hub has been asked for the size
    assert "connect once" in app.warning[0].value
    click(app, "Open untrained")
    assert app.session_state["models"] == ["untrained/resnet18"]
    assert len(app.get("plotly_chart")) == 1


def test_pickled_weights_are_refused_with_the_reason(app):
    open_predict(app, models=["legacy_seresnet18.in1k"])
    assert "pickled" in app.warning[0].value


def test_the_temperature_is_for_experts_and_a_link_keeps_it(app):
    open_predict(app, models=[RESNET])
    assert not app.select_slider
    linked = open_predict(new_session(), models=[RESNET], predict_temperature="0.1")
    assert linked.select_slider(key="predict_temperature").value == 0.1


def test_temperature_changes_probabilities_and_not_the_order(app):
    open_predict(app, models=[RESNET, EFFICIENTNET], expert="true")
    warm = app.dataframe[0].value
    app.select_slider(key="predict_temperature").set_value(0.1)
    run_until_complete(app)
    cold = app.dataframe[0].value
    assert list(cold.index) == list(warm.index)
    assert cold.iloc[0, 0] > warm.iloc[0, 0]


@pytest.mark.parametrize(
    ("name", "value", "key", "expected"),
    [
        ("predict_temperature", "-3", "predict_temperature", 1.0),
        ("predict_temperature", "x", "predict_temperature", 1.0),
        ("predict_top", "9999", "predict_top", 10),
        ("top", "0", "predict_top", 1),
    ],
)
def test_invalid_values_in_the_url_become_defaults_or_bounds(app, name, value, key, expected):
    open_predict(app, models=[RESNET], expert="true", **{name: value})
    assert app.get_by_key(key).value == expected
    assert len(charts(app)) == 1


def test_without_models_the_page_shows_no_table(app):
    open_predict(app)
    for name in app.session_state["models"]:
        app.button(key=f"_remove_{name}").click().run()
    assert not app.exception
    assert app.info
    assert not app.dataframe


def test_an_invalid_setting_is_named_on_the_page(app, monkeypatch):
    monkeypatch.setenv("ZOOSCOPE_DEVICE", "toaster")
    app.run()
    assert "ZOOSCOPE_DEVICE" in app.error[0].value


def test_each_model_shows_its_own_crop(app):
    open_predict(app, models=[RESNET, EFFICIENTNET])
    assert len(app.get("image")) == 3  # the picture, and each model's crop


def test_the_bars_of_all_networks_come_before_their_crops(app):
    """In a narrow window the columns stand one below another."""
    open_predict(app, models=[RESNET, EFFICIENTNET])
    kinds = [element.type for element in app.main if element.type in ("image", "plotly_chart")]
    assert kinds == ["plotly_chart"] * 2 + ["image"] * 2


@pytest.mark.parametrize("twin", ["untrained/test_resnet", "resnet18"])
def test_a_model_named_twice_or_by_an_alias_is_shown_once(app, twin):
    alias = {"resnet18": "resnet18.a1_in1k"}.get(twin, twin)
    open_predict(app, models=[twin, alias])
    assert len(charts(app)) + button_labels(app).count("Open untrained") == 1


def test_an_alias_can_be_opened_untrained(app):
    open_predict(app, models=["resnet18"])
    click(app, "Open untrained")
    assert app.session_state["models"] == ["untrained/resnet18"]


@pytest.mark.parametrize("text", ["![x](http://evil/p.png)", "[free](http://evil)", "**bold**"])
def test_markdown_in_a_link_is_shown_as_text(app, text):
    open_predict(app, picture=text, models=[text])
    shown = [message.value for message in (*app.warning, *app.error, *app.markdown)]
    assert not any(text in message for message in shown)
    assert any(escape_markdown(text) in message for message in shown)


def test_two_models_with_equal_titles_have_a_column_each(app, made_models, tmp_path, monkeypatch):
    shutil.copytree(made_models / "test_resnet", tmp_path / "test_resnet.r160_in1k")
    shutil.copytree(made_models / "test_resnet", tmp_path / "twin" / "test_resnet.r160_in1k")
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    monkeypatch.setattr("core.zoo.card.BUNDLED", tmp_path / "twin")
    open_predict(app, models=["local/test_resnet.r160_in1k", "bundled/test_resnet.r160_in1k"])
    assert len(set(app.dataframe[0].value.columns)) == 2
