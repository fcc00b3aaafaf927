"""The page Neurons: pictures of a layer's channels, one under the microscope, all in the URL."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import predict, scenes
from core.dissect import reference_scenes
from core.workbench.tasks.ablation import ablation_recipe
from core.workbench.tasks.connections import connections_recipe
from core.workbench.tasks.layers import layers_recipe
from core.workbench.tasks.logits import logits_recipe
from core.workbench.tasks.part_scores import part_scores_recipe
from core.workbench.tasks.responses import responses_recipe
from pages.parts.neurons import top_crops
from pages.parts.shared.session import workbench
from tests.pages.visit import (
    EFFICIENTNET,
    EFFICIENTNET_TITLE,
    RESNET,
    charts,
    open_page,
    pictures,
    run_until_complete,
    texts,
)

NETWORKS = [RESNET, EFFICIENTNET]


def open_unit(app: AppTest, layer: str, unit: int, section: str) -> AppTest:
    return open_page(app, "neurons", NETWORKS, neurons_layer=layer, neurons_unit=str(unit),
                     neurons_section=section)  # fmt: skip


def tiles(app: AppTest) -> list[str]:
    return [button.label for button in app.button if str(button.key).startswith("_tile_")]


def test_a_click_on_a_channel_puts_it_under_the_microscope(app: AppTest):
    open_page(app, "neurons", NETWORKS, neurons_layer="layer2.0")
    assert [name.split(" ")[0] for name in tiles(app)] == [str(index) for index in range(24)]
    app.button(key="_tile_5").click()
    run_until_complete(app)
    assert app.number_input(key="neurons_unit").value == 5
    assert "**layer2.0, channel 5**" in texts(app)
    assert app.query_params["neurons_unit"] == "5"


def test_the_progress_of_a_panel_is_in_the_panel(app: AppTest, monkeypatch: pytest.MonkeyPatch):
    """Not in the column of the tiles, whose results are there already."""
    open_unit(app, "layer2.0", 3, "Strongest examples")
    monkeypatch.setattr(workbench(), "_start_jobs", lambda recipes, session: None)
    app.pills(key="neurons_section").set_value("Variations").run()
    panel = next(column for column in app.columns if column.get("pills"))
    assert len(panel.get("progress")) == len(app.get("progress")) == 1
    assert len(panel.get("skeleton")) == 1
    app.button(key="_show_classes").click().run()
    tiles = next(column for column in app.columns if len(column.get("button")) > 20)
    assert len(tiles.get("progress")) == 1


def test_a_unit_has_four_different_variations(app: AppTest):
    open_unit(app, "layer2.0", 3, "Variations")
    variations = [f"Variation {number} of layer2.0, channel 3" for number in range(1, 5)]
    assert [alt for alt in pictures(app) if alt.startswith("Variation ")] == variations


def test_a_unit_is_shown_on_three_canvases(app: AppTest):
    open_unit(app, "layer2.0", 3, "Rendering styles")
    for canvas in ("fourier", "maco", "pixels"):
        assert f"layer2.0, channel 3, {canvas}" in pictures(app)


def test_a_unit_has_a_chart_of_its_peaks_by_class(app: AppTest):
    open_unit(app, "layer2.0", 3, "Classes")
    assert charts(app) == ["Average response of layer2.0, channel 3 by class"]


def test_a_unit_has_the_parts_that_it_covers_best(app: AppTest):
    open_unit(app, "layer2.0", 3, "Parts")
    bench = workbench()
    (scores,) = bench.answer([part_scores_recipe(bench.card(RESNET), "layer2.0")])
    of_unit, of_layer = (frame.value for frame in app.dataframe)
    assert of_unit["iou"].iloc[0] == pytest.approx(scores.iou[3].max())
    assert len(of_layer) == len(scores.iou)


def test_the_picture_is_shown_as_the_layer_represents_it(app: AppTest):
    open_unit(app, "layer2.0", 3, "Your picture in this layer")
    assert {"Same features, free layout", "Same features, same layout"} <= set(pictures(app))


def test_connected_channels_have_pictures_and_open_on_a_click(app: AppTest):
    open_unit(app, "layer2.0", 3, "Connections")
    bench = workbench()
    card = bench.card(RESNET)
    (layers,) = bench.answer([layers_recipe(card)])
    main = [layer.name for layer in layers.main]
    before = main[main.index("layer2.0") - 1]
    incoming = connections_recipe(card, "layer2.0", 3, before, "incoming")
    (effects,) = bench.answer([incoming])
    strongest = int(np.abs(effects).argmax())
    name = f"{strongest} · {effects[strongest]:+.3f}"
    assert f"What {name} looks for" in pictures(app)
    connected = [each for each in app.button if str(each.key).startswith("_connection_")]
    assert len(connected) == 12
    app.button(key=f"_connection_{before}_{strongest}").click()
    run_until_complete(app)
    assert f"**{before}, channel {strongest}**" in texts(app)
    assert app.selectbox(key="neurons_layer").value == before


def test_the_last_layer_is_connected_to_classes_by_name(app: AppTest):
    open_unit(app, "layer4.0", 3, "Connections")
    table = app.dataframe[0].value
    assert set(table["class"]) <= set(workbench().card(RESNET).labels)
    assert table["effect"].abs().is_monotonic_decreasing


def test_a_unit_is_switched_off(app: AppTest):
    open_unit(app, "layer2.0", 3, "Switch it off")
    bench = workbench()
    card, picture = bench.card(RESNET), bench.pictures.find("scene:wolf~7")
    (ablated,) = bench.answer([ablation_recipe(card, "layer2.0", [3], picture.id)])
    table = app.dataframe[0].value.set_index("class")
    probability = dict(zip(card.labels, predict.softmax(ablated), strict=True))
    wanted = [probability[label] for label in table.index]
    np.testing.assert_allclose(table["without"], wanted, rtol=1e-5)


def test_top_crops_are_searched_in_a_folder_of_the_server(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "holiday").mkdir()
    for seed in range(3):
        scenes.draw(class_="wolf", seed=seed).image.save(tmp_path / "holiday" / f"{seed}.png")
    (tmp_path / "empty").mkdir()
    folders = os.pathsep.join([str(tmp_path / "holiday"), str(tmp_path / "empty")])
    monkeypatch.setenv("ZOOSCOPE_PICTURES", folders)
    open_page(app, "neurons", NETWORKS, neurons_layer="layer2.0", neurons_unit="5",
              neurons_section="Strongest examples", neurons_over="holiday")  # fmt: skip
    crops = [caption for image in app.main.get("image") for caption in image.captions]
    peaks = [float(caption) for caption in crops if re.fullmatch(r"-?\d+\.\d\d", caption)]
    assert len(peaks) == 3
    assert peaks == sorted(peaks, reverse=True)
    app.segmented_control(key="neurons_over").set_value("empty")
    run_until_complete(app)
    assert not any(alt.startswith("Crop") for alt in pictures(app))


def test_the_strongest_examples_are_cut_from_what_the_network_sees_of_a_scene(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
):
    """The preprocessing cuts off the border: places on a layer's grid are not the scene's."""
    shown: list[Image.Image] = []
    crop_around = top_crops.crop_around

    def recording_crop_around(picture: Image.Image, *args) -> Image.Image:
        shown.append(picture)
        return crop_around(picture, *args)

    monkeypatch.setattr(top_crops, "crop_around", recording_crop_around)
    open_page(app, "neurons", NETWORKS, neurons_layer="layer2.0", neurons_unit="5",
              neurons_section="Strongest examples", neurons_over="drawn scenes")  # fmt: skip
    bench = workbench()
    card = bench.card(RESNET)
    assert card.preprocessing.crop_pct < 1
    (responses,) = bench.answer([responses_recipe(card, "layer2.0")])
    assert shown
    scene = reference_scenes.scene(int(responses.top(5, 1)[0]), max(card.input_size[1:]))
    seen = card.preprocessing.to_picture(card.preprocessing([scene.image])[0])
    np.testing.assert_array_equal(np.asarray(shown[0]), np.asarray(seen))


def test_a_class_is_chosen_by_its_name_and_those_of_the_picture_come_first(app: AppTest):
    open_page(app, "neurons", [RESNET], neurons_layer="logits")
    bench = workbench()
    card, picture = bench.card(RESNET), bench.pictures.find("scene:wolf~7")
    (computed,) = bench.answer([logits_recipe(card, picture.id)])
    best = [p.label for p in predict.ranking(computed.logits, card.labels, 24)]
    assert tiles(app) == best
    assert all(app.button(key=f"_tile_{card.labels.index(name)}").proto.wrap for name in best)
    picker = app.selectbox(key="neurons_class")
    assert picker.value == best[0]
    assert picker.options[:24] == best
    assert len(picker.options) == 1000
    assert f"**{best[0]}**" in texts(app)
    picker.set_value("tench")
    run_until_complete(app)
    assert "**tench**" in texts(app)
    app.button(key=f"_tile_{card.labels.index(best[2])}").click()
    run_until_complete(app)
    assert f"**{best[2]}**" in texts(app)
    assert app.query_params["neurons_class"] == best[2]
    assert app.pills(key="neurons_section").options == ["Variations"]


def test_a_link_to_a_class_by_its_number_opens_the_class(app: AppTest):
    open_page(app, "neurons", [RESNET], neurons_layer="logits", neurons_unit="1")
    assert "**goldfish**" in texts(app)
    assert app.query_params["neurons_class"] == "goldfish"
    assert "neurons_unit" not in app.query_params


def test_from_a_channel_to_the_classes_the_top_class_of_the_picture_opens(app: AppTest):
    open_page(app, "neurons", [RESNET], neurons_layer="layer2.0", neurons_unit="7")
    app.button(key="_show_classes").click()
    run_until_complete(app)
    assert f"**{app.selectbox(key='neurons_class').options[0]}**" in texts(app)


@pytest.mark.parametrize(
    ("old", "new"), [("Faces", "Variations"), ("Canvases", "Rendering styles"),
                     ("Top crops", "Strongest examples"), ("Without it", "Switch it off")]
)  # fmt: skip
def test_links_with_the_old_name_of_a_view_open_it(app: AppTest, old: str, new: str):
    open_unit(app, "layer2.0", 3, old)
    assert app.pills(key="neurons_section").value == new


def test_rare_settings_are_shown_to_experts_only(app: AppTest):
    open_page(app, "neurons", [RESNET], neurons_layer="layer2.0")
    assert "Rendering styles" not in app.pills(key="neurons_section").options
    assert "neurons_inner" not in [toggle.key for toggle in app.toggle]
    app.toggle(key="expert").set_value(True)
    run_until_complete(app)
    assert "Rendering styles" in app.pills(key="neurons_section").options
    assert "neurons_inner" in [toggle.key for toggle in app.toggle]


def test_the_depth_stays_when_the_network_changes(app: AppTest):
    open_page(app, "neurons", NETWORKS, neurons_layer="layer1.0")
    app.segmented_control(key="model").set_value(EFFICIENTNET_TITLE)
    run_until_complete(app)
    options = app.selectbox(key="neurons_layer").options
    index = options.index(app.selectbox(key="neurons_layer").value)
    assert index < len(options) / 2  # layer1.0 is an early layer


def test_a_link_to_a_layer_that_the_network_does_not_have_opens_another(app: AppTest):
    open_page(app, "neurons", NETWORKS, neurons_layer="nowhere", neurons_unit="999999",
              neurons_section="Nothing")  # fmt: skip
    assert app.selectbox(key="neurons_layer").value in app.selectbox(key="neurons_layer").options
    assert app.number_input(key="neurons_unit").value == app.number_input(key="neurons_unit").max


@pytest.mark.parametrize(("named", "shown"), [("999", 47), ("-3", 0), ("2.5", 2), ("ear", 0)])
def test_a_link_to_a_channel_that_the_layer_does_not_have_says_so(app, named: str, shown: int):
    open_page(app, "neurons", [RESNET], neurons_layer="layer2.0", neurons_unit=named)
    said = (
        f"There is no channel {named}: layer2.0 has only 48 channels, 0 to 47. Channel {shown} is"
    )
    assert said in texts(app)
    app.number_input(key="neurons_unit").set_value(5)
    assert "There is no channel" not in texts(run_until_complete(app))


def test_the_url_holds_a_channel_as_a_whole_number(app: AppTest):
    open_page(app, "neurons", [RESNET], neurons_layer="layer2.0", neurons_unit="5.0")
    assert app.number_input(key="neurons_unit").value == 5
    assert app.query_params["neurons_unit"] == "5"
    assert not app.warning


def test_without_usable_weights_the_page_shows_no_channels(app: AppTest):
    open_page(app, "neurons", ["resnet18.a1_in1k"])
    assert app.info
    assert not tiles(app)
