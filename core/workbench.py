"""Answers recipes: from the store, from a computation under way, or by starting one."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import Any

from PIL import Image

from core import images, pictures, tasks
from core.engine import Job, JobState, LocalEngine
from core.errors import ZooscopeError
from core.recipes import Input, Recipe, Result, Task
from core.settings import Settings
from core.steps import Progress, Steps
from core.store import Store
from core.zoo import Card, Hub, Pool, build, describe, device

# How long an ended job answers from memory: its pages learn of its end, and a failure is not tried
# again at every rerun.
REMEMBERED = 30.0


@dataclass(frozen=True)
class Answer:
    """What can be said of a recipe, or of another job, now.

    Attributes:
        result: Once it is there.
        error: Where it failed.
        progress: Of the job under way; None before its first step.
        stored: The result was there before it was asked for.
    """

    result: Any = None
    error: ZooscopeError | None = None
    progress: Progress | None = None
    stored: bool = False

    @property
    def done(self) -> bool:
        """There is a result or an error."""
        return self.result is not None or self.error is not None


@dataclass(frozen=True)
class Picture:
    """A picture that was asked for by reference.

    Attributes:
        reference: "photo:NAME" or "upload:ID".
        title: What it shows, as far as is known.
        credit: Who made it.
        id: Its id in recipes.
        image: Its pixels.
    """

    reference: str
    title: str
    credit: str
    id: str
    image: Image.Image


class Workbench:
    """Everything a server shares between its users; safe from any thread.

    Attributes:
        settings: What the environment said.
        pool: The models kept loaded.
        store: The results kept.
        held: The pictures kept.
    """

    def __init__(self, settings: Settings, known: Mapping[str, Task] = tasks.ALL):
        self.settings = settings
        on = device(settings.device)
        self.pool = Pool(settings.memory_mb * 1_000_000, lambda card: build(card, on))
        self.store = Store(settings.store, settings.store_mb * 1_000_000)
        self.held = pictures.Pictures()
        self._device = on
        self._engine = LocalEngine()
        self._tasks = known
        self._jobs: dict[str, Job] = {}
        self._lock = threading.RLock()

    # Recipes

    def ask(self, recipes: Sequence[Recipe], asker: str) -> list[Answer]:
        """What can be said of each recipe now; what is missing is set to work.

        Asking again is how a page shows that it still wants the rest.
        """
        with self._lock:
            self._forget_ended()
            answers = {recipe.key: self._known(recipe, asker) for recipe in recipes}
            missing = [recipe for recipe in recipes if answers[recipe.key] is None]
            self._start(missing, asker)
            return [
                answers[recipe.key] or self._answer(self._jobs[recipe.key], recipe.key)
                for recipe in recipes
            ]

    def wait(self, recipes: Sequence[Recipe], asker: str, seconds: float) -> list[Answer]:
        """As `ask`, but wait so long for answers that are not there yet."""
        self.ask(recipes, asker)
        until = time.monotonic() + seconds
        for job in self._under_way(recipes):
            job.wait(max(0.0, until - time.monotonic()))
        return self.ask(recipes, asker)

    def answer(self, recipes: Sequence[Recipe], asker: str = "script") -> list[Result]:
        """The results of all recipes, however long it takes.

        Raises:
            ZooscopeError: The first that failed.
        """
        while not all(
            (answers := self.wait(recipes, asker, seconds=1))[i].done for i in range(len(recipes))
        ):
            pass
        for answer in answers:
            if answer.error:
                raise answer.error
        return [answer.result for answer in answers]

    def leave(self, recipes: Sequence[Recipe], asker: str) -> None:
        """Stop wanting these; what nobody else wants stops within a step."""
        for job in self._under_way(recipes):
            job.leave(asker)

    def retry(self, recipes: Sequence[Recipe]) -> None:
        """Forget that these failed, so that the next `ask` tries again."""
        self._forget_failures([recipe.key for recipe in recipes])

    # Weights

    def card(self, name: str) -> Card:
        """A model's card. See `zoo.describe`."""
        return describe(name, self.settings)

    def download_size(self, card: Card, asker: str) -> Answer:
        """The bytes a download would take, asked of the hub."""

        def steps() -> Steps[int]:
            yield Progress(0, 1, note="asking the hub")
            return Hub.from_environment().size(card.repository)

        return self._watch(f"size:{card.repository}", steps, asker)

    def download(self, card: Card, asker: str, start: bool = True) -> Answer | None:
        """Fetch a model's weights from the hub, and how far that is.

        Args:
            card: The model's.
            asker: Who wants it.
            start: Start it; else answer only where it is under way or just ended.
        """
        key = f"download:{card.repository}"
        if not start and key not in self._jobs:
            return None
        limit = self.settings.download_mb * 1_000_000
        hub = Hub.from_environment()
        return self._watch(key, lambda: hub.fetch_steps(card.repository, limit), asker)

    def leave_download(self, card: Card, asker: str) -> None:
        """Stop wanting a download."""
        with self._lock:
            job = self._jobs.pop(f"download:{card.repository}", None)
        if job:
            job.leave(asker)

    def retry_download(self, card: Card) -> None:
        """Forget that the hub could not be reached, so that the next call tries again."""
        self._forget_failures([f"download:{card.repository}", f"size:{card.repository}"])

    # Pictures

    def picture(self, reference: str) -> Picture:
        """The picture of a reference: "photo:coffee" or "upload:ID".

        Raises:
            PictureForgotten: It is not, or no longer, here.
        """
        source, _, name = reference.partition(":")
        if source == "photo":
            image = pictures.photo(name)
            entry = pictures.PHOTOS[name]
            held = self.held.keep(image, pictures.OURS)
            return Picture(reference, entry.title, entry.credit, held, image)
        if source == "upload":
            return Picture(reference, "Your picture", "", name, self.held.get(name))
        raise pictures.PictureForgotten(f"There is no picture {reference!r}.")

    def upload(self, data: bytes, owner: str) -> str:
        """Take a picture in and return its reference.

        Raises:
            BadImage: It is none.
        """
        return f"upload:{self.held.keep(images.read(data), owner)}"

    def close(self) -> None:
        """End the engine's threads."""
        self._engine.close()

    # Jobs

    def _known(self, recipe: Recipe, asker: str) -> Answer | None:
        """What a job or the store says of a recipe; None where it has to be started."""
        job = self._jobs.get(recipe.key)
        if job:
            job.ask(asker)
            return self._answer(job, recipe.key)
        task = self._tasks.get(recipe.task)
        if task is None or task.version != recipe.version:
            return Answer(
                error=ZooscopeError(
                    f"This version of Zooscope has no task {recipe.task!r} {recipe.version}."
                )
            )
        result = self.store.get(recipe.key)
        return Answer(result, stored=True) if result else None

    @staticmethod
    def _answer(job: Job, key: str) -> Answer:
        if job.state is JobState.DONE:
            result = job.result[key] if isinstance(job.result, dict) else job.result
            return Answer(result)
        return Answer(error=job.error, progress=job.progress)

    def _start(self, recipes: Sequence[Recipe], asker: str) -> None:
        for group in _alike(recipes):
            task = self._tasks[group[0].task]
            for first in range(0, len(group), task.batch):
                self._submit(task, group[first : first + task.batch], asker)

    def _submit(self, task: Task, recipes: Sequence[Recipe], asker: str) -> None:
        job = Job(
            lambda: self._steps(task, recipes, job),
            cost=task.cost,
            deliver=lambda results: [self.store.put(k, r) for k, r in results.items()],
        )
        job.ask(asker)
        self._jobs |= {recipe.key: job for recipe in recipes}
        self._engine.submit(job)

    def _steps(self, task: Task, recipes: Sequence[Recipe], job: Job) -> Steps[dict[str, Result]]:
        """Gather what the recipes need, run their task, and say how the results came about."""
        inputs = []
        for recipe in recipes:
            inputs.append((yield from self._inputs(recipe, job)))
        first, model = recipes[0], None
        if first.model:
            card = self.card(first.model)
            yield Progress(0, 1, note=f"loading {card.title}")
            while (model := self.pool.acquire(card, first.weights_id)) is None:
                yield Progress(0, 1, note="waiting for memory", waiting=True)
        try:
            results = yield from task.steps(model, recipes, inputs)
        finally:
            if model:
                self.pool.release(first.weights_id)
        return {
            recipe.key: replace(
                result,
                record={
                    **result.record,
                    "recipe": asdict(recipe),
                    "device": str(self._device),
                },
            )
            for recipe, result in zip(recipes, results, strict=True)
        }

    def _inputs(self, recipe: Recipe, job: Job) -> Steps[list[Input]]:
        needed = [given for given in recipe.inputs if isinstance(given, Recipe)]
        results: dict[str, Result] = {}
        while len(results) < len({other.key for other in needed}):
            for other, answer in zip(needed, self._ask_for(job, needed), strict=True):
                if answer.error:
                    raise answer.error
                if answer.result:
                    results[other.key] = answer.result
            if len(results) < len({other.key for other in needed}):
                yield Progress(0, 1, note="computing what this needs", waiting=True)
        return [
            results[given.key] if isinstance(given, Recipe) else self.held.get(given)
            for given in recipe.inputs
        ]

    def _ask_for(self, job: Job, needed: Sequence[Recipe]) -> list[Answer]:
        with self._lock:
            answers = self.ask(needed, asker=f"job {id(job)}")
            for other in self._under_way(needed):
                other.serve(job)
        return answers

    def _watch(self, key: str, start: Callable[[], Steps[Any]], asker: str) -> Answer:
        """A job that is no recipe: started where it is not under way, never stored."""
        with self._lock:
            self._forget_ended()
            job = self._jobs.get(key)
            if job is None:
                job = self._jobs[key] = Job(start, lane="download")
                job.ask(asker)
                self._engine.submit(job)
            job.ask(asker)
            return self._answer(job, key)

    def _under_way(self, recipes: Iterable[Recipe]) -> set[Job]:
        with self._lock:
            jobs = {self._jobs[recipe.key] for recipe in recipes if recipe.key in self._jobs}
        return {job for job in jobs if not job.settled}

    def _forget_ended(self) -> None:
        """Let go of cancelled jobs at once, and of other ended ones after a while."""
        now = time.monotonic()
        self._jobs = {
            key: job
            for key, job in self._jobs.items()
            if job.settled_at is None
            or (job.state is not JobState.CANCELLED and now - job.settled_at < REMEMBERED)
        }

    def _forget_failures(self, keys: Iterable[str]) -> None:
        with self._lock:
            for key in keys:
                if key in self._jobs and self._jobs[key].state is JobState.FAILED:
                    del self._jobs[key]


def _alike(recipes: Sequence[Recipe]) -> Iterator[list[Recipe]]:
    """Recipes grouped by all but their inputs, each once: what one call of a task computes."""

    def kind(recipe: Recipe) -> str:
        return replace(recipe, inputs=()).key

    once = {recipe.key: recipe for recipe in recipes}.values()
    for _, group in groupby(sorted(once, key=kind), key=kind):
        yield list(group)
