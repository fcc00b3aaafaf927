"""The page Layers: the strips of activation maps, and what is known of each layer."""

import pytest
from streamlit.testing.v1 import AppTest

from core.workbench.tasks.activation_maps import activation_maps_recipe
from core.workbench.tasks.layers import layers_recipe
from pages.parts.shared.session import workbench
from tests.pages.visit import (
    EFFICIENTNET,
    EFFICIENTNET_TITLE,
    RESNET,
    charts,
    link_labels,
    link_queries,
    open_page,
    pictures,
    texts,
)


def test_each_block_has_a_strip_of_maps_and_its_size(app: AppTest):
    open_page(app, "layers", [RESNET])
    (layers,) = workbench().answer([layers_recipe(workbench().card(RESNET))])
    blocks = [layer for layer in layers.main if layer.name.startswith("layer")]
    assert len(blocks) >= 4
    for block in blocks:
        channels, height, width = block.shape
        assert f"Maps of {block.name}" in pictures(app)
        assert f"{channels} channels of {height} × {width}" in texts(app)
    assert len(charts(app)) == 2


def test_the_rows_are_under_headings_that_say_what_a_depth_is_for(app: AppTest):
    open_page(app, "layers", [RESNET])
    (layers,) = workbench().answer([layers_recipe(workbench().card(RESNET))])
    depths = {layer.name: layer.depth for layer in layers.main}
    groups: dict[str, list[float]] = {}
    for element in app.markdown:
        if element.value.startswith("#### "):
            groups[element.value] = []
        elif (name := element.value.strip("*")) in depths:
            list(groups.values())[-1].append(depths[name])
    assert [heading.split(" ")[1] for heading in groups] == ["Early", "Middle", "Late"]
    assert all("usually" in heading for heading in groups)
    early, middle, late = groups.values()
    assert max(early) < 1 / 3 <= min(middle)
    assert max(middle) < 2 / 3 <= min(late)


def test_channels_link_to_the_microscope(app: AppTest):
    open_page(app, "layers", [RESNET])
    bench = workbench()
    picture = bench.pictures.find("scene:wolf~7")
    (maps,) = bench.answer([activation_maps_recipe(bench.card(RESNET), "layer4.0", picture.id)])
    wanted = [str(channel) for channel in maps.channels[:8]]
    assert link_labels(app)[-8:] == wanted
    assert [query.rpartition("=")[2] for query in link_queries(app)[-8:]] == wanted
    assert "neurons_layer=layer4.0" in link_queries(app)[-1]


@pytest.mark.parametrize("model", [EFFICIENTNET_TITLE, EFFICIENTNET])
def test_a_link_opens_another_network_by_its_title_or_full_name(app: AppTest, model: str):
    open_page(app, "layers", [RESNET, EFFICIENTNET], model=model)
    assert app.segmented_control(key="model").value == EFFICIENTNET_TITLE
    assert any(alt.startswith("Maps of blocks.") for alt in pictures(app))
    assert not any("layer1" in alt for alt in pictures(app))
