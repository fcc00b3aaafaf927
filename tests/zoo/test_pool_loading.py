"""The pool while a model is being loaded: others go on, and its memory is reserved."""

import threading
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import nn

from core import zoo
from core.zoo.pool import BYTES_PER_PARAMETER

SLOW, OTHER = (zoo.describe(f"untrained/{name}") for name in ("test_resnet", "test_convnext"))
# Seconds after which a thread that should end is a failure.
LONGEST_WAIT = 60


def _size(card: zoo.Card) -> int:
    assert card.facts is not None
    return card.facts.parameters * BYTES_PER_PARAMETER


class SlowBuilder:
    """Builds models without memory; a slow one only once it is let."""

    def __init__(self) -> None:
        self.started, self.let, self.fail = threading.Event(), threading.Event(), False
        self.built = 0

    def __call__(self, card: zoo.Card) -> zoo.Model:
        self.built += 1
        if card is SLOW:
            self.started.set()
            assert self.let.wait(LONGEST_WAIT)
            if self.fail:
                raise zoo.WeightsUnavailable("damaged")
        net = nn.Module()
        net.register_buffer("memory", torch.empty(_size(card), dtype=torch.int8, device="meta"))
        return zoo.Model(card, net, torch.device("cpu"), card.architecture)


@pytest.fixture
def build() -> Iterator[SlowBuilder]:
    builder = SlowBuilder()
    yield builder
    builder.let.set()


def _in_thread(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Run work in a thread; its result or its error is put into the list."""
    results: list[object] = []

    def run() -> None:
        try:
            results.append(work())
        except zoo.WeightsUnavailable as error:
            results.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, results


def _acquire(pool: zoo.Pool, card: zoo.Card) -> Callable[[], zoo.Model | None]:
    return lambda: pool.acquire(card, card.architecture)


def _start_slow(pool: zoo.Pool, build: SlowBuilder) -> tuple[threading.Thread, list[object]]:
    started = _in_thread(_acquire(pool, SLOW))
    assert build.started.wait(LONGEST_WAIT)
    return started


def test_another_model_is_acquired_while_one_is_being_loaded(build):
    pool = zoo.Pool(_size(SLOW) + _size(OTHER), build)
    slow, slow_results = _start_slow(pool, build)
    other, other_results = _in_thread(_acquire(pool, OTHER))
    other.join(LONGEST_WAIT)
    assert len(other_results) == 1
    assert isinstance(other_results[0], zoo.Model)
    names, _ = _in_thread(pool.names)
    names.join(LONGEST_WAIT)
    assert not names.is_alive()
    assert slow.is_alive()
    build.let.set()
    slow.join(LONGEST_WAIT)
    assert isinstance(slow_results[0], zoo.Model)
    assert sorted(pool.names()) == sorted([SLOW.name, OTHER.name])


def test_the_memory_of_a_model_that_is_being_loaded_is_reserved(build):
    pool = zoo.Pool(_size(SLOW) + _size(OTHER) - 1, build)
    slow, _ = _start_slow(pool, build)
    other, results = _in_thread(_acquire(pool, OTHER))
    other.join(LONGEST_WAIT)
    assert results == [None]
    build.let.set()
    slow.join(LONGEST_WAIT)
    pool.release(SLOW.architecture)
    assert pool.acquire(OTHER, OTHER.architecture) is not None


def test_threads_that_want_the_model_that_is_being_loaded_wait_for_it(build):
    pool = zoo.Pool(_size(SLOW), build)
    threads = [_start_slow(pool, build), _in_thread(_acquire(pool, SLOW))]
    build.let.set()
    for thread, _ in threads:
        thread.join(LONGEST_WAIT)
    models = [results[0] for _, results in threads]
    assert models[0] is models[1]
    assert build.built == 1


def test_a_failed_load_frees_its_memory_and_the_next_one_tries_again(build):
    pool = zoo.Pool(_size(SLOW), build)
    build.fail = True
    threads = [_start_slow(pool, build), _in_thread(_acquire(pool, SLOW))]
    build.let.set()
    for thread, results in threads:
        thread.join(LONGEST_WAIT)
        assert isinstance(results[0], zoo.WeightsUnavailable)
    build.fail = False
    assert pool.acquire(SLOW, SLOW.architecture) is not None
