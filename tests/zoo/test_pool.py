"""The pool of loaded models: which are kept, which are dropped, and the memory limit."""

import random
import threading
import time
from collections import Counter

import pytest
import torch
from torch import nn

from core import zoo
from core.zoo.pool import BYTES_PER_PARAMETER

NAMES = ["test_resnet", "test_convnext", "test_efficientnet", "test_nfnet", "test_byobnet"]
CARDS = {name: zoo.describe(f"untrained/{name}") for name in NAMES}


def _size(name: str) -> int:
    facts = CARDS[name].facts
    assert facts is not None
    return facts.parameters * BYTES_PER_PARAMETER


class Builder:
    """Builds models that report the memory of their architecture but allocate none.

    Attributes:
        built: How often each architecture was built.
        extra: Bytes that each model reports in addition.
        pause: Seconds that a build takes, during which other threads can run.
    """

    def __init__(self, extra: int = 0, pause: float = 0.0):
        self.built: Counter[str] = Counter()
        self.extra = extra
        self.pause = pause

    def __call__(self, card: zoo.Card) -> zoo.Model:
        self.built[card.architecture] += 1
        if self.pause:
            time.sleep(self.pause)
        net = nn.Module()
        size = _size(card.architecture) + self.extra
        net.register_buffer("memory", torch.empty(size, dtype=torch.int8, device="meta"))
        return zoo.Model(card, net, torch.device("cpu"), card.name.removeprefix("untrained/"))


def _pool(*room_for: str, build: Builder | None = None) -> zoo.Pool:
    """Return a pool whose limit is the total size of these models."""
    return zoo.Pool(sum(map(_size, room_for)), build or Builder())


def _use(pool: zoo.Pool, *names: str) -> None:
    """Acquire and release these models one after another."""
    for name in names:
        assert pool.acquire(CARDS[name], name) is not None
        pool.release(name)


def _architectures(pool: zoo.Pool) -> list[str]:
    return [name.removeprefix("untrained/") for name in pool.names()]


def test_a_model_is_built_once_and_kept():
    build = Builder()
    pool = _pool("test_resnet", build=build)
    first = pool.acquire(CARDS["test_resnet"], "test_resnet")
    again = pool.acquire(CARDS["test_resnet"], "test_resnet")
    pool.release("test_resnet")
    pool.release("test_resnet")
    later = pool.acquire(CARDS["test_resnet"], "test_resnet")
    assert first is again is later
    assert build.built == {"test_resnet": 1}


def test_models_of_an_architecture_with_different_weights_are_kept_separately():
    pool = _pool("test_resnet", "test_resnet")
    first = pool.acquire(zoo.describe("untrained/test_resnet@1"), "test_resnet@1")
    second = pool.acquire(zoo.describe("untrained/test_resnet@2"), "test_resnet@2")
    assert first is not second
    assert pool.memory == 2 * _size("test_resnet")


def test_memory_is_the_total_of_the_loaded_models():
    pool = _pool(*NAMES)
    assert pool.memory == 0
    _use(pool, "test_resnet", "test_nfnet")
    assert pool.memory == _size("test_resnet") + _size("test_nfnet")


def test_the_least_recently_used_model_is_dropped_first():
    build = Builder()
    pool = _pool("test_resnet", "test_resnet", "test_resnet", build=build)
    for seed in (1, 2, 3, 1, 4):  # 1 is used again, so 2 is the least recently used
        pool.acquire(zoo.describe(f"untrained/test_resnet@{seed}"), f"test_resnet@{seed}")
        pool.release(f"test_resnet@{seed}")
    assert build.built["test_resnet"] == 4
    for seed in (3, 1, 4):
        pool.acquire(zoo.describe(f"untrained/test_resnet@{seed}"), f"test_resnet@{seed}")
        pool.release(f"test_resnet@{seed}")
    assert build.built["test_resnet"] == 4
    pool.acquire(zoo.describe("untrained/test_resnet@2"), "test_resnet@2")
    assert build.built["test_resnet"] == 5


def test_names_are_in_the_order_of_use():
    pool = _pool(*NAMES)
    _use(pool, "test_resnet", "test_nfnet", "test_convnext", "test_resnet")
    assert _architectures(pool) == ["test_nfnet", "test_convnext", "test_resnet"]


def test_no_more_models_are_dropped_than_necessary():
    pool = _pool("test_convnext", "test_nfnet", "test_efficientnet")
    _use(pool, "test_convnext", "test_nfnet", "test_efficientnet", "test_resnet")
    assert _architectures(pool) == ["test_efficientnet", "test_resnet"]


def test_a_model_in_use_is_never_dropped():
    pool = _pool("test_resnet", "test_nfnet")
    model = pool.acquire(CARDS["test_resnet"], "test_resnet")
    _use(pool, "test_nfnet", "test_efficientnet", "test_nfnet", "test_convnext")
    assert pool.acquire(CARDS["test_resnet"], "test_resnet") is model


def test_acquire_returns_none_while_models_in_use_leave_no_room():
    build = Builder()
    pool = _pool("test_resnet", build=build)
    pool.acquire(CARDS["test_resnet"], "test_resnet")
    assert pool.acquire(CARDS["test_nfnet"], "test_nfnet") is None
    assert build.built == {"test_resnet": 1}
    assert _architectures(pool) == ["test_resnet"]
    pool.release("test_resnet")
    assert pool.acquire(CARDS["test_nfnet"], "test_nfnet") is not None
    assert _architectures(pool) == ["test_nfnet"]


def test_a_model_acquired_twice_is_in_use_until_both_releases():
    pool = _pool("test_resnet")
    pool.acquire(CARDS["test_resnet"], "test_resnet")
    pool.acquire(CARDS["test_resnet"], "test_resnet")
    pool.release("test_resnet")
    assert pool.acquire(CARDS["test_nfnet"], "test_nfnet") is None
    pool.release("test_resnet")
    assert pool.acquire(CARDS["test_nfnet"], "test_nfnet") is not None


def test_a_model_above_the_limit_is_refused_with_both_figures():
    build = Builder()
    pool = zoo.Pool(10_000_000, build)
    with pytest.raises(zoo.ModelTooLarge) as error:
        pool.acquire(zoo.describe("untrained/resnet18"), "resnet18")
    message = str(error.value)
    assert "resnet18" in message
    assert "47 MB" in message  # 11,689,512 parameters of 4 bytes
    assert "10 MB" in message
    assert "ZOOSCOPE_MEMORY_MB" in message
    assert not build.built


def test_a_model_above_the_limit_drops_no_other_model():
    pool = _pool("test_resnet", "test_nfnet")
    _use(pool, "test_resnet", "test_nfnet")
    with pytest.raises(zoo.ModelTooLarge):
        pool.acquire(zoo.describe("untrained/resnet18"), "resnet18")
    assert _architectures(pool) == ["test_resnet", "test_nfnet"]


def test_a_model_exactly_at_the_limit_is_accepted():
    pool = _pool("test_resnet")
    assert pool.acquire(CARDS["test_resnet"], "test_resnet") is not None
    with pytest.raises(zoo.ModelTooLarge):
        zoo.Pool(_size("test_resnet") - 1, Builder()).acquire(CARDS["test_resnet"], "test_resnet")


def test_the_pool_works_after_a_failed_build():
    def fail(card: zoo.Card) -> zoo.Model:
        if card.architecture == "test_nfnet":
            raise zoo.WeightsUnavailable("damaged")
        return Builder()(card)

    pool = zoo.Pool(_size("test_resnet"), fail)
    with pytest.raises(zoo.WeightsUnavailable, match="damaged"):
        pool.acquire(CARDS["test_nfnet"], "test_nfnet")
    assert pool.names() == []
    assert pool.acquire(CARDS["test_resnet"], "test_resnet") is not None


@pytest.mark.parametrize("seed", range(5))
def test_random_use_never_exceeds_the_limit(seed):
    choice = random.Random(seed)
    limit = _size("test_byobnet") + _size("test_resnet") + _size("test_nfnet")
    pool = zoo.Pool(limit, Builder())
    in_use: dict[str, list[zoo.Model]] = {name: [] for name in NAMES}
    outcomes: Counter[str] = Counter()
    for _ in range(400):
        name = choice.choice(NAMES)
        if in_use[name] and choice.random() < 0.6:
            pool.release(name)
            in_use[name].pop()
        else:
            model = pool.acquire(CARDS[name], name)
            outcomes["none" if model is None else "model"] += 1
            if model is not None:
                assert all(model is same for same in in_use[name])
                in_use[name].append(model)
        assert pool.memory <= limit
        assert {name for name, models in in_use.items() if models} <= set(_architectures(pool))
    assert min(outcomes.values()) > 10  # both outcomes occurred


# The table's number of parameters leaves out buffers and a classifier with more classes than timm's
# default: convnext_tiny.fb_in22k takes 178 MB, but its architecture's row gives 114 MB.
EXTRA = 100_000


def _tight_pool() -> zoo.Pool:
    """Return a pool in which two models fit by estimate, but not by their actual memory."""
    limit = _size("test_resnet") + _size("test_nfnet") + EXTRA + EXTRA // 2
    return zoo.Pool(limit, Builder(EXTRA))


def test_unused_models_are_dropped_for_memory_beyond_the_estimate():
    pool = _tight_pool()
    _use(pool, "test_resnet", "test_nfnet")
    assert _architectures(pool) == ["test_nfnet"]


def test_acquire_returns_none_if_the_actual_memory_does_not_fit():
    pool = _tight_pool()
    pool.acquire(CARDS["test_resnet"], "test_resnet")
    assert pool.acquire(CARDS["test_nfnet"], "test_nfnet") is None
    assert _architectures(pool) == ["test_resnet"]
    pool.release("test_resnet")
    assert pool.acquire(CARDS["test_nfnet"], "test_nfnet") is not None


def test_a_model_that_exceeds_the_limit_only_when_loaded_is_refused():
    pool = zoo.Pool(_size("test_resnet") + EXTRA // 2, Builder(EXTRA))
    with pytest.raises(zoo.ModelTooLarge, match="ZOOSCOPE_MEMORY_MB"):
        pool.acquire(CARDS["test_resnet"], "test_resnet")
    assert pool.memory == 0


def test_the_memory_of_a_real_model_is_that_of_its_tensors(small_model):
    pool = zoo.Pool(10_000_000, lambda card: small_model)
    pool.acquire(small_model.card, small_model.weights_id)
    tensors = small_model.net.state_dict().values()
    assert pool.memory == sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def test_many_threads_never_exceed_the_limit():
    limit = _size("test_byobnet") + _size("test_resnet") + _size("test_nfnet")
    pool = zoo.Pool(limit, Builder(pause=0.001))
    errors: list[str] = []

    def work(seed: int) -> None:
        choice = random.Random(seed)
        for _ in range(60):
            name = choice.choice(NAMES)
            model = pool.acquire(CARDS[name], name)
            if model is None:
                continue
            time.sleep(0.0002)
            again = pool.acquire(CARDS[name], name)
            if again is not model:
                errors.append(f"{name} was dropped while in use")
            if pool.memory > limit:
                errors.append(f"{pool.memory} bytes exceed {limit}")
            pool.release(name)
            pool.release(name)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    for name in NAMES:  # every model was released
        _use(pool, name)


def test_threads_that_acquire_the_same_model_share_it():
    build = Builder(pause=0.02)
    pool = _pool("test_resnet", build=build)
    start = threading.Barrier(6)
    models: list[zoo.Model | None] = []

    def work() -> None:
        start.wait()
        models.append(pool.acquire(CARDS["test_resnet"], "test_resnet"))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(models) == 6
    assert len({id(model) for model in models}) == 1
    assert build.built == {"test_resnet": 1}
