"""The page Layers: the strips of activation maps, and what is known of each layer."""

from streamlit.testing.v1 import AppTest

from core.workbench.tasks.activation_maps import activation_maps_recipe
from core.workbench.tasks.layers import layers_recipe
from pages.parts.shared.session import workbench
from tests.pages.visit import (
    EFFICIENTNET,
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


def test_channels_link_to_the_microscope(app: AppTest):
    open_page(app, "layers", [RESNET])
    bench = workbench()
    picture = bench.pictures.find("scene:wolf~7")
    (maps,) = bench.answer([activation_maps_recipe(bench.card(RESNET), "layer4.0", picture.id)])
    wanted = [str(channel) for channel in maps.channels[:8]]
    assert link_labels(app)[-8:] == wanted
    assert [query.rpartition("=")[2] for query in link_queries(app)[-8:]] == wanted
    assert "neurons_layer=layer4.0" in link_queries(app)[-1]


def test_another_network_has_its_own_layers(app: AppTest):
    open_page(app, "layers", [RESNET, EFFICIENTNET], model=EFFICIENTNET)
    assert any(alt.startswith("Maps of blocks.") for alt in pictures(app))
    assert not any("layer1" in alt for alt in pictures(app))
