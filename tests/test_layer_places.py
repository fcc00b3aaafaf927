"""Which axes of an activation may be height and width, by where changed patches change it."""

import pytest
import torch

from core.layer_axes import InputSize
from core.layer_places import PATCH_CENTRES, local_changes


@pytest.mark.parametrize("kind", [torch.float32, torch.bool, torch.uint8])
def test_a_map_changes_where_the_input_does_whatever_its_type(kind: torch.dtype):
    """A mask is boolean (timm's gemma4_vit_167m_enc has one), and 0 - 1 is no uint8."""
    maps = torch.ones(1 + len(PATCH_CENTRES), 2, 8, 8)
    for index, (y, x) in enumerate(PATCH_CENTRES, 1):
        maps[index, :, int(8 * y), int(8 * x)] = 0
    found = local_changes(maps.to(kind), InputSize(4, 64, 64))
    assert found == local_changes(maps, InputSize(4, 64, 64))
    assert any(found.values())
