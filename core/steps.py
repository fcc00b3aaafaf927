"""A computation that can be watched and stopped: a generator that yields its progress.

Every long method is written once, as a generator; whoever runs it decides what to do between two
steps. The plain function drains it, an engine shows its progress, shares the device and cancels it.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Progress:
    """How far a computation is.

    Attributes:
        step: Steps finished, 0 to `total`.
        total: Steps in all.
        preview: What can be shown already, as the method defines it.
        note: A word for the user on what goes on ("loading resnet18").
        waiting: Nothing was done for want of memory: give others a turn first.
    """

    step: int
    total: int
    preview: Any = None
    note: str = ""
    waiting: bool = False


Steps = Generator[Progress, None, Result]


def drain(steps: "Steps[Result]", watch: Callable[[Progress], object] | None = None) -> Result:
    """Run a computation to its end and return its result; `watch` is told of every step."""
    while True:
        try:
            progress = next(steps)
            if watch:
                watch(progress)
        except StopIteration as stop:
            result: Result = stop.value
            return result


def mapped(steps: "Steps[Result]", change: Callable[[Progress], Progress]) -> "Steps[Result]":
    """The same computation, its progress told otherwise: as a part of a larger one, say."""
    while True:
        try:
            progress = next(steps)
        except StopIteration as stop:
            result: Result = stop.value
            return result
        yield change(progress)


def at(step: int, total: int) -> Callable[[Progress], Progress]:
    """Tells whatever goes on inside a step of something larger as that step; for `mapped`."""
    return lambda progress: Progress(step, total, note=progress.note)
