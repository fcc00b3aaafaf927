"""Computes recipes: gathers their inputs, borrows the network from the pool, runs their task."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import torch

from core.errors import ZooscopeError
from core.steps import Progress, Steps, map_progress
from core.workbench import row_store
from core.workbench.engine import Answer, Job, RecipeJob
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.store import Store
from core.workbench.task import Call, Task
from core.zoo import Card, Pool

# The result or the error of each recipe of a job, by the recipe's key.
Outcomes = dict[str, StoredResult | ZooscopeError]


@dataclass(frozen=True)
class Runner:
    """Computes the recipes of a job.

    Attributes:
        tasks: The tasks by name.
        pool: The pool of loaded networks.
        store: Has the rows of tasks that are `by_picture`.
        device: The device of the networks.
        card: Returns a network's card by its name.
        ask: Requests recipes from the Workbench on behalf of a job that needs their results.
        find: Returns a picture by its id, or a picture set by its reference.
    """

    tasks: Mapping[str, Task[Any]]
    pool: Pool
    store: Store
    device: torch.device
    card: Callable[[str], Card]
    ask: Callable[[Sequence[Recipe[Any]], Job], list[Answer[Any]]]
    find: Callable[[str], Any]

    def steps(self, work: RecipeJob, job: Job) -> Steps[Outcomes]:
        """Gather the inputs of the recipes, run their task, and record where it was computed.

        Args:
            work: The recipes.
            job: The job that runs these steps, on whose behalf the inputs are requested.
        """
        outcomes: Outcomes = {}
        inputs: dict[str, list[Any]] = {}
        for recipe in work.recipes:
            try:
                inputs[recipe.key] = yield from self._inputs(recipe, job)
            except ZooscopeError as error:
                outcomes[recipe.key] = error  # only this recipe fails
        recipes = [recipe for recipe in work.recipes if recipe.key in inputs]
        if recipes:
            call = Call(recipes, [inputs[recipe.key] for recipe in recipes])
            keys = [recipe.key for recipe in recipes]
            steps = self._compute(self.tasks[work.task], call)
            results = yield from map_progress(steps, partial(_previews_by_key, keys=keys))
            for recipe, result in zip(recipes, results, strict=True):
                outcomes[recipe.key] = self._with_record(recipe, result)
        return outcomes

    def _inputs(self, recipe: Recipe[Any], job: Job) -> Steps[list[Any]]:
        """Return the pictures, picture sets and results that a recipe has as inputs, in order."""
        needed = recipe.input_recipes
        answers = self.ask(needed, job)
        while not all(answer.done for answer in answers):
            yield Progress(0, 1, note="computing the inputs", waiting=True)
            answers = self.ask(needed, job)
        for answer in answers:
            if answer.error:
                raise answer.error
        results = (answer.result for answer in answers)
        return [
            next(results) if isinstance(item, Recipe) else self.find(item) for item in recipe.inputs
        ]

    def _compute(self, task: Task[Any], call: Call) -> Steps[list[StoredResult]]:
        compute = partial(self._compute_with_network, task)
        if task.by_picture:
            return row_store.complete_steps(self.store, call, compute)
        return compute(call)

    def _compute_with_network(self, task: Task[Any], call: Call) -> Steps[list[StoredResult]]:
        """Run a task; if its recipes name a network, borrow it from the pool meanwhile."""
        first = call.recipes[0]
        if not first.model:
            return (yield from task.compute(call))
        card = self.card(first.model)
        yield Progress(0, 1, note=f"loading {card.title}")
        while (network := self.pool.acquire(card, first.weights_id)) is None:
            yield Progress(0, 1, note="waiting for memory", waiting=True)
        try:
            return (yield from task.compute(replace(call, network=network)))
        finally:
            self.pool.release(first.weights_id)

    def _with_record(self, recipe: Recipe[Any], result: StoredResult) -> StoredResult:
        record = {"recipe": asdict(recipe), "device": str(self.device)}
        return replace(result, record={**result.record, **record})


def _previews_by_key(progress: Progress, keys: Sequence[str]) -> Progress:
    """Return progress whose preview is a mapping from the keys of recipes to their previews."""
    if progress.preview is None:
        return progress
    return replace(progress, preview=dict(zip(keys, progress.preview, strict=True)))
