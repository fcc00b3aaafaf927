"""The page Maps: pictures, neurons, and pictures through the layers."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import tasks
from core.compare import Verdicts
from core.sets import drawn
from core.sets.folder import Folders
from core.visualize import Quality
from pages.parts import colouring, selection
from pages.parts.session import workbench
from pages.parts.text import plain
from tests.pages.conftest import settled

RESNET, EFFICIENTNET = "local/test_resnet", "local/test_efficientnet"
SET = "scenes:24~5~classes=cat,dog,wolf"
QUICK = {"perplexity": "5", "iterations": "50"}


def opened(app: AppTest, *models: str, **asked: str) -> AppTest:
    app.query_params["models"] = list(models)
    app.query_params["picture"] = "scene:wolf~7"
    app.run()
    app.switch_page("pages/maps.py")
    for name, value in {"set": SET, **QUICK, **asked}.items():
        app.query_params[name] = value
    return settled(app)


def texts(app: AppTest) -> str:
    shown = (*app.caption, *app.markdown, *app.info, *app.warning, *app.subheader)
    return " ".join(one.value for one in shown)


def alts(app: AppTest) -> list[str]:
    return [chart.proto.alt for chart in app.get("plotly_chart")]


def test_each_network_has_a_map_with_what_is_known_of_it(app: AppTest):
    opened(app, RESNET, EFFICIENTNET)
    maps = [alt for alt in alts(app) if alt.startswith("Map of 24 pictures")]
    assert len(maps) == 2
    bench = workbench()
    features = [
        tasks.features_recipe(bench.card(name), SET, layer)
        for name, layer in ((RESNET, "layer4.0"), (EFFICIENTNET, "bn2"))
    ]
    asked = {"perplexity": 5, "iterations": 50}
    first = tasks.tsne_recipe(features[0], "axes", SET, **asked)
    second = tasks.tsne_recipe(features[1], first, SET, **asked)
    for recipe in (first, second):
        result = bench.store.get(recipe.key)
        assert result is not None
        assert f"Trustworthiness {result.record['trustworthiness']:.3f}" in texts(app)
        assert f"class purity {result.record['purity']:.2f}" in texts(app)


def test_a_link_chooses_pictures_and_shows_what_networks_say_of_them(app: AppTest):
    opened(app, RESNET, EFFICIENTNET, chosen="1,4-5,99")
    assert "3 chosen" in texts(app)
    pictures = [one.alt for image in app.get("image") for one in image.proto.imgs]
    assert [alt for alt in pictures if alt.startswith("Picture")] == [
        "Picture 1: dog", "Picture 4: dog", "Picture 5: wolf",
    ]  # fmt: skip
    assert sum(alt.startswith("Where test_") for alt in pictures) == 2 * 3
    bench = workbench()
    card = bench.card(RESNET)
    said = tasks.verdicts_of(bench.answer([tasks.verdicts_recipe(card, SET)])[0], card)
    assert f"1: :red[{plain(said.labels[4])} {said.probability[4]:.0%}]" in texts(app)
    app.button(key="_clear_chosen").click()
    settled(app)
    assert "3 chosen" not in texts(app)
    assert app.text_input(key="chosen").value == ""


def test_another_seed_and_the_sidebars_picture_and_pca(app: AppTest):
    opened(app, RESNET, again="true", place="true")
    assert "from another seed" in texts(app)
    app.segmented_control(key="map").set_value("PCA")
    settled(app)
    assert "from another seed" not in texts(app)
    assert "perplexity" not in texts(app)


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "too few pictures for neighbourhoods (1)"),
        (2, "too few pictures for neighbourhoods (2)"),
        (5, "perplexity 1.3, since 5 pictures allow no more (asked: 5)"),
    ],
)
def test_few_pictures_get_an_answer(app: AppTest, count: int, said: str):
    opened(app, RESNET, set=drawn(count).reference)
    assert said in texts(app)


def test_identical_pictures_are_said_to_be(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in "abcdef":
        Image.new("RGB", (40, 40), "teal").save(tmp_path / f"{name}.png")
    monkeypatch.setenv("ZOOSCOPE_PICTURES", str(tmp_path))
    reference = Folders([tmp_path]).get(tmp_path.name).reference
    opened(app, RESNET, set=reference)
    assert "these pictures are all the same to this layer" in texts(app)
    assert "No class has" not in texts(app)
    app.segmented_control(key="maps_of").set_value("Through the layers")
    settled(app)
    assert "No class has two pictures here" in texts(app)
    app.segmented_control(key="maps_of").set_value("Neurons")
    settled(app)
    assert any("None of these units ever changes" in error.value for error in app.error)


def test_a_links_nonsense_is_brought_within_bounds(app: AppTest):
    opened(
        app, RESNET, perplexity="-4", iterations="a lot", exaggeration="99999999999999999999",
        metric="taxicab", depth="bottom", colour="taste", map="globe", mouse="cat", chosen="<b>",
    )  # fmt: skip
    assert app.number_input(key="perplexity").value == 30
    assert app.number_input(key="iterations").value == 750
    assert any(alt.startswith("Map of 24") for alt in alts(app))


def test_layers_are_chosen_by_name(app: AppTest):
    opened(app, RESNET, depth="by name", layer_0="layer2.0")
    recipe = tasks.features_recipe(workbench().card(RESNET), SET, "layer2.0")
    wanted = tasks.tsne_recipe(recipe, "axes", SET, perplexity=5, iterations=50)
    assert workbench().store.get(wanted.key) is not None


def test_units_of_two_networks_lie_on_one_map(app: AppTest, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("core.visualize.quality.UNITS", Quality(size=24, steps=4))
    asked = {"units_0": "layer4.0", "units_1": "blocks.3.0", "units": "3"}
    opened(app, RESNET, EFFICIENTNET, maps_of="Neurons", **asked)
    bench = workbench()
    responses = [
        tasks.responses_recipe(bench.card(name), layer, [SET])
        for name, layer in ((RESNET, "layer4.0"), (EFFICIENTNET, "blocks.3.0"))
    ]
    recipe = tasks.neurons_recipe(responses, [], perplexity=5, iterations=50)
    result = bench.store.get(recipe.key)
    assert result is not None
    count = len(result.arrays["unit"])
    assert f"Map of {count:,} units, coloured by kind" in alts(app)
    unit = int(result.arrays["unit"][3])
    assert plain(f"test_resnet layer4.0, {unit}") in texts(app)
    assert f"{len(tasks.kinds_of(result))} kinds" in texts(app)


def test_too_few_pictures_for_units(app: AppTest):
    opened(app, RESNET, maps_of="Neurons", set=drawn(2).reference)
    assert "three pictures at least" in texts(app)


def test_stages_go_from_the_picture_to_the_classes_with_their_purity(app: AppTest):
    opened(app, RESNET, EFFICIENTNET, maps_of="Through the layers")
    (stages,) = [alt for alt in alts(app) if "stages" in alt]
    assert stages == "Maps of 24 pictures at 7 stages of test_resnet"
    assert "Class purity of each network's layers by depth" in alts(app)


def test_numbers_are_read_and_written():
    assert selection.numbers("3, 7,12-14 x", 14) == [3, 7, 12, 13]
    assert selection.numbers("9-1,900000-999999", 20) == []
    assert selection.numbers("", 5) == []
    for some in ([], [4], [1, 2], [1, 2, 3, 9, 11, 12]):
        assert selection.numbers(selection.written(some), 20) == some
    assert selection.written(np.arange(5).tolist()) == "0-4"


def test_colours_are_the_same_on_all_maps_and_say_what_is_right():
    chosen = drawn(6, 5, ["cat", "dog"])
    first = Verdicts(("cat", "dog", "cat", "dog", "cat", "bus"), np.full(6, 0.5, np.float32))
    others = Verdicts(("tabby",) * 6, np.full(6, 0.25, np.float32))
    said = {"a": first, "b": others}
    by = colouring.colouring(colouring.SAID, chosen, ["a", "b"], said)
    assert by.colours == {"a": list(first.labels), "b": list(others.labels)}
    assert list(by.kinds) == ["cat", "dog", "tabby", "bus"]
    right = colouring.colouring(colouring.RIGHT, chosen, ["a", "b"], said)
    assert right.colours["a"] == ["right"] * 5 + ["wrong"]
    assert right.colours["b"] == [""] * 6  # it does not know these classes at all
    sure = colouring.colouring(colouring.SURE, chosen, ["a"], said).colours["a"]
    np.testing.assert_allclose(sure, 0.5)
    facts = colouring.colouring("background", chosen, ["a"], {}).colours["a"]
    assert facts == [chosen.facts(index)["background"] for index in range(6)]
