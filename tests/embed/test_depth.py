"""Bundled networks separate classes better with depth."""

import pytest

from core import batched_reading, embed, zoo
from core.layer_info import list_layers
from core.sets import drawn_scenes
from core.steps import drain

# Twelve pictures per class: enough for the ten neighbours that purity uses.
SCENES = drawn_scenes.from_reference("scenes:336~11")
LABELS = [SCENES.label(index) for index in range(len(SCENES))]


@pytest.mark.parametrize("name", ["mobilenet", "convnext"])
def test_purity_of_classes_increases_with_depth(bundled, name):
    m = zoo.load(f"bundled/scenes-{name}")
    names = [
        layer_info.name
        for layer_info in list_layers(m)
        if layer_info.main and layer_info.is_spatial
    ]
    layers = [names[0], names[len(names) // 2], names[-1]]
    runs = [range(start, start + 28) for start in range(0, len(SCENES), 28)]
    features = drain(
        embed.features_steps(
            m, batched_reading.picture_batches(m, SCENES, runs), len(SCENES), layers
        )
    )
    first, middle, last = (embed.purity(features[layer], LABELS) for layer in layers)
    assert first < 0.4
    assert first < middle < last
    assert last > 0.55
