"""A transformer stands beside a CNN on every page: its patches are positions."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.visit import RESNET, open_page, texts, tiles

VIT = "untrained/test_vit"
SMALL = {"set": "scenes:12~7", "maps_iterations": 50, "maps_perplexity": 3}


@pytest.mark.parametrize(
    "page", ["overview", "predict", "layers", "neurons", "maps", "compare", "compare_neurons"]
)
def test_a_page_shows_a_transformer_beside_a_cnn(app: AppTest, page: str):
    open_page(app, page, [RESNET, VIT], **SMALL)
    assert not app.error, app.error[0].value
    assert "test_vit" in texts(app)


def test_heat_maps_of_a_transformer_are_shown_and_tested(app: AppTest):
    methods = ["Grad-CAM", "StageCAM", "Gradient"]
    open_page(app, "saliency", [RESNET, VIT], methods=methods)
    assert not app.error, app.error[0].value
    shown = {tile["alt"] for tile in tiles(app) if tile["picture"]}
    assert {f"{method} of test_vit (untrained)" for method in methods} <= shown
    open_page(app, "trust", [RESNET, VIT], methods=methods)
    assert "test_vit (untrained)" in set(app.dataframe[0].value["network"])
