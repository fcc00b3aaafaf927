import shutil
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import images, predict, zoo
from core.pictures import photo
from pages.parts.text import plain
from tests.conftest import PROJECT
from tests.pages.conftest import settled

RESNET, EFFICIENTNET = "local/test_resnet", "local/test_efficientnet"


def run(app: AppTest, **params: str | list[str]) -> AppTest:
    for name, value in params.items():
        app.query_params[name] = value
    return settled(app)


def picture_bytes(seed: int = 0, kind: str = "PNG") -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (60, 80, 3), np.uint8)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def texts(app: AppTest) -> str:
    elements = [*app.markdown, *app.caption, *app.warning, *app.error, *app.info, *app.success]
    return "\n".join(str(element.value) for element in elements)


def test_a_first_visit_opens_with_a_picture_and_the_models_that_are_here(app):
    run(app)
    assert app.session_state["picture"] == "photo:chelsea"
    assert app.session_state["models"] == [EFFICIENTNET, RESNET]
    assert len(app.get("plotly_chart")) == 2
    assert len(app.dataframe) == 1


def test_without_settings_the_app_opens_with_a_scene_and_bundled_networks(
    app, bundled, monkeypatch
):
    """A first visit, offline: what the first trained network says of a scene it never saw."""
    monkeypatch.delenv("ZOOSCOPE_MODELS")
    run(app)
    assert app.session_state["picture"].startswith("scene:")
    assert app.session_state["models"] == bundled[:2]
    assert len(app.get("plotly_chart")) == len(bundled[:2])
    assert not app.error


@pytest.mark.parametrize(("picture", "noted"), [("photo:coffee", True), ("scene:owl~3", False)])
def test_a_photograph_for_a_network_that_knows_scenes_only_comes_with_a_note(
    app, bundled, picture, noted
):
    run(app, picture=picture, models=bundled[:1])
    assert ("only knows drawn scenes" in texts(app)) == noted


def test_the_page_says_what_core_says(app, made_models):
    run(app, picture="photo:coffee", models=[RESNET])
    m = zoo.load(RESNET)
    ranked = predict.top_classes(m, [photo("coffee")])[0]
    table = app.dataframe[0].value
    assert list(table.index) == [prediction.label for prediction in ranked]
    np.testing.assert_allclose(
        table.iloc[:, 0], [prediction.probability for prediction in ranked], rtol=1e-4
    )


def test_choices_follow_to_the_other_page_and_back(app):
    run(app, picture="photo:coffee", models=[RESNET])
    app.switch_page("pages/models.py").run()
    app.switch_page("pages/predict.py").run()
    assert not app.exception
    assert app.session_state["picture"] == "photo:coffee"
    assert app.session_state["models"] == [RESNET]


def test_an_upload_becomes_the_picture(app):
    run(app)
    app.file_uploader[0].upload("mine.png", picture_bytes()).run()
    assert app.session_state["picture"].startswith("upload:")
    assert not app.error


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.png", b""),
        ("text.png", b"not a picture at all"),
        ("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("cut.jpg", picture_bytes(kind="JPEG")[:900]),
    ],
)
def test_a_bad_upload_is_told_and_nothing_is_lost(app, name, data):
    run(app)
    app.file_uploader[0].upload(name, data).run()
    assert not app.exception
    assert name in app.error[0].value
    assert "JPEG, PNG" in app.error[0].value
    assert app.session_state["picture"] == "photo:chelsea"
    assert len(app.get("plotly_chart")) == 2


def test_a_link_to_a_forgotten_picture_says_so(app):
    run(app, picture="upload:0123456789abcdef")
    assert "no longer holds" in texts(app)
    assert not app.get("plotly_chart")


def test_forgetting_is_one_click_and_for_good(app):
    run(app)
    app.file_uploader[0].upload("mine.png", picture_bytes()).run()
    mine = app.session_state["picture"]
    button = next(b for b in app.button if b.label == "Forget my pictures")
    button.click().run()
    assert not app.exception
    assert app.session_state["picture"] == "photo:chelsea"
    assert not any(b.label == "Forget my pictures" for b in app.button)
    stranger = AppTest.from_file(str(PROJECT / "streamlit_app.py"), default_timeout=60)
    assert "no longer holds" in texts(run(stranger, picture=mine))


def test_an_untrained_network_is_never_shown_as_trained(app):
    run(app, models=["untrained/test_resnet"])
    assert "test_resnet (untrained)" in texts(app)
    assert "Random weights" in texts(app)
    assert app.dataframe[0].value.columns.tolist() == ["test_resnet (untrained)"]


def test_untrained_networks_have_no_say_in_the_verdict(app):
    run(app, models=[RESNET, "untrained/test_resnet"])
    assert not app.success
    assert not app.warning


def test_an_unknown_model_in_a_link_names_the_nearest_and_spares_the_others(app):
    run(app, models=[RESNET, "resnet188"])
    assert "resnet18" in app.error[0].value
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize("name", ["hf-hub:timm/resnet18", "local/../../etc", "local-dir:/etc"])
def test_a_link_can_not_name_a_repository_or_a_path(app, name):
    run(app, models=[name])
    assert app.error
    assert not app.get("plotly_chart")


def test_a_link_with_more_than_four_models_opens_four(app):
    names = [f"untrained/{name}" for name in ("test_resnet", "test_byobnet", "test_convnext",
                                              "test_efficientnet", "test_nfnet")]  # fmt: skip
    run(app, models=names)
    assert len(app.get("plotly_chart")) == 4


def test_a_model_whose_outputs_are_no_classes_says_what_it_is_for(app):
    run(app, models=["resnet50_clip.openai"])
    assert "no named classes" in texts(app)


def test_weights_that_are_not_here_offer_the_ways_out(app):
    run(app, models=["resnet18.a1_in1k"])
    for _ in range(50):
        if app.warning:
            break
        app.run()
    assert "connect once" in app.warning[0].value
    button = next(b for b in app.button if b.label == "Open untrained")
    button.click().run()
    assert app.session_state["models"] == ["untrained/resnet18"]
    assert len(app.get("plotly_chart")) == 1


def test_weights_without_safetensors_are_refused_with_the_reason(app):
    run(app, models=["legacy_seresnet18.in1k"])
    assert "pickled" in app.warning[0].value


def test_temperature_changes_probabilities_and_not_the_order(app):
    run(app, models=[RESNET])
    warm = app.dataframe[0].value
    app.select_slider(key="temperature").set_value(0.1).run()
    cold = app.dataframe[0].value
    assert list(cold.index) == list(warm.index)
    assert cold.iloc[0, 0] > warm.iloc[0, 0]


@pytest.mark.parametrize(
    ("param", "value"), [("temperature", "-3"), ("temperature", "x"), ("top", "9999")]
)
def test_nonsense_in_the_url_is_harmless(app, param, value):
    run(app, models=[RESNET], **{param: value})
    assert 1 <= len(app.dataframe[0].value) <= 10


def test_no_models_is_a_hint_and_no_error(app):
    run(app)
    app.multiselect(key="models").set_value([]).run()
    assert not app.exception
    assert "Choose at least one model" in app.info[0].value


def test_a_bad_setting_is_told_on_the_page(app, monkeypatch):
    monkeypatch.setenv("ZOOSCOPE_DEVICE", "toaster")
    app.run()
    assert "ZOOSCOPE_DEVICE" in app.error[0].value


def test_what_two_models_saw_is_their_own_crop(app):
    run(app, models=[RESNET, EFFICIENTNET])
    assert len(app.get("image")) == 3  # the picture, and each model's crop


def test_picture_ids_do_not_depend_on_the_format(app):
    one = images.picture_id(images.read(picture_bytes(kind="PNG")))
    other = images.picture_id(images.read(picture_bytes(kind="BMP")))
    assert one == other


@pytest.mark.parametrize("twin", ["untrained/test_resnet", "resnet18"])
def test_a_model_named_twice_or_by_an_alias_is_one(app, twin):
    alias = {"resnet18": "resnet18.a1_in1k"}.get(twin, twin)
    run(app, models=[twin, alias])
    buttons = [b for b in app.button if b.label == "Open untrained"]
    assert len(app.get("plotly_chart")) + len(buttons) == 1


def test_an_alias_can_be_opened_untrained(app):
    run(app, models=["resnet18"])
    next(b for b in app.button if b.label == "Open untrained").click().run()
    assert not app.exception
    assert app.session_state["models"] == ["untrained/resnet18"]


@pytest.mark.parametrize("text", ["![x](http://evil/p.png)", "[free](http://evil)", "**bold**"])
def test_what_a_link_holds_is_shown_as_text(app, text):
    run(app, picture=text, models=[text])
    shown = texts(app)
    assert text not in shown
    assert plain(text) in shown


def test_two_models_of_one_title_have_a_column_each(app, made_models, tmp_path, monkeypatch):
    shutil.copytree(made_models / "test_resnet", tmp_path / "test_resnet.r160_in1k")
    shutil.copytree(made_models / "test_resnet", tmp_path / "twin" / "test_resnet.r160_in1k")
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    monkeypatch.setattr("core.zoo.card.BUNDLED", tmp_path / "twin")
    run(app, models=["local/test_resnet.r160_in1k", "bundled/test_resnet.r160_in1k"])
    assert len(set(app.dataframe[0].value.columns)) == 2


def test_streamlit_keeps_no_copy_of_an_upload(app, monkeypatch):
    removed = []
    monkeypatch.setattr(
        "streamlit.runtime.memory_uploaded_file_manager.MemoryUploadedFileManager.remove_file",
        lambda self, session, file: removed.append(file),
    )
    run(app)
    app.file_uploader[0].upload("mine.png", picture_bytes()).run()
    assert len(removed) == 1


def test_a_picture_can_be_forgotten_after_a_reload(app):
    run(app)
    app.file_uploader[0].upload("mine.png", picture_bytes()).run()
    mine = app.session_state["picture"]
    reloaded = AppTest.from_file(str(PROJECT / "streamlit_app.py"), default_timeout=60)
    run(reloaded, picture=mine)
    next(b for b in reloaded.button if b.label == "Forget my pictures").click().run()
    stranger = AppTest.from_file(str(PROJECT / "streamlit_app.py"), default_timeout=60)
    assert "no longer holds" in texts(run(stranger, picture=mine))


def test_a_request_that_was_on_its_way_does_not_undo_an_upload(app, monkeypatch):
    run(app, picture="photo:coffee")
    app.file_uploader[0].upload("mine.png", picture_bytes()).run()
    mine = app.session_state["picture"]
    app.selectbox(key="picture").select("photo:coffee").run()  # what the browser still held
    assert app.session_state["picture"] == mine
    monkeypatch.setattr("pages.parts.chooser.ON_THE_WAY", 0.0)
    app.selectbox(key="picture").select("photo:coffee").run()  # what a person chose later
    assert app.session_state["picture"] == "photo:coffee"
