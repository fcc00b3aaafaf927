"""Sweeps: networks are fed what `preprocess` gives, and seen as the probe sees them."""

import threading

import numpy as np
import pytest
import torch
from PIL import Image

from core import probe, sweep, zoo
from core.visualize import LOGITS
from tests.held_set import drawn

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


def test_items_made_ahead_come_in_order_and_their_errors_in_place():
    def items():
        yield from range(3)
        raise ArithmeticError("the fourth")

    found = []
    with pytest.raises(ArithmeticError, match="the fourth"):
        for item in sweep.ahead(items()):
            found.append(item)
    assert found == [0, 1, 2]
    assert list(sweep.ahead([])) == []


def test_the_next_item_is_made_while_one_is_worked_on():
    made = [threading.Event() for _ in range(3)]

    def items():
        for event in made:
            event.set()
            yield threading.current_thread()

    running = sweep.ahead(items())
    maker = next(running)
    assert maker is not threading.current_thread()
    assert made[1].wait(10)
    running.close()
    assert not maker.is_alive()
    assert not made[2].is_set()


def test_pictures_are_read_one_at_a_time(small_model: zoo.Model):
    """A batch of large photographs would take a gigabyte."""
    chosen = drawn(6)
    held = []

    def watched():
        for batch in sweep.pictures(small_model, chosen, [range(4), range(4, 6)]):
            held.append(len(chosen.asked))
            yield batch

    assert [len(x) for x in sweep.inputs(small_model, watched())] == [4, 2]
    assert held == [0, 4]  # a batch is handed on before any of it is read
    assert chosen.asked == list(range(6))


def test_a_second_thread_computes_on_one_core_and_leaves_the_first_its_own():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        cores = list(sweep.ahead(torch.get_num_threads() for _ in range(2)))
        assert (cores, torch.get_num_threads()) == ([1, 1], 2)
    finally:
        torch.set_num_threads(before)
