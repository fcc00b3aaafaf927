"""Returns the results of recipes: from memory, from the store, or from a job that computes them."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from core.decoding import Decoder
from core.errors import ZooscopeError
from core.host_memory import memory_limits
from core.pictures import Pictures
from core.sets import PictureSet, SetLibrary
from core.settings import BUNDLED, SHIPPED, Settings
from core.steps import Progress
from core.workbench.engine import (
    Answer,
    BackgroundJobs,
    Job,
    JobRegistry,
    LocalEngine,
    RecipeJob,
    choose_engine,
)
from core.workbench.recipes import Recipe, StoredResult, Value
from core.workbench.runner import Outcomes, Runner
from core.workbench.showcase import Showcase
from core.workbench.store import Store
from core.workbench.task import Task
from core.workbench.tasks import ALL
from core.workbench.training_runs import ready_trainer
from core.workbench.value_cache import ValueCache
from core.zoo import Card, Model, Pool, build, describe, device
from core.zoo.precision import fast_precision

# Jobs that a session may have under way; further ones start when earlier ones have ended. A page
# with four networks needs up to a hundred.
MAX_JOBS = 256
NOT_STARTED: Answer[Any] = Answer(
    progress=Progress(0, 1, note="waiting until earlier computations of yours have ended")
)


class Workbench:
    """Everything that the sessions of a server share. Thread-safe.

    Args:
        settings: The server's settings.
        tasks: The tasks by name.
        shipped: Folders of shipped results; None uses none.

    Attributes:
        settings: The server's settings.
        precision: Number format in which the networks' device is fastest.
        pool: The loaded networks.
        store: The stored results, in a folder or a bucket.
        decoder: Decodes uploaded pictures in child processes.
        pictures: The pictures in memory.
        sets: The picture sets.
        background_jobs: Downloads and other jobs that are not recipes.
        trainer: The process that the next training may take.

    Raises:
        BadSetting: The store cannot be opened, or the engine does not exist.
    """

    def __init__(
        self,
        settings: Settings,
        tasks: Mapping[str, Task[Any]] = ALL,
        shipped: Sequence[Path] | None = (BUNDLED, SHIPPED),
    ):
        self.settings = settings
        network_device = device(settings.device)
        self.precision = fast_precision(network_device)
        self.pool = Pool(
            settings.memory_mb * 1_000_000, lambda card: _warm_up(build(card, network_device))
        )
        self.store = Store(settings.store, settings.store_mb * 1_000_000)
        # Two decoders, so that a picture never waits for those of somebody's archive.
        self.decoder, self._archive_decoder = Decoder(), Decoder(max(2, torch.get_num_threads()))
        limits = memory_limits()
        self.pictures = Pictures(limits.pictures, decode=self.decoder.read)
        self.sets = SetLibrary(
            self.pictures,
            settings.pictures,
            settings.sets,
            settings.download_mb * 1_000_000,
            decode=self._archive_decoder.read,
        )
        self._tasks = tasks
        self._values = ValueCache(limits.results)
        self._runner = Runner(
            tasks, self.pool, self.store, network_device, self.card, self.ask, self._find
        )
        local = LocalEngine(self._runner.steps)
        self._engine = choose_engine(local)
        self._registry = JobRegistry()
        self._lock = threading.RLock()
        self.background_jobs = BackgroundJobs(local, self._registry, self._lock)
        self.trainer = ready_trainer()
        self._showcase = Showcase(shipped) if shipped else None

    def card(self, name: str) -> Card:
        """Return a network's card. See `zoo.describe`."""
        return describe(name, self.settings)

    def ask(self, recipes: Sequence[Recipe[Value]], requester: str | Job) -> list[Answer[Value]]:
        """Return the present answer to each recipe, and start jobs for missing results.

        Pages ask repeatedly: a job that nobody has asked about for a while is cancelled. A session
        may have `MAX_JOBS` under way; its further recipes are started by later calls.

        Args:
            recipes: The recipes.
            requester: Id of the session, or the job that needs the results.
        """
        wanted = {recipe.key: recipe for recipe in recipes}
        with self._lock:
            answers = self._registry.answers(wanted, requester)
        # Without the lock: the store may be a slow bucket, and other sessions must not wait for it.
        for key, recipe in wanted.items():
            if key not in answers and (answer := self._answer_without_job(recipe)):
                answers[key] = answer
        with self._lock:
            missing = [key for key in wanted if key not in answers]
            # Another thread may have started them in the meantime.
            answers |= self._registry.answers(missing, requester)
            self._start_jobs([wanted[key] for key in missing if key not in answers], requester)
            answers |= self._registry.answers(missing, requester)
        return [self._decode(recipe, answers.get(recipe.key, NOT_STARTED)) for recipe in recipes]

    def wait(
        self, recipes: Sequence[Recipe[Value]], requester: str, seconds: float
    ) -> list[Answer[Value]]:
        """Return the same as `ask`, but wait up to `seconds` for missing results."""
        answers = self.ask(recipes, requester)
        if all(answer.done for answer in answers):
            return answers
        until = time.monotonic() + seconds
        for job in self._under_way(recipes) or self._requested_by(requester):
            job.wait(max(0.0, until - time.monotonic()))
        return self.ask(recipes, requester)

    def answer(self, recipes: Sequence[Recipe[Value]], requester: str = "script") -> list[Value]:
        """Return the results of all recipes; wait until they are computed.

        Raises:
            ZooscopeError: The error of the first recipe that failed.
        """
        answers = self.ask(recipes, requester)
        while not all(answer.done for answer in answers):
            answers = self.wait(recipes, requester, seconds=1)
        for answer in answers:
            if answer.error:
                raise answer.error
        return [answer.result for answer in answers if answer.result is not None]

    def has(self, recipes: Sequence[Recipe[Any]]) -> bool:
        """Return whether all of these have a result or an error, without starting a job."""
        return all(self._answer_without_job(recipe) for recipe in recipes)

    def withdraw(self, recipes: Sequence[Recipe[Any]], requester: str) -> None:
        """Withdraw a requester's recipes; jobs that nobody else wants stop at their next step."""
        with self._lock:
            self._registry.withdraw([recipe.key for recipe in recipes], requester)

    def retry(self, recipes: Sequence[Recipe[Any]]) -> None:
        """Forget that these recipes failed, so that the next `ask` computes them again."""
        with self._lock:
            self._registry.forget_ended([recipe.key for recipe in recipes])

    def close(self) -> None:
        """End the engine's threads and the child processes, and close the shipped results."""
        self._engine.close()
        self.decoder.close()
        self._archive_decoder.close()
        self.trainer.close()
        if self._showcase:
            self._showcase.close()

    def _answer_without_job(self, recipe: Recipe[Any]) -> Answer[Any] | None:
        """Return the answer if the result is there or can't be computed; None if it needs a job."""
        task = self._tasks.get(recipe.task)
        if task is None or task.version != recipe.version:
            wanted = f"{recipe.task!r}, version {recipe.version}"
            return Answer(error=ZooscopeError(f"This Zooscope has no task {wanted}."))
        if (value := self._values.get(recipe.key)) is not None:
            return Answer(value, stored=True)
        stored = self._showcase.get(recipe.key) if self._showcase else None
        stored = stored or self.store.get(recipe.key)
        if stored:
            return Answer(stored, stored=True)
        try:
            for input_id in recipe.input_ids:
                self._find(input_id)
        except ZooscopeError as error:  # an input was deleted, or was never on this server
            return Answer(error=error)
        return None

    def _decode(self, recipe: Recipe[Value], answer: Answer[Any]) -> Answer[Value]:
        """Return the answer with its result decoded by the task's reader, and cached."""
        if not isinstance(answer.result, StoredResult):
            return answer
        value = self._values.get(recipe.key)
        if value is None:
            value = self._tasks[recipe.task].read(answer.result)
            self._values.put(recipe.key, value, answer.result.nbytes)
        return replace(answer, result=value)

    def _start_jobs(self, recipes: Sequence[Recipe[Any]], requester: str | Job) -> None:
        """Start jobs for recipes; a session's recipes beyond the limit are not started yet.

        What a job needs is always started: its session would otherwise wait for itself.
        """
        batches = self._batches(recipes)
        if isinstance(requester, str):
            room = MAX_JOBS - len(self._registry.requested_by(requester))
            batches = islice(batches, max(0, room))
        for batch in batches:
            task = self._tasks[batch[0].task]
            work = RecipeJob(task.name, batch, task.cost_of(batch[0]))
            job = Job(work, deliver=self._store_results)
            self._registry.add(job, [recipe.key for recipe in batch], requester)
            self._engine.submit(job)

    def _batches(self, recipes: Sequence[Recipe[Any]]) -> Iterator[tuple[Recipe[Any], ...]]:
        """Divide recipes into those of one job each, in the order of the request."""
        for group in self._groups(recipes):
            size = self._tasks[group[0].task].batch
            for first in range(0, len(group), size):
                yield tuple(group[first : first + size])

    def _groups(self, recipes: Sequence[Recipe[Any]]) -> Iterator[list[Recipe[Any]]]:
        """Group recipes that one call can compute, in the order of the request."""
        groups: dict[str, dict[str, Recipe[Any]]] = {}
        for recipe in recipes:
            may_differ = self._tasks[recipe.task].may_differ
            fixed = tuple(option for option in recipe.options if option[0] not in may_differ)
            layer = "" if "layer" in may_differ else recipe.layer
            group = replace(recipe, inputs=(), layer=layer, options=fixed).key
            groups.setdefault(group, {})[recipe.key] = recipe
        for group_recipes in groups.values():
            yield list(group_recipes.values())

    def _find(self, input_id: str) -> Image.Image | PictureSet:
        """Return a picture by its id, or a picture set by its reference, which has a colon.

        Raises:
            ZooscopeError: This server does not have it, or no longer.
        """
        return self.sets.find(input_id) if ":" in input_id else self.pictures.get(input_id)

    def _store_results(self, outcomes: Outcomes) -> None:
        for key, outcome in outcomes.items():
            if isinstance(outcome, StoredResult):
                self.store.put(key, outcome)

    def _under_way(self, recipes: Sequence[Recipe[Any]]) -> set[Job]:
        with self._lock:
            return self._registry.under_way([recipe.key for recipe in recipes])

    def _requested_by(self, session: str) -> set[Job]:
        with self._lock:
            return self._registry.requested_by(session)


def _warm_up(m: Model) -> Model:
    """Run a network once on zeros, so that the first measured time has no cold start in it."""
    with m.borrow() as net, torch.inference_mode():
        net(torch.zeros(1, *m.input_size, device=m.device))
    return m
