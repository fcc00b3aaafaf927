"""Computations that report their progress and can be stopped: generators that yield `Progress`.

Every long method is written once, as a generator that yields its progress and returns its result.
The plain function runs it to the end (`drain`). The workbench's engine runs it step by step: it
shows the progress, takes turns on the device, and stops a computation that nobody needs any more.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Progress:
    """The progress of a computation.

    Attributes:
        step: Number of finished steps, 0 to `total`.
        total: Number of all steps.
        preview: An intermediate result to show; each method defines its own.
        note: A short text for the user on the current step, such as "loading resnet18".
        waiting: Whether the step did nothing, since memory is short or an input is missing; other
            computations should run first.
    """

    step: int
    total: int
    preview: Any = None
    note: str = ""
    waiting: bool = False


Steps = Generator[Progress, None, Result]


def drain(steps: "Steps[Result]", watch: Callable[[Progress], object] | None = None) -> Result:
    """Run a computation to its end and return its result; call `watch` with every progress."""
    while True:
        try:
            progress = next(steps)
            if watch:
                watch(progress)
        except StopIteration as stop:
            result: Result = stop.value
            return result


def map_progress(steps: "Steps[Result]", change: Callable[[Progress], Progress]) -> "Steps[Result]":
    """Run a computation and report its progress as changed by `change`.

    Use it with `as_step` for a computation that is a part of a larger one.
    """
    while True:
        try:
            progress = next(steps)
        except StopIteration as stop:
            result: Result = stop.value
            return result
        yield change(progress)


def as_step(step: int, total: int) -> Callable[[Progress], Progress]:
    """Return a change for `map_progress` that reports all progress as step `step` of `total`.

    Use it for a computation that is a single step of a larger one. The note is kept.
    """
    return lambda progress: Progress(step, total, note=progress.note)
