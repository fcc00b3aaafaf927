"""Computes recipes: gathers what they need, lends the network, runs their task."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

import torch

from core import rows
from core.engine import Answer, Job
from core.errors import ZooscopeError
from core.recipes import Input, Recipe, Result, Task
from core.steps import Progress, Steps, mapped
from core.store import Store
from core.zoo import Card, Pool

# What a job brings for each recipe's key.
Outcomes = dict[str, Result | ZooscopeError]


@dataclass(frozen=True)
class Runner:
    """How a job computes recipes.

    Attributes:
        pool: Where models are lent from.
        store: Where rows are kept by picture.
        device: What models lie on.
        card: A model's card by its name.
        ask: The Workbench's, for recipes that others need.
        held: A picture, or a set of them, by what recipes call it.
    """

    pool: Pool
    store: Store
    device: torch.device
    card: Callable[[str], Card]
    ask: Callable[[Sequence[Recipe], Job], list[Answer]]
    held: Callable[[str], Input]

    def steps(self, task: Task, recipes: Sequence[Recipe], job: Job) -> Steps[Outcomes]:
        """Gather what the recipes need, run their task, and say how the results came about.

        Args:
            task: Theirs.
            recipes: What one call of the task computes.
            job: That runs these steps.
        """
        outcomes: Outcomes = {}
        inputs: dict[str, list[Input]] = {}
        for recipe in recipes:
            try:
                inputs[recipe.key] = yield from self._inputs(recipe, job)
            except ZooscopeError as error:
                outcomes[recipe.key] = error  # its own; the others go on
        able = [recipe for recipe in recipes if recipe.key in inputs]
        if able:
            keys = [recipe.key for recipe in able]
            steps = self._results(task, able, [inputs[key] for key in keys])
            results = yield from mapped(steps, partial(_by_key, keys=keys))
            for recipe, result in zip(able, results, strict=True):
                outcomes[recipe.key] = self._recorded(recipe, result)
        return outcomes

    def _inputs(self, recipe: Recipe, job: Job) -> Steps[list[Input]]:
        """A recipe's pictures, and the results of the recipes it needs."""
        needed = [given for given in recipe.inputs if isinstance(given, Recipe)]
        answers = self.ask(needed, job)
        while not all(answer.done for answer in answers):
            yield Progress(0, 1, note="computing what this needs", waiting=True)
            answers = self.ask(needed, job)
        for answer in answers:
            if answer.error:
                raise answer.error
        results = (answer.result for answer in answers)
        return [
            next(results) if isinstance(given, Recipe) else self.held(given)
            for given in recipe.inputs
        ]

    def _results(
        self, task: Task, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
    ) -> Steps[list[Result]]:
        compute = partial(self._lent, task)
        if task.by_picture:
            return rows.completed_steps(self.store, recipes, inputs, compute)
        return compute(recipes, inputs)

    def _lent(
        self, task: Task, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
    ) -> Steps[list[Result]]:
        """Run a task, with the model lent where the recipes name one."""
        first = recipes[0]
        if not first.model:
            return (yield from task.steps(None, recipes, inputs))
        card = self.card(first.model)
        yield Progress(0, 1, note=f"loading {card.title}")
        while (model := self.pool.acquire(card, first.weights_id)) is None:
            yield Progress(0, 1, note="waiting for memory", waiting=True)
        try:
            return (yield from task.steps(model, recipes, inputs))
        finally:
            self.pool.release(first.weights_id)

    def _recorded(self, recipe: Recipe, result: Result) -> Result:
        record = {"recipe": asdict(recipe), "device": str(self.device)}
        return replace(result, record={**result.record, **record})


def _by_key(progress: Progress, keys: Sequence[str]) -> Progress:
    """Progress whose preview tells which recipe each thing shown belongs to."""
    if progress.preview is None:
        return progress
    return replace(progress, preview=dict(zip(keys, progress.preview, strict=True)))
