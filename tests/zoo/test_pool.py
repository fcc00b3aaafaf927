"""The models kept loaded: who is kept, who goes, and that the bound holds."""

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
    """Builds models that take the memory their architecture says, without having it.

    Attributes:
        built: How often each was built.
        extra: Bytes that each takes beyond that.
        pause: Seconds that a build takes, in which other threads have their turn.
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
        taken = torch.empty(_size(card.architecture) + self.extra, dtype=torch.int8, device="meta")
        net.register_buffer("taken", taken)
        return zoo.Model(card, net, torch.device("cpu"), card.name.removeprefix("untrained/"))


def _pool(*room_for: str, build: Builder | None = None) -> zoo.Pool:
    """A pool with just enough room for these together."""
    return zoo.Pool(sum(map(_size, room_for)), build or Builder())


def _use(pool: zoo.Pool, *names: str) -> None:
    """Acquire and give back, one after the other."""
    for name in names:
        assert pool.acquire(CARDS[name], name) is not None
        pool.release(name)


def _titles(pool: zoo.Pool) -> list[str]:
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


def test_models_of_one_architecture_with_other_weights_are_others():
    pool = _pool("test_resnet", "test_resnet")
    one = pool.acquire(zoo.describe("untrained/test_resnet@1"), "test_resnet@1")
    two = pool.acquire(zoo.describe("untrained/test_resnet@2"), "test_resnet@2")
    assert one is not two
    assert pool.memory == 2 * _size("test_resnet")


def test_memory_is_that_of_the_kept_models():
    pool = _pool(*NAMES)
    assert pool.memory == 0
    _use(pool, "test_resnet", "test_nfnet")
    assert pool.memory == _size("test_resnet") + _size("test_nfnet")


def test_the_least_recently_used_goes_first():
    build = Builder()
    pool = _pool("test_resnet", "test_resnet", "test_resnet", build=build)
    for seed in (1, 2, 3, 1, 4):  # 1 is used again, so that 2 is the oldest
        pool.acquire(zoo.describe(f"untrained/test_resnet@{seed}"), f"test_resnet@{seed}")
        pool.release(f"test_resnet@{seed}")
    assert build.built["test_resnet"] == 4
    for seed in (3, 1, 4):
        pool.acquire(zoo.describe(f"untrained/test_resnet@{seed}"), f"test_resnet@{seed}")
        pool.release(f"test_resnet@{seed}")
    assert build.built["test_resnet"] == 4
    pool.acquire(zoo.describe("untrained/test_resnet@2"), "test_resnet@2")
    assert build.built["test_resnet"] == 5


def test_names_stand_in_the_order_of_their_use():
    pool = _pool(*NAMES)
    _use(pool, "test_resnet", "test_nfnet", "test_convnext", "test_resnet")
    assert _titles(pool) == ["test_nfnet", "test_convnext", "test_resnet"]


def test_no_more_go_than_have_to():
    pool = _pool("test_convnext", "test_nfnet", "test_efficientnet")
    _use(pool, "test_convnext", "test_nfnet", "test_efficientnet", "test_resnet")
    assert _titles(pool) == ["test_efficientnet", "test_resnet"]


def test_a_model_in_use_is_never_dropped():
    pool = _pool("test_resnet", "test_nfnet")
    kept = pool.acquire(CARDS["test_resnet"], "test_resnet")
    _use(pool, "test_nfnet", "test_efficientnet", "test_nfnet", "test_convnext")
    assert pool.acquire(CARDS["test_resnet"], "test_resnet") is kept


def test_there_is_none_while_those_in_use_leave_no_room():
    build = Builder()
    pool = _pool("test_resnet", build=build)
    pool.acquire(CARDS["test_resnet"], "test_resnet")
    assert pool.acquire(CARDS["test_nfnet"], "test_nfnet") is None
    assert build.built == {"test_resnet": 1}
    assert _titles(pool) == ["test_resnet"]
    pool.release("test_resnet")
    assert pool.acquire(CARDS["test_nfnet"], "test_nfnet") is not None
    assert _titles(pool) == ["test_nfnet"]


def test_a_model_used_twice_is_in_use_until_both_have_given_it_back():
    pool = _pool("test_resnet")
    pool.acquire(CARDS["test_resnet"], "test_resnet")
    pool.acquire(CARDS["test_resnet"], "test_resnet")
    pool.release("test_resnet")
    assert pool.acquire(CARDS["test_nfnet"], "test_nfnet") is None
    pool.release("test_resnet")
    assert pool.acquire(CARDS["test_nfnet"], "test_nfnet") is not None


def test_what_would_not_fit_even_alone_is_refused_with_the_figures():
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


def test_a_model_too_large_drops_none_of_the_others():
    pool = _pool("test_resnet", "test_nfnet")
    _use(pool, "test_resnet", "test_nfnet")
    with pytest.raises(zoo.ModelTooLarge):
        pool.acquire(zoo.describe("untrained/resnet18"), "resnet18")
    assert _titles(pool) == ["test_resnet", "test_nfnet"]


def test_a_model_that_just_fits_is_taken():
    pool = _pool("test_resnet")
    assert pool.acquire(CARDS["test_resnet"], "test_resnet") is not None
    with pytest.raises(zoo.ModelTooLarge):
        zoo.Pool(_size("test_resnet") - 1, Builder()).acquire(CARDS["test_resnet"], "test_resnet")


def test_a_build_that_fails_leaves_the_pool_usable():
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
def test_the_bound_holds_whatever_is_asked_for(seed):
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
                assert all(model is other for other in in_use[name])
                in_use[name].append(model)
        assert pool.memory <= limit
        assert {name for name, models in in_use.items() if models} <= set(_titles(pool))
    assert min(outcomes.values()) > 10  # both were tried


# Buffers, and a head with more classes than timm's default, are not in the table's figure:
# convnext_tiny.fb_in22k takes 178 MB where its architecture says 114.
EXTRA = 100_000


def _tight_pool() -> zoo.Pool:
    """One in which two models fit by their architectures, and don't by what they take."""
    limit = _size("test_resnet") + _size("test_nfnet") + EXTRA + EXTRA // 2
    return zoo.Pool(limit, Builder(EXTRA))


def test_idle_models_go_for_what_a_model_takes_beyond_its_architectures_figure():
    pool = _tight_pool()
    _use(pool, "test_resnet", "test_nfnet")
    assert _titles(pool) == ["test_nfnet"]


def test_there_is_none_where_what_a_model_takes_leaves_no_room():
    pool = _tight_pool()
    pool.acquire(CARDS["test_resnet"], "test_resnet")
    assert pool.acquire(CARDS["test_nfnet"], "test_nfnet") is None
    assert _titles(pool) == ["test_resnet"]
    pool.release("test_resnet")
    assert pool.acquire(CARDS["test_nfnet"], "test_nfnet") is not None


def test_a_model_that_turns_out_too_large_is_refused():
    pool = zoo.Pool(_size("test_resnet") + EXTRA // 2, Builder(EXTRA))
    with pytest.raises(zoo.ModelTooLarge, match="ZOOSCOPE_MEMORY_MB"):
        pool.acquire(CARDS["test_resnet"], "test_resnet")
    assert pool.memory == 0


def test_a_real_model_takes_the_memory_that_is_counted(small_model):
    pool = zoo.Pool(10_000_000, lambda card: small_model)
    pool.acquire(small_model.card, small_model.weights_id)
    tensors = small_model.net.state_dict().values()
    assert pool.memory == sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def test_many_threads_share_a_pool_within_its_bound():
    limit = _size("test_byobnet") + _size("test_resnet") + _size("test_nfnet")
    pool = zoo.Pool(limit, Builder(pause=0.001))
    wrong: list[str] = []

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
                wrong.append(f"{name} was dropped while in use")
            if pool.memory > limit:
                wrong.append(f"{pool.memory} of {limit}")
            pool.release(name)
            pool.release(name)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    for name in NAMES:  # and nothing is held for ever
        _use(pool, name)


def test_threads_that_ask_for_the_same_model_get_one():
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
