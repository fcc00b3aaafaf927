"""The bundled networks: how order appears with depth."""

import pytest

from core import embed, sweep, zoo
from core.anatomy import anatomy
from core.sets import drawn_scenes
from core.steps import drain

# Twelve a class: enough for the ten neighbours that purity looks at.
SCENES = drawn_scenes.from_reference("scenes:336~11")
LABELS = [SCENES.label(index) for index in range(len(SCENES))]


@pytest.mark.parametrize("name", ["resnet", "regnet", "mobilenet", "convnext"])
def test_classes_come_apart_with_depth(bundled, name):
    m = zoo.load(f"bundled/scenes-{name}")
    names = [organ.name for organ in anatomy(m) if organ.main and organ.has_positions]
    layers = [names[0], names[len(names) // 2], names[-1]]
    runs = [range(start, start + 28) for start in range(0, len(SCENES), 28)]
    found = drain(embed.features_steps(m, sweep.pictures(m, SCENES, runs), len(SCENES), layers))
    first, middle, last = (embed.purity(found[layer], LABELS) for layer in layers)
    assert first < 0.4
    assert first < middle < last
    assert last > 0.55
