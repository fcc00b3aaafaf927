"""The Neurons page: pictures of a layer's channels, one under the microscope, all in the URL."""

import os
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import scenes
from core.visualize import Quality
from tests.pages.conftest import settled

RESNET, EFFICIENTNET = "local/test_resnet", "local/test_efficientnet"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of a few steps, and a small set of scenes."""
    monkeypatch.setattr("core.visualize.quality.UNITS", Quality(size=24, steps=16))
    monkeypatch.setattr("core.visualize.quality.CLASSES", Quality(size=24, steps=16))
    monkeypatch.setattr("core.dissect.sample.COUNT", 56)


def opened(app: AppTest, **asked: str) -> AppTest:
    app.query_params["models"] = [RESNET, EFFICIENTNET]
    app.query_params["picture"] = "scene:wolf~7"
    app.run()
    app.switch_page("pages/neurons.py")
    for name, value in asked.items():
        app.query_params[name] = value
    return settled(app)


def tiles(app: AppTest) -> list[str]:
    return [button.label for button in app.button if str(button.key).startswith("_tile_")]


def test_a_layers_channels_are_shown_and_one_can_be_clicked(app: AppTest):
    opened(app, layer="layer2.0")
    assert [name.split(" ")[0] for name in tiles(app)] == [str(index) for index in range(24)]
    app.button(key="_tile_5").click()
    settled(app)
    assert app.number_input(key="unit").value == 5
    assert any("layer2.0, channel 5" in text.value for text in app.markdown)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("Faces", "Four pictures"),
        ("Top crops", "answered most"),
        ("Classes", "Selectivity"),
        ("Canvases", "held in other ways"),
        ("Parts", "intersection over union"),
        ("The picture", "whole layer"),
        ("Links", "standard deviation"),
        ("Without it", "without this channel"),
    ],
)
def test_every_side_of_a_unit(app: AppTest, section: str, words: str):
    opened(app, layer="layer2.0", unit="3", section=section)
    assert any(words in caption.value for caption in app.caption)
    assert app.number_input(key="unit").value == 3


def test_top_crops_over_a_folder_of_the_servers(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "holiday").mkdir()
    for seed in range(3):
        scenes.draw(class_="wolf", seed=seed).image.save(tmp_path / "holiday" / f"{seed}.png")
    folders = os.pathsep.join([str(tmp_path / "holiday"), str(tmp_path / "empty")])
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("ZOOSCOPE_PICTURES", folders)
    opened(app, layer="layer2.0", unit="5", section="Top crops", over="holiday")
    assert any("3 pictures" in caption.value for caption in app.caption)
    captions = [caption for image in app.get("image") for caption in image.captions]
    assert len([one for one in captions if re.fullmatch(r"-?\d+\.\d\d", one)]) == 3
    app.segmented_control(key="over").set_value("empty")
    settled(app)
    assert any("0 pictures" in caption.value for caption in app.caption)


def test_classes_are_shown_by_name(app: AppTest):
    opened(app, layer="logits")
    assert tiles(app)[:2] == ["tench", "goldfish"]
    assert app.pills(key="section").options == ["Faces", "Canvases"]


def test_another_network_opens_at_the_same_depth(app: AppTest):
    opened(app, layer="layer1.0")
    first = app.selectbox(key="layer").value
    app.segmented_control(key="model").set_value(EFFICIENTNET)
    settled(app)
    assert app.selectbox(key="layer").value != first
    assert app.selectbox(key="layer").value != "logits"


def test_a_link_to_a_layer_that_is_not_there_opens_one_that_is(app: AppTest):
    opened(app, layer="nowhere", unit="999999", section="Nothing")
    assert app.selectbox(key="layer").value
    assert app.number_input(key="unit").value < 1000


def test_without_a_model_that_is_here_the_page_says_how_to_get_one(app: AppTest):
    app.query_params["models"] = ["resnet18.a1_in1k"]
    app.run()
    app.switch_page("pages/neurons.py").run()
    assert not app.exception
    assert any("Predict fetches weights" in info.value for info in app.info)
