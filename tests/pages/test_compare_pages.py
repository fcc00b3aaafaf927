"""The pages Layers and Neurons, compared."""

import pytest
from streamlit.testing.v1 import AppTest

from core import compare, tasks
from core.visualize import Quality
from pages.parts.session import workbench
from tests.pages.conftest import links, settled

RESNET, EFFICIENTNET = "local/test_resnet", "local/test_efficientnet"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of a few steps, and a small set of scenes."""
    monkeypatch.setattr("core.visualize.quality.UNITS", Quality(size=24, steps=4))
    monkeypatch.setattr("core.dissect.sample.COUNT", 56)


def opened(app: AppTest, page: str, *models: str, **asked: str) -> AppTest:
    app.query_params["models"] = list(models)
    app.query_params["picture"] = "scene:wolf~7"
    app.run()
    app.switch_page(f"pages/{page}.py")
    for name, value in asked.items():
        app.query_params[name] = value
    return settled(app)


def captions(app: AppTest) -> list[str]:
    return [caption for image in app.get("image") for caption in image.captions]


def test_layers_shows_every_block_with_its_size(app: AppTest):
    opened(app, "layers", RESNET)
    shown = " ".join(text.value for text in app.markdown)
    for name in ("layer1.0", "layer2.0", "layer3.0", "layer4.0"):
        assert name in shown
    assert any("48 channels of" in caption.value for caption in app.caption)
    assert len(app.get("plotly_chart")) == 2


def test_layers_of_another_network(app: AppTest):
    opened(app, "layers", RESNET, EFFICIENTNET, model=EFFICIENTNET)
    assert any("blocks" in text.value for text in app.markdown)


def test_networks_stand_side_by_side_at_four_depths(app: AppTest):
    opened(app, "compare_neurons", RESNET, EFFICIENTNET)
    assert [text.value for text in app.subheader][:2] == ["Early", "Lower middle"]
    assert len(captions(app)) == 4 * 2 * 4 + 1  # and the chosen picture


def test_the_like_of_a_neuron_is_the_one_that_correlates_best(app: AppTest):
    asked = {"view": "The same neuron", "of_layer": "layer3.0", "of_unit": "7"}
    opened(app, "compare_neurons", RESNET, EFFICIENTNET, **asked)
    bench = workbench()
    own, other = bench.card(RESNET), bench.card(EFFICIENTNET)
    names = [
        organ.name
        for organ in tasks.organs_of(bench.answer([tasks.body_recipe(other)])[0])
        if organ.main and organ.has_positions
    ]
    recipes = [tasks.responses_recipe(own, "layer3.0")]
    recipes += [tasks.responses_recipe(other, name) for name in names]
    first, *others = [tasks.responses_of(result).peak for result in bench.answer(recipes)]
    match = compare.matched(first[:, 7], dict(zip(names, others, strict=True)))
    expected = f"{match.layer}, channel {match.unit} · r = {match.r:.2f}"
    assert expected in links(app)


def test_units_are_counted_by_part_and_depth(app: AppTest):
    opened(app, "compare_neurons", RESNET, EFFICIENTNET, view="Parts by depth")
    assert len(app.get("plotly_chart")) == 2
    assert len(app.dataframe) == 2


def test_one_network_alone_is_a_hint(app: AppTest):
    opened(app, "compare_neurons", RESNET)
    assert any("at least two" in info.value for info in app.info)
