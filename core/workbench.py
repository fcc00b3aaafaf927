"""Answers recipes: from the store, from a computation under way, or by starting one."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import torch
from PIL import Image

from core import pictures, tasks
from core.engine import Answer, Errands, Job, Ledger, LocalEngine
from core.errors import ZooscopeError
from core.recipes import Recipe, Result, Task
from core.running import Outcomes, Runner
from core.sets import PictureSet, Shelf
from core.settings import BUNDLED, Settings
from core.showcase import Showcase
from core.store import Store
from core.zoo import Card, Hub, Model, Pool, build, describe, device


class Workbench:
    """Everything a server shares between its users; safe from any thread.

    Args:
        settings: What the environment said.
        known: Tasks by name.
        shipped: Folder of networks whose shipped results are taken; none where None.

    Attributes:
        settings: What the environment said.
        pool: The models kept loaded.
        store: The results kept.
        pictures: The pictures at hand.
        sets: The sets of pictures at hand.
        errands: Jobs that are no recipes.
    """

    def __init__(
        self,
        settings: Settings,
        known: Mapping[str, Task] = tasks.ALL,
        shipped: Path | None = BUNDLED,
    ):
        self.settings = settings
        on = device(settings.device)
        self.pool = Pool(settings.memory_mb * 1_000_000, lambda card: _warm(build(card, on)))
        self.store = Store(settings.store, settings.store_mb * 1_000_000)
        self.pictures = pictures.Pictures()
        self._showcase = Showcase(shipped) if shipped else None
        self._runner = Runner(self.pool, self.store, on, self.card, self.ask, self._held)
        self._largest = settings.download_mb * 1_000_000
        self.sets = Shelf(self.pictures, settings.pictures, settings.sets, self._largest)
        self._tasks = known
        self._engine = LocalEngine()
        self._ledger = Ledger(self._engine)
        self._lock = threading.RLock()
        self.errands = Errands(self._ledger, self._lock)

    def card(self, name: str) -> Card:
        """A model's card. See `zoo.describe`."""
        return describe(name, self.settings)

    # Recipes

    def ask(self, recipes: Sequence[Recipe], asker: str | Job) -> list[Answer]:
        """What can be said of each recipe now; what is missing is set to work.

        Asking again is how a page shows that it still wants the rest.
        """
        wanted = {recipe.key: recipe for recipe in recipes}
        with self._lock:
            answers = self._ledger.answers(wanted, asker)
        # Not under the lock: a store may be a slow bucket, and others want to ask meanwhile.
        for key, recipe in wanted.items():
            if key not in answers and (known := self._known(recipe)):
                answers[key] = known
        with self._lock:
            missing = [key for key in wanted if key not in answers]
            answers |= self._ledger.answers(missing, asker)  # somebody may have been faster
            self._start([wanted[key] for key in missing if key not in answers], asker)
        return [answers.get(recipe.key, Answer()) for recipe in recipes]

    def wait(self, recipes: Sequence[Recipe], asker: str, seconds: float) -> list[Answer]:
        """As `ask`, but wait so long for answers that are not there yet."""
        answers = self.ask(recipes, asker)
        if all(answer.done for answer in answers):
            return answers
        until = time.monotonic() + seconds
        for job in self._under_way(recipes):
            job.wait(max(0.0, until - time.monotonic()))
        return self.ask(recipes, asker)

    def answer(self, recipes: Sequence[Recipe], asker: str = "script") -> list[Result]:
        """The results of all recipes, however long it takes.

        Raises:
            ZooscopeError: The first that failed.
        """
        answers = self.ask(recipes, asker)
        while not all(answer.done for answer in answers):
            answers = self.wait(recipes, asker, seconds=1)
        for answer in answers:
            if answer.error:
                raise answer.error
        return [answer.result for answer in answers]

    def leave(self, recipes: Sequence[Recipe], asker: str) -> None:
        """Stop wanting these; what nobody else wants stops within a step."""
        with self._lock:
            self._ledger.leave([recipe.key for recipe in recipes], asker)

    def retry(self, recipes: Sequence[Recipe]) -> None:
        """Forget that these failed, so that the next `ask` tries again."""
        with self._lock:
            self._ledger.forget_failures([recipe.key for recipe in recipes])

    # Weights

    def download_size(self, card: Card, asker: str) -> Answer:
        """The bytes a download would take, asked of the hub; an error where it is not allowed."""
        return self.errands.ask(
            f"size:{card.repository}",
            lambda: Hub.from_environment().size_steps(card.repository, self._largest),
            asker,
        )

    def download(self, card: Card, asker: str) -> Answer:
        """Fetch a model's weights from the hub: how far that is, started where it is not."""
        return self.errands.ask(
            f"download:{card.repository}",
            lambda: Hub.from_environment().fetch_steps(card.repository, self._largest),
            asker,
        )

    def downloading(self, card: Card, asker: str) -> Answer | None:
        """How far a download is that was started before, by anyone."""
        return self.errands.under_way(f"download:{card.repository}", asker)

    def leave_download(self, card: Card, asker: str) -> None:
        """Stop wanting a download."""
        self.errands.leave(f"download:{card.repository}", asker)

    def retry_download(self, card: Card) -> None:
        """Forget that the hub could not be reached, so that the next call tries again."""
        self.errands.retry(f"download:{card.repository}")
        self.errands.retry(f"size:{card.repository}")

    def close(self) -> None:
        """End the engine's threads, and close what is read from."""
        self._engine.close()
        if self._showcase:
            self._showcase.close()

    # How a recipe is computed

    def _known(self, recipe: Recipe) -> Answer | None:
        """What can be said of a recipe without computing; None where it has to be computed."""
        task = self._tasks.get(recipe.task)
        if task is None or task.version != recipe.version:
            wanted = f"{recipe.task!r}, version {recipe.version}"
            return Answer(error=ZooscopeError(f"This Zooscope has no task {wanted}."))
        result = self._showcase and self._showcase.get(recipe.key)
        result = result or self.store.get(recipe.key)
        if result:
            return Answer(result, stored=True)
        try:
            for given in recipe.inputs:
                if isinstance(given, str):
                    self._held(given)
        except ZooscopeError as error:  # forgotten, or never there
            return Answer(error=error)
        return None

    def _start(self, recipes: Sequence[Recipe], asker: str | Job) -> None:
        for group in self._alike(recipes):
            task = self._tasks[group[0].task]
            for first in range(0, len(group), task.batch):
                self._submit(task, group[first : first + task.batch], asker)

    def _alike(self, recipes: Sequence[Recipe]) -> Iterator[list[Recipe]]:
        """What one call of a task computes: recipes, each once, that differ in no more than may."""

        def kind(recipe: Recipe) -> str:
            apart = self._tasks[recipe.task].apart
            kept = tuple(option for option in recipe.options if option[0] not in apart)
            layer = "" if "layer" in apart else recipe.layer
            return replace(recipe, inputs=(), layer=layer, options=kept).key

        once = {recipe.key: recipe for recipe in recipes}.values()
        for _, group in groupby(sorted(once, key=kind), key=kind):
            yield list(group)

    def _submit(self, task: Task, recipes: Sequence[Recipe], asker: str | Job) -> None:
        cost = task.cost_of(recipes[0])
        job = Job(lambda: self._runner.steps(task, recipes, job), cost=cost, deliver=self._keep)
        self._ledger.start(job, [recipe.key for recipe in recipes], asker)

    def _held(self, given: str) -> Image.Image | PictureSet:
        """A picture by its id, or a set of pictures by its reference, which has a scheme.

        Raises:
            ZooscopeError: It is not, or no longer, here.
        """
        return self.sets.find(given) if ":" in given else self.pictures.get(given)

    def _keep(self, outcomes: Outcomes) -> None:
        for key, outcome in outcomes.items():
            if isinstance(outcome, Result):
                self.store.put(key, outcome)

    def _under_way(self, recipes: Sequence[Recipe]) -> set[Job]:
        with self._lock:
            return self._ledger.under_way([recipe.key for recipe in recipes])


def _warm(m: Model) -> Model:
    """Let a network run once on nothing, so that times that are shown are not a cold start's."""
    with m.borrow() as net, torch.inference_mode():
        net(torch.zeros(1, *m.input_size, device=m.device))
    return m
