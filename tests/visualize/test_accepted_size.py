"""Pictures have a size by default that the network accepts."""

import pytest

from core import visualize, zoo
from core.visualize import BadSize, Quality

SHORT = Quality(size=96, steps=1)


@pytest.mark.parametrize(
    ("name", "layer", "size"),
    [
        ("visformer_tiny", "stage2", 224),  # one input size
        ("gcvit_xxtiny", "stages.2", 224),
        ("halonet26t", "stages.3", 256),
        ("test_resnet", "layer2", 96),  # every size
    ],
)
def test_the_default_is_a_size_that_the_network_accepts(name: str, layer: str, size: int):
    m = zoo.load(f"untrained/{name}")
    (picture,) = visualize.render(m, [visualize.channel(layer, 0)], quality=SHORT)
    assert picture.shape == (size, size, 3)


def test_the_error_for_another_size_names_one_that_is_accepted():
    m = zoo.load("untrained/visformer_tiny")
    with pytest.raises(BadSize, match="choose 224"):
        visualize.render(m, [visualize.channel("stage2", 0)], size=96, steps=1)
