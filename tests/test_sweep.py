"""Sweeps: networks are fed what `preprocess` gives, and seen as the probe sees them."""

import threading

import numpy as np
import pytest
import torch
from PIL import Image

from core import probe, sweep, zoo
from core.visualize import LOGITS
from tests.held_set import HeldSet, drawn

LAYERS = ["bn1", "layer2", "fc"]


@pytest.fixture(scope="module")
def imgs() -> list[Image.Image]:
    wide = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 90, 3), np.uint8))
    first, second = drawn(2).pictures
    return [first, wide, second]


def hooks(m: zoo.Model) -> int:
    return sum(len(module._forward_hooks) for module in m.net.modules())


@pytest.mark.parametrize("name", ["untrained/test_resnet", "untrained/test_convnext"])
def test_inputs_are_those_of_preprocess_bit_for_bit(name, imgs):
    m = zoo.load(name)
    first, second = sweep.inputs(m, [imgs[:2], imgs[2:]])
    assert torch.equal(torch.cat([first, second]), m.preprocess(imgs))


def test_what_is_taken_is_of_the_probes_activations(small_model: zoo.Model, imgs):
    x = small_model.preprocess(imgs)
    found = sweep.seen(small_model, x, [*LAYERS, LOGITS], torch.clone)
    expected = probe.read(small_model, x, LAYERS)
    assert list(found) == [*LAYERS, LOGITS]
    for name in LAYERS:  # bn1 among them, which the next layer rewrites in place
        assert torch.equal(found[name], expected[name])
    with torch.inference_mode():
        assert torch.allclose(found[LOGITS], small_model.net(x), atol=1e-6)


def test_channels_come_first_in_networks_that_have_them_last(imgs):
    m = zoo.load("untrained/test_convnext")
    last = [layer for layer in m.layers.values() if layer.channel_axis == 3]
    assert last
    x = m.preprocess(imgs[:1])
    found = sweep.seen(m, x, [last[0].name], torch.clone)[last[0].name]
    assert tuple(found.shape[1:]) == last[0].shape


def test_the_network_runs_no_further_than_needed(small_model: zoo.Model, imgs):
    x = small_model.preprocess(imgs[:1])
    runs = []
    hook = small_model.net.layer4.register_forward_hook(lambda *_: runs.append(1))
    try:
        sweep.seen(small_model, x, ["layer2"], torch.clone)
        assert runs == []
        sweep.seen(small_model, x, ["layer2", LOGITS], torch.clone)
        assert runs == [1]
    finally:
        hook.remove()


def test_nothing_is_left_behind_also_after_an_error(small_model: zoo.Model, imgs):
    before = hooks(small_model)

    def fails(values):
        raise ArithmeticError

    x = small_model.preprocess(imgs[:1])
    sweep.seen(small_model, x, ["layer2"], torch.clone)
    with pytest.raises(ArithmeticError):
        sweep.seen(small_model, x, ["layer2"], fails)
    assert hooks(small_model) == before
    with pytest.raises(probe.UnknownLayer, match="layer2"):
        sweep.seen(small_model, x, ["layre2"], torch.clone)


def test_pictures_are_read_at_once_on_a_core_each_and_not_before_their_batch(
    small_model: zoo.Model,
):
    chosen = Watched()
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        found = sweep.inputs(small_model, sweep.pictures(small_model, chosen, [[0, 1], [2, 3]]))
        assert len(next(found)) == 2  # would never come if one waited for the other
        assert (chosen.cores, torch.get_num_threads()) == ([1, 1], 2)
        assert len(next(found)) == 2
    finally:
        torch.set_num_threads(before)


def test_a_picture_that_cannot_be_read_stops_the_sweep_where_it_is(small_model: zoo.Model):
    found = sweep.inputs(small_model, sweep.pictures(small_model, drawn(3), [[0, 1], [2, 3]]))
    assert len(next(found)) == 2
    with pytest.raises(IndexError):
        next(found)


class Watched(HeldSet):
    """Two pictures of a batch are only given when both are asked for; notes by how many cores."""

    def __init__(self) -> None:
        super().__init__("watched", drawn(4).pictures)
        self.cores: list[int] = []
        self._both = threading.Barrier(2, timeout=10)

    def image(self, index: int, size: int = 320) -> Image.Image:
        self.cores.append(torch.get_num_threads())
        self._both.wait()
        return super().image(index, size)
