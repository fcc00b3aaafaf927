"""Areas of a picture: texts of links, cells of a heat map, masks."""

import numpy as np
import pytest

from core.interventions import BadArea, area_cells, area_text, strongest_cells
from core.interventions.area import CELLS, mask


def test_a_text_holds_the_cells():
    cells = np.random.default_rng(0).random((CELLS, CELLS)) < 0.5
    assert (area_cells(area_text(cells)) == cells).all()
    assert len(area_text(cells)) == 171
    assert area_text(area_cells("")) == ""


@pytest.mark.parametrize("text", ["a", "A" * 170, "A" * 172, "é" * 171, "!" * 171, "A" * 4000])
def test_other_texts_are_refused(text: str):
    with pytest.raises(BadArea, match="Mark it again"):
        area_cells(text)


def test_the_strongest_cells_lie_where_the_crop_lies():
    """The map's hot corner is the crop's: the picture is twice as wide as its crop."""
    heat = np.zeros((8, 8))
    heat[:4, :4] = 1
    cells = strongest_cells(heat, (64, 0, 128, 64), (192, 64), 0.2)
    rows, columns = np.nonzero(cells)
    assert np.count_nonzero(cells) == round(0.2 * CELLS * 12)  # the crop has parts of 12 columns
    assert rows.max() < CELLS * 0.6
    assert columns.min() >= CELLS / 3 - 1
    assert columns.max() <= CELLS / 2 + 1


def test_a_map_without_differences_gives_the_share_asked_for():
    assert strongest_cells(np.ones((4, 4)), (0, 0, 9, 9), (9, 9), 0.25).sum() == 256


def test_a_mask_is_1_inside_and_0_outside():
    cells = np.zeros((CELLS, CELLS), bool)
    cells[:, :16] = True
    found = mask(cells, (320, 160))
    assert found.shape == (160, 320, 1)
    assert found[:, :150].min() == 1
    assert found[:, 170:].max() == 0
