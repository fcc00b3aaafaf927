"""The number of threads follows what other programs leave free."""

from collections.abc import Iterator

import psutil
import pytest
import torch

from core.threads import LOOK_EVERY, OtherPrograms, ThreadsByLoad


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


class Load:
    """Free cores and a clock that a test sets."""

    def __init__(self) -> None:
        self.free, self.now, self.looks = 4.0, 0.0, 0

    def free_cores(self) -> float:
        self.looks += 1
        return self.free

    def clock(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("free", "expected"), [(4.0, 4), (3.6, 4), (2.2, 2), (0.9, 1), (0.0, 1), (-0.5, 1), (16.0, 4)]
)
def test_torch_uses_the_cores_that_are_free(free: float, expected: int):
    load = Load()
    threads = ThreadsByLoad(4, load.free_cores, load.clock)
    load.free, load.now = free, LOOK_EVERY
    threads.adjust()
    assert torch.get_num_threads() == expected


def test_threads_come_back_when_other_programs_end():
    load = Load()
    threads = ThreadsByLoad(4, load.free_cores, load.clock)
    seen = []
    for load.free in (1.0, 4.0):
        load.now += LOOK_EVERY
        threads.adjust()
        seen.append(torch.get_num_threads())
    assert seen == [1, 4]


def test_the_load_is_looked_at_now_and_then_only():
    load = Load()
    threads = ThreadsByLoad(4, load.free_cores, load.clock)
    for load.now in (0.0, LOOK_EVERY / 2, LOOK_EVERY, LOOK_EVERY * 1.5):
        threads.adjust()
    assert load.looks == 1


def test_a_process_with_one_thread_keeps_it():
    torch.set_num_threads(1)
    load = Load()
    ThreadsByLoad(1, load.free_cores, load.clock).adjust()
    assert torch.get_num_threads() == 1
    assert load.looks == 0


def test_the_work_of_this_process_is_no_other_program(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(psutil, "cpu_percent", lambda percpu: [90.0, 100.0, 80.0, 0.0])
    monkeypatch.setattr(psutil.Process, "cpu_percent", lambda self: 120.0)
    monkeypatch.setattr(psutil.Process, "cpu_affinity", lambda self: [0, 1, 3], raising=False)
    programs = OtherPrograms()
    assert programs.busy_cores() == pytest.approx(0.7)  # of the cores 0, 1 and 3
    assert programs.free_cores() == pytest.approx(2.3)


def test_cores_cannot_be_less_than_idle(monkeypatch: pytest.MonkeyPatch):
    """Both figures are rounded, and measured one after the other."""
    monkeypatch.setattr(psutil, "cpu_percent", lambda percpu: [50.0])
    monkeypatch.setattr(psutil.Process, "cpu_percent", lambda self: 60.0)
    monkeypatch.setattr(psutil.Process, "cpu_affinity", lambda self: [0], raising=False)
    assert OtherPrograms().busy_cores() == 0
