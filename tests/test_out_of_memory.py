"""When memory runs out, batches are halved, and the results are those of whole batches.

A network of each test runs out of memory for more than a few pictures, as on a small GPU.
"""

import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from core import compare, dissect, embed, memory, predict, probe, saliency, visualize, zoo
from core.layers import LOGITS
from core.saliency import sensitivity_steps
from core.saliency.sanity import sanity_steps
from core.steps import drain
from core.visualize import Quality
from core.zoo import Model, model

FITTING = 2  # pictures
PICTURES = 5
SIDE = 64  # pixels
ERROR = "CUDA out of memory"
# Options that make methods with many passes quick.
QUICK_OPTIONS = {
    "smooth_grad": {"samples": 3},
    "var_grad": {"samples": 3},
    "integrated_gradients": {"steps": 4, "limit": 8},
    "occlusion": {"window": 30, "stride": 17},
    "rise": {"masks": 6},
    "superpixels": {"segments": 6, "samples": 8},
    "stage_cam": {"stages": 2},
    "score_cam": {"layer": "layer1"},  # has fewer channels than later layers
}
CLASSES = list(range(PICTURES))
SMALL = Quality(size=32, steps=3)


@pytest.fixture(scope="module")
def imgs() -> list[Image.Image]:
    pixels = np.random.default_rng(0).integers(0, 256, (PICTURES, 8, 8, 3), np.uint8)
    return [Image.fromarray(each).resize((SIDE, SIDE)) for each in pixels]


@pytest.fixture(scope="module")
def small_network() -> Model:
    """A small network with small inputs, whose layers are listed."""
    m = zoo.load("untrained/test_resnet")
    m.card = replace(m.card, config={**m.card.config, "input_size": (3, SIDE, SIDE)})
    assert m.stage_ends
    assert m.batch_size
    return m


@pytest.fixture
def m(small_network: Model) -> Iterator[Model]:
    """The network, whose memory is large again after the test."""
    most_rows = small_network._most_rows
    yield small_network
    small_network._most_rows = most_rows
    small_network.net.layer1._forward_hooks.clear()


class SmallMemory:
    """Makes a network run out of memory for more than `most` pictures, and counts its passes.

    Attributes:
        failures: The number of pictures of each pass that failed.
        sizes: The number of pictures of each pass that fitted.
    """

    def __init__(self, m: Model, most: int, error: RuntimeError | None = None):
        self.most, self.error = most, error or torch.OutOfMemoryError(ERROR)
        self.failures: list[int] = []
        self.sizes: list[int] = []
        # At the end of the network's first part: some memory is taken before it runs out.
        m.net.layer1.register_forward_hook(self._check)

    def _check(self, _module: torch.nn.Module, _inputs: object, output: Tensor) -> None:
        count = len(output)
        (self.failures if count > self.most else self.sizes).append(count)
        if count > self.most:
            raise self.error


def explain_by(key: str) -> Callable[[Model, list[Image.Image]], np.ndarray]:
    options = QUICK_OPTIONS.get(key, {})
    return lambda m, imgs: saliency.explain(m, imgs, key, classes=CLASSES, **options)


def score_maps(m: Model, imgs: list[Image.Image]) -> np.ndarray:
    maps = np.random.default_rng(0).random((1, *m.input_size[1:]), np.float32)
    evaluation = saliency.evaluate(m, imgs[:1], maps)
    return np.concatenate([evaluation.insertion, evaluation.deletion])


def render(m: Model, _imgs: list[Image.Image]) -> np.ndarray:
    objectives = [visualize.channel("layer2", index) for index in range(PICTURES)]
    return drain(visualize.render_steps(m, objectives, quality=SMALL)).scores


def read_by_probe(m: Model, imgs: list[Image.Image]) -> np.ndarray:
    return probe.read(m, m.preprocess(imgs), ["layer2"])["layer2"].numpy()


def top_predictions(m: Model, imgs: list[Image.Image]) -> np.ndarray:
    return np.array([each[0].index for each in predict.top_classes(m, imgs, 1)])


def fields(m: Model, _imgs: list[Image.Image]) -> np.ndarray:
    return np.array(list(dissect.receptive_fields(m, ["layer1", "layer2"]).values()))


# One or more of every family of public methods.
FAMILIES: dict[str, Callable[[Model, list[Image.Image]], np.ndarray]] = {
    **{f"explain {key}": explain_by(key) for key in saliency.methods()},
    "explain the top class": lambda m, imgs: saliency.explain(m, imgs, "grad_cam"),
    "evaluate": score_maps,
    "sensitivity": lambda m, imgs: drain(sensitivity_steps(m, imgs, "grad_cam", CLASSES)),
    "sanity": lambda m, imgs: drain(sanity_steps(m, imgs, "grad_cam", CLASSES)).likeness,
    "predict.scores": lambda m, imgs: predict.scores(m, imgs).logits,
    "predict.top_classes": top_predictions,
    "probe.read": read_by_probe,
    "embed.features": lambda m, imgs: embed.features(m, imgs, "layer2"),
    "embed.features of logits": lambda m, imgs: embed.features(m, imgs, LOGITS),
    "compare.grams": lambda m, imgs: compare.grams(m, imgs, ["layer1", "layer3"]).entries,
    "dissect.responses": lambda m, imgs: dissect.responses(m, imgs, ["layer2"])["layer2"].peak,
    "dissect.parts": lambda m, imgs: dissect.parts(m, "layer2", count=7).iou,
    "dissect.incoming": lambda m, imgs: dissect.incoming(m, imgs, "layer3", 5, "layer2"),
    "dissect.outgoing": lambda m, imgs: dissect.outgoing(m, imgs, "layer2", 3, LOGITS),
    "dissect.logits_without": lambda m, imgs: dissect.logits_without(m, imgs, {"layer2": [0]}),
    "dissect.receptive_fields": fields,
    "visualize.render": render,
}


@pytest.mark.parametrize("compute", FAMILIES.values(), ids=FAMILIES)
def test_every_method_halves_its_batches_with_an_equal_result(m: Model, imgs, compute):
    whole = compute(m, imgs)
    passes = SmallMemory(m, FITTING)
    halved = compute(m, imgs)
    assert passes.failures  # or the test would show nothing
    assert max(passes.sizes) <= FITTING
    np.testing.assert_allclose(halved, whole, rtol=1e-3, atol=1e-4 * max(1e-6, np.ptp(whole)))


@pytest.mark.parametrize("key", ["rise", "grad_cam", "smooth_grad"])
def test_the_network_is_unchanged_after_batches_were_halved(m: Model, imgs, key):
    SmallMemory(m, FITTING)
    hooks = [len(module._forward_hooks) for module in m.net.modules()]
    explain_by(key)(m, imgs)
    assert [len(module._forward_hooks) for module in m.net.modules()] == hooks
    assert all(parameter.grad is None for parameter in m.net.parameters())


def test_later_batches_are_not_larger_than_one_that_fitted(m: Model, imgs):
    passes = SmallMemory(m, FITTING)
    x = m.preprocess(imgs)
    for _ in range(3):
        with m.borrow() as net, torch.no_grad():
            m.in_batches(net, x)
    assert passes.failures == [5]
    assert passes.sizes == [2, 2, 1] * 3


def test_too_little_memory_for_one_picture_is_an_error_that_names_ways_out(m: Model, imgs):
    SmallMemory(m, 0)
    with pytest.raises(memory.OutOfMemory, match="smaller network") as raised:
        predict.scores(m, imgs)
    assert isinstance(raised.value.__cause__, torch.OutOfMemoryError)


@pytest.mark.parametrize(
    "message",
    [
        "DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes.",
        "MPS backend out of memory (MPS allocated: 8 GB, other allocations: 1 GB)",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    ],
)
def test_errors_of_other_devices_are_recognised_by_their_message(m: Model, imgs, message):
    passes = SmallMemory(m, FITTING, RuntimeError(message))
    predict.scores(m, imgs)
    assert passes.failures


def test_other_errors_are_raised_unchanged(m: Model, imgs):
    SmallMemory(m, FITTING, RuntimeError("shapes do not fit"))
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        predict.scores(m, imgs)


def test_memory_of_a_failed_pass_is_free_before_the_next(m: Model, imgs, monkeypatch):
    """An error keeps the variables of the functions that it passed through."""
    alive: list[bool] = []
    references: list[weakref.ref] = []

    def compute(x: Tensor) -> Tensor:
        large = x * 2
        if len(x) > FITTING:
            references.append(weakref.ref(large))
            raise torch.OutOfMemoryError(ERROR)
        return large

    release = memory.release_freed_memory
    monkeypatch.setattr(
        memory,
        "release_freed_memory",
        lambda: (alive.extend(each() is not None for each in references), release()),
    )
    m.in_batches(compute, m.preprocess(imgs))
    assert alive == [False]


def test_results_of_batches_are_joined_whatever_holds_them():
    x = torch.arange(7.0)
    joined, size = memory.compute_in_batches(
        lambda a, b: {"sum": a + b, "both": (a, [b, -b])}, [x, 2 * x], 3
    )
    assert size == 3
    assert torch.equal(joined["sum"], 3 * x)
    first, (second, negative) = joined["both"]
    assert torch.equal(first, x)
    assert torch.equal(second, 2 * x)
    assert torch.equal(negative, -2 * x)


@pytest.fixture
def gpu_memory(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The bytes that a pretended GPU has free."""
    free = [0]
    monkeypatch.setattr(memory, "free_gpu_memory", lambda _device: free[0])
    return free


@pytest.mark.parametrize(
    ("pictures", "expected"), [(0.4, 1), (9.5, 9), (1e6, model.MAX_GPU_BATCH_SIZE)]
)
def test_batches_on_a_gpu_follow_its_free_memory(m: Model, gpu_memory, pictures, expected):
    values = int(np.prod(m.input_size))
    values += sum(int(np.prod(layer.shape)) for layer in m.layers.values())
    m = replace(m, device=torch.device("cuda"))
    gpu_memory[0] = int(pictures * 4 * values / model.GPU_MEMORY_SHARE)
    assert m.batch_size == expected


def test_memory_that_torch_keeps_unused_on_a_gpu_counts_as_free(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _device: (1000, 9000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _device: 500)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _device: 200)
    assert memory.free_gpu_memory(torch.device("cuda")) == 1300
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 8000)
    monkeypatch.setattr(torch.mps, "current_allocated_memory", lambda: 3000)
    assert memory.free_gpu_memory(torch.device("mps")) == 5000
