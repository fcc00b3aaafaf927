"""Batched reading equals `preprocess` and the probe, picture by picture."""

import threading

import numpy as np
import pytest
import torch
from PIL import Image

from core import batched_reading, compare, embed, probe, zoo
from core.layers import LOGITS, UnknownLayer
from core.steps import Progress, drain
from tests.held_set import InMemorySet, draw_set

LAYERS = ["bn1", "layer2", "fc"]


@pytest.fixture(scope="module")
def imgs() -> list[Image.Image]:
    wide = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 90, 3), np.uint8))
    first, second = draw_set(2).pictures
    return [first, wide, second]


def count_hooks(m: zoo.Model) -> int:
    return sum(len(module._forward_hooks) for module in m.net.modules())


@pytest.mark.parametrize("name", ["untrained/test_resnet", "untrained/test_convnext"])
def test_input_batches_equal_preprocess_bit_for_bit(name, imgs):
    m = zoo.load(name)
    first, second = batched_reading.input_batches(m, [imgs[:2], imgs[2:]])
    assert torch.equal(torch.cat([first, second]), m.preprocess(imgs))


def test_read_layers_returns_the_activations_of_the_probe(small_model: zoo.Model, imgs):
    x = small_model.preprocess(imgs)
    activations = batched_reading.read_layers(small_model, x, [*LAYERS, LOGITS], torch.clone)
    expected = probe.read(small_model, x, LAYERS)
    assert list(activations) == [*LAYERS, LOGITS]
    for name in LAYERS:  # includes bn1, which the next layer overwrites in place
        assert torch.equal(activations[name], expected[name])
    with torch.inference_mode():
        assert torch.allclose(activations[LOGITS], small_model.net(x), atol=1e-6)


def test_channels_come_first_in_channels_last_networks(imgs):
    m = zoo.load("untrained/test_convnext")
    layer = next(layer for layer in m.layers.values() if layer.channel_axis == 3)
    x = m.preprocess(imgs[:1])
    activation = batched_reading.read_layers(m, x, [layer.name], torch.clone)[layer.name]
    assert tuple(activation.shape[1:]) == layer.shape


def test_the_forward_pass_stops_after_the_last_layer(small_model: zoo.Model, imgs):
    x = small_model.preprocess(imgs[:1])
    runs = []
    hook = small_model.net.layer4.register_forward_hook(lambda *_: runs.append(1))
    try:
        batched_reading.read_layers(small_model, x, ["layer2"], torch.clone)
        assert runs == []
        batched_reading.read_layers(small_model, x, ["layer2", LOGITS], torch.clone)
        assert runs == [1]
    finally:
        hook.remove()


def test_no_hook_is_left_also_after_an_error(small_model: zoo.Model, imgs):
    before = count_hooks(small_model)

    def fail(values):
        raise ArithmeticError

    x = small_model.preprocess(imgs[:1])
    batched_reading.read_layers(small_model, x, ["layer2"], torch.clone)
    with pytest.raises(ArithmeticError):
        batched_reading.read_layers(small_model, x, ["layer2"], fail)
    assert count_hooks(small_model) == before
    with pytest.raises(UnknownLayer, match="layer2"):
        batched_reading.read_layers(small_model, x, ["layre2"], torch.clone)


def test_the_pictures_of_a_batch_are_read_concurrently_on_one_core_each(small_model: zoo.Model):
    picture_set = PairedReads()
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        batches = batched_reading.input_batches(
            small_model,
            batched_reading.picture_batches(small_model, picture_set, [[0, 1], [2, 3]]),
        )
        assert len(next(batches)) == 2  # would time out if pictures were read one after the other
        assert (picture_set.threads, torch.get_num_threads()) == ([1, 1], 2)  # first batch only
        assert len(next(batches)) == 2
    finally:
        torch.set_num_threads(before)


def test_a_picture_that_cannot_be_read_stops_the_reading_at_its_batch(small_model: zoo.Model):
    batches = batched_reading.input_batches(
        small_model,
        batched_reading.picture_batches(small_model, draw_set(3), [[0, 1], [2, 3]]),
    )
    assert len(next(batches)) == 2
    with pytest.raises(IndexError):
        next(batches)


def test_others_have_a_turn_while_a_picture_is_read(small_model: zoo.Model):
    picture_set = SlowReads()
    runs = batched_reading.picture_batches(small_model, picture_set, [[0, 1]])
    batches = batched_reading.input_batches_in_turns(small_model, runs)
    assert next(batches) is None
    assert next(batches) is None
    picture_set.may_go_on.set()
    assert len(next(x for x in batches if x is not None)) == 2
    assert list(batches) == []


def test_computations_of_sets_report_progress_while_a_picture_is_read(small_model: zoo.Model):
    picture_set = SlowReads()
    batches = list(batched_reading.picture_batches(small_model, picture_set, [[0, 1, 2, 3]]))
    steps = embed.features_steps(small_model, iter(batches), 4, ["layer2"])
    inputs = batched_reading.input_batches_in_turns(small_model, iter(batches))
    grams = compare.grams_steps(small_model, inputs, 4, ["layer2"])
    assert next(steps) == next(grams) == Progress(0, 4)
    picture_set.may_go_on.set()
    assert len(drain(steps)["layer2"]) == 4
    assert drain(grams).sizes == (4,)


def test_a_computation_that_is_stopped_reads_no_further_pictures(small_model: zoo.Model):
    picture_set = SlowReads()
    runs = batched_reading.picture_batches(small_model, picture_set, [range(4)])
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        batches = batched_reading.input_batches_in_turns(small_model, runs)
        assert next(batches) is None
        threading.Timer(0.1, picture_set.may_go_on.set).start()
        batches.close()
    finally:
        torch.set_num_threads(before)
    assert picture_set.read == [0]


class SlowReads(InMemorySet):
    """A set that returns no picture before it may."""

    def __init__(self) -> None:
        super().__init__("slow", draw_set(4).pictures)
        self.may_go_on = threading.Event()
        self.read: list[int] = []

    def image(self, index: int, size: int = 320) -> Image.Image:
        self.read.append(index)
        assert self.may_go_on.wait(60)
        return super().image(index, size)


class PairedReads(InMemorySet):
    """A set that returns a picture only while another is read; records torch's threads."""

    def __init__(self) -> None:
        super().__init__("paired", draw_set(4).pictures)
        self.threads: list[int] = []
        self._pair = threading.Barrier(2, timeout=60)

    def image(self, index: int, size: int = 320) -> Image.Image:
        self.threads.append(torch.get_num_threads())
        self._pair.wait()
        return super().image(index, size)
