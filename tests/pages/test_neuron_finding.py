"""What the page Neurons says in words about a channel, and the picture that it offers."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import dissect
from core.dissect import Responses
from core.gallery_photos import PHOTOS
from core.layer_info import LayerInfo, classes_layer
from core.settings import Settings
from core.workbench.tasks.part_scores import part_scores_recipe
from core.workbench.tasks.responses import responses_recipe
from core.zoo import describe
from pages.parts.neurons.finding import match_in_words, photographs_in_words
from pages.parts.neurons.large_picture import enlarged
from pages.parts.neurons.unit import Unit
from pages.parts.shared.session import workbench
from tests.pages.made_networks import save_network
from tests.pages.visit import RESNET, open_page, texts


def overlaps(**values: float) -> np.ndarray:
    return np.array([values.get(name, 0.01) for name in dissect.CONCEPTS])


def test_a_good_match_names_the_part_and_its_overlap():
    assert match_in_words(overlaps(eye=0.214, ear=0.2)) == "Probably: **eye** (IoU 0.21)"
    assert match_in_words(overlaps(object=0.5)) == "Probably: **the whole object** (IoU 0.50)"


def test_a_poor_match_is_called_poor():
    wanted = "No part of the drawn scenes matches well (best: eye, IoU 0.04)"
    assert match_in_words(overlaps(eye=0.04)) == wanted
    assert match_in_words(overlaps(eye=0.099)).startswith("No part")


def responses(peaks: list[float]) -> Responses:
    """Responses of three units to photographs: a given one, another one, and a dead one."""
    peak = np.array([[each, 1 - each, 2.0] for each in peaks], np.float32)
    place = np.zeros((*peak.shape, 2), np.int64)
    return Responses(peak=peak, place=place, mean=peak, square=peak**2)


def test_photographs_are_named_in_the_order_of_their_responses():
    text = photographs_in_words(responses([0.2, 3.0, 1.5]), 0, ["Cat", "Cup *of*", "Rocket"])
    assert text == (
        r"Of 3 photographs it responds most to *Cup \*of\** (3.0), then *Rocket* (1.5); least to"
        " *Cat* (0.2)."
    )


def test_nothing_is_said_of_a_unit_that_never_changes_or_of_pictures_that_are_gone():
    assert not photographs_in_words(responses([0.2, 3.0, 1.5]), 2, ["a", "b", "c"])
    assert not photographs_in_words(responses([0.2, 3.0, 1.5]), 0, ["a", "b"])


def open_liveliest_unit(app: AppTest, network: str) -> int:
    """Open the unit of a layer whose response varies most: with random weights others are dead."""
    bench = workbench()
    (computed,) = bench.answer([responses_recipe(bench.card(network), "layer2.0")])
    unit = int(computed.std.argmax())
    open_page(app, "neurons", [network], neurons_layer="layer2.0", neurons_unit=str(unit))
    return unit


def test_a_network_of_drawn_scenes_says_which_part_matches(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    save_network(tmp_path / "drawn", ["cat", "dog"])
    path = tmp_path / "drawn" / "config.json"
    config = json.loads(path.read_text())
    config["pretrained_cfg"]["tag"] = "scenes"
    path.write_text(json.dumps(config))
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    unit = open_liveliest_unit(app, "local/drawn")
    bench = workbench()
    (scores,) = bench.answer([part_scores_recipe(bench.card("local/drawn"), "layer2.0")])
    assert match_in_words(scores.iou[unit]) in texts(app)
    assert app.segmented_control(key="neurons_over").value == "drawn scenes"


def test_another_network_says_which_photographs_excite_a_channel(app: AppTest):
    open_liveliest_unit(app, RESNET)
    assert "photographs it responds most to" in texts(app)
    assert sum(photo.title in texts(app) for photo in PHOTOS.values()) == 3
    assert app.segmented_control(key="neurons_over").value == "gallery and my photos"


def test_the_file_of_a_picture_names_network_layer_and_channel(made_models: Path):
    card = describe(RESNET, Settings(models=(made_models,)))
    layer = LayerInfo("blocks.3[1]", "Block", (8, 4, 4), 0.5, main=True)
    unit = Unit(card, layer, 5, {}, None, None, None)
    assert unit.file_stem == "test_resnet-blocks.3-1-channel-5"
    class_unit = replace(unit, layer=classes_layer(card), index=1)
    assert class_unit.file_stem == "test_resnet-class-1-goldfish"


def test_a_downloaded_picture_is_large():
    small = np.zeros((96, 96, 3), np.uint8)
    small[:, 48:] = 255
    large = enlarged(small)
    assert large.size == (512, 512)
    assert np.asarray(large)[:, :240].max() == 0
    assert enlarged(np.zeros((600, 700, 3), np.uint8)).size == (700, 600)
