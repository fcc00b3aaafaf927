"""Tasks: how recipes of one kind are built, computed and read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PIL import Image

from core.options import Option
from core.sets import PictureSet
from core.steps import Progress, Steps
from core.workbench.recipes import Recipe, StoredResult, Value
from core.zoo import Card, Model, weights_id

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Call:
    """A call of a task: recipes that are computed together, and their inputs.

    Attributes:
        recipes: The recipes. They differ only in their inputs and in the task's `may_differ`.
        inputs: The inputs of each recipe, in order: pictures, picture sets, and the results of
            other recipes as their tasks' readers return them.
        network: The network of the recipes; None if they need none.
    """

    recipes: Sequence[Recipe[Any]]
    inputs: Sequence[Sequence[Any]]
    network: Model | None = None

    @property
    def model(self) -> Model:
        """The network of the recipes.

        Raises:
            ValueError: The recipes name no network.
        """
        if self.network is None:
            raise ValueError(f"Recipes of the task {self.recipes[0].task} name no network.")
        return self.network

    def inputs_of(self, index: int, kind: type[Kind]) -> list[Kind]:
        """Return the inputs of the recipe at `index` that are of this type, in order."""
        return [item for item in self.inputs[index] if isinstance(item, kind)]

    def each(self, kind: type[Kind]) -> list[Kind]:
        """Return the first input of this type of each recipe.

        Raises:
            IndexError: A recipe has no such input.
        """
        return [self.inputs_of(index, kind)[0] for index in range(len(self.recipes))]

    def pictures(self) -> list[Image.Image]:
        """Return the picture of each recipe."""
        return self.each(Image.Image)

    def picture_sets(self) -> list[PictureSet]:
        """Return the picture set of each recipe."""
        return [
            next(item for item in inputs if isinstance(item, PictureSet)) for inputs in self.inputs
        ]

    def labels(self, index: int) -> list[str]:
        """Return the labels of the recipe's picture set in its order; empty where it has no set."""
        for item in self.inputs[index]:
            if isinstance(item, PictureSet):
                return [item.label(picture) for picture in range(len(item))]
        return []


Compute = Callable[[Call], Steps[list[StoredResult]]]


@dataclass(frozen=True)
class Task(Generic[Value]):
    """How recipes of one kind are built, computed and read.

    Attributes:
        name: The task's name in recipes.
        version: Increase it whenever results change, so that older results are not used.
        compute: A generator function that computes the recipes of a call and returns their results
            in order. The preview of its progress is None, or a sequence with one item for each
            recipe.
        read: Converts a stored result to the value that pages and other tasks get, never None.
        cost: Rough number of seconds that a recipe takes, or a function that returns it for a
            recipe: jobs of lower cost run first.
        batch: The largest number of recipes in a call.
        may_differ: Names of options in which the recipes of a call may differ, besides their
            inputs; "layer" stands for the recipe's layer.
        by_picture: Whether rows are stored for each picture and the task is called only for
            pictures without a stored row (`row_store`). The only input of its recipes is a picture
            set, the only array of its results is `rows` with a row for each picture, and its
            previews have the rows of the latest batch.
    """

    name: str
    version: int
    compute: Compute
    read: Callable[[StoredResult], Value]
    cost: float | Callable[[Recipe[Any]], float] = 1.0
    batch: int = 16
    may_differ: tuple[str, ...] = ()
    by_picture: bool = False

    def recipe(
        self,
        card: Card | None = None,
        inputs: Sequence[str | Recipe[Any]] = (),
        layer: str = "",
        method: str = "",
        seed: int = 0,
        **options: Option,
    ) -> Recipe[Value]:
        """Build a recipe of this task.

        Args:
            card: The card of the network, for tasks that need one.
            inputs: Ids of pictures, references of sets, and recipes.
            layer: Dotted name of a layer.
            method: Key of the method.
            seed: Seed of all random numbers.
            **options: All options of the method, also those at their defaults.

        Raises:
            WeightsUnavailable: The network's weights have to be downloaded first, or do not exist.
        """
        return Recipe(
            self.name,
            self.version,
            model=card.name if card else "",
            weights_id=weights_id(card) if card else "",
            inputs=tuple(inputs),
            layer=layer,
            method=method,
            options=tuple(sorted(options.items())),
            seed=seed,
        )

    def cost_of(self, recipe: Recipe[Any]) -> float:
        """Return the rough number of seconds that a recipe takes."""
        return self.cost(recipe) if callable(self.cost) else self.cost


def one_by_one(call: Call, compute: Callable[[int], StoredResult]) -> Steps[list[StoredResult]]:
    """Compute the recipes of a call one after another, and report each as a step.

    Args:
        call: The call.
        compute: Computes the recipe at an index of the call.
    """
    results: list[StoredResult] = []
    for index in range(len(call.recipes)):
        yield Progress(index, len(call.recipes))
        results.append(compute(index))
    return results


def preview_of_only_recipe(progress: Progress) -> Progress:
    """Turn the progress of a method into the progress of a call with a single recipe."""
    if progress.preview is None:
        return progress
    return Progress(progress.step, progress.total, [progress.preview], progress.note)
