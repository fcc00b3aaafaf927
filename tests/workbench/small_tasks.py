"""Small tasks without a network, for the tests of the workbench."""

import threading

import numpy as np

from core.errors import ZooscopeError
from core.steps import Progress, Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task, one_by_one

# Longer than any wait of a test takes; a wait that reaches it has failed.
SECONDS = 60


def read_value(stored: StoredResult) -> float:
    return float(stored.arrays["value"])


class SquareTask:
    """A task that squares a number. It records its calls, and waits while its gate is closed.

    Attributes:
        calls: Number of recipes of each call.
        computed: The numbers that were squared, in order.
        gate: Set while the task may compute, as it is at first.
        entered: Set once the task computes.
    """

    def __init__(self, batch: int = 16):
        self.calls: list[int] = []
        self.computed: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.task = Task("square", version=1, compute=self.compute, read=read_value, batch=batch)

    def compute(self, call: Call) -> Steps[list[StoredResult]]:
        numbers = [recipe.option("x", int) for recipe in call.recipes]
        self.calls.append(len(numbers))
        self.computed += numbers
        for step in range(len(numbers)):
            self.entered.set()
            self.gate.wait(SECONDS)
            yield Progress(step + 1, len(numbers))
        return [StoredResult({"value": np.array(float(x) ** 2)}) for x in numbers]

    def recipe(self, x: int, layer: str = "") -> Recipe[float]:
        return self.task.recipe(x=x, layer=layer)


def double_task() -> Task[float]:
    """Return a task that doubles the result of another recipe."""

    def compute(call: Call) -> Steps[list[StoredResult]]:
        numbers = call.each(float)

        def double(index: int) -> StoredResult:
            return StoredResult({"value": np.array(numbers[index] * 2)})

        return (yield from one_by_one(call, double))

    return Task("double", 1, compute, read_value, cost=0.1)


def failing_task(message: str, calls: list[int]) -> Task[float]:
    """Return a task that fails with a message, and appends its number of recipes to `calls`."""

    def compute(call: Call) -> Steps[list[StoredResult]]:
        calls.append(len(call.recipes))
        yield Progress(0, 1)
        raise ZooscopeError(message)

    return Task("fails", 1, compute, read_value)
