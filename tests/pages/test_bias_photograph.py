"""The page Bias with any picture: a marked area, changed pictures, what networks say of them."""

import numpy as np
from streamlit.testing.v1 import AppTest

from core import interventions
from core.interventions import PHOTO_CHANGES
from pages.parts.bias.area_picker import BOX, HEAT_MAP
from tests.pages.visit import RESNET, download_labels, open_page, texts, tiles

# An option of the page: importing the page would run it.
PICTURE = "The picture in the sidebar"
TWO = [RESNET, "untrained/test_efficientnet"]


def own_area() -> str:
    cells = np.zeros((32, 32), bool)
    cells[8:24, 8:24] = True
    return interventions.area_text(cells)


def test_networks_of_photographs_open_on_the_picture_and_its_heat_map(app: AppTest):
    open_page(app, "bias", TWO)
    assert not app.error
    assert app.get_by_key("bias_pictures").value == PICTURE
    assert app.get_by_key("bias_tool").value == HEAT_MAP
    shown = tiles(app)
    assert [tile["label"] for tile in shown][1:] == [c.title for c in PHOTO_CHANGES.values()]
    assert all(tile["note"].count("%") == len(TWO) for tile in shown)
    table = app.dataframe[0].value
    assert len(table) == len(PHOTO_CHANGES) + 1
    assert table.shape[1] == 1 + len(TWO)
    assert "what it does" not in table
    assert "CSV" in download_labels(app)


def test_a_link_opens_an_own_area_and_a_changed_picture(app: AppTest):
    open_page(
        app, "bias", TWO, bias_pictures=PICTURE, bias_tool=BOX, bias_area=own_area(),
        bias_change="background_grey",
    )  # fmt: skip
    assert not app.error
    assert PHOTO_CHANGES["background_grey"].text in texts(app)
    assert "PNG" in download_labels(app)
    assert [tile["key"] for tile in tiles(app) if tile["chosen"]] == ["background_grey"]


def test_a_wrong_area_in_a_link_is_named_and_left_out(app: AppTest):
    open_page(
        app, "bias", [RESNET], bias_pictures=PICTURE, bias_tool=BOX, bias_area="nonsense",
        bias_change="../etc",
    )  # fmt: skip
    assert not app.exception
    assert "Mark it again" in app.warning[0].value
    assert "Nothing is marked yet" in texts(app)
    whole = [c.title for c in PHOTO_CHANGES.values() if not c.needs_area]
    assert [tile["label"] for tile in tiles(app)][1:] == whole
