"""A computation said in full, and what came of it."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Union

import numpy as np
from PIL import Image

from core.folders import Folder
from core.sets import PictureSet
from core.steps import Steps
from core.zoo import Model

Option = str | int | float | bool | None


@dataclass(frozen=True)
class Recipe:
    """One computation said in full: the same recipe always gives the same result.

    Attributes:
        task: Which computation; a key of the Workbench's tasks.
        version: The task's version, so that results of older code are not taken for its own.
        model: Name to load the model by; empty where none is needed.
        weights_id: What its weights are (`zoo.weights_id`).
        inputs: Ids of pictures, or recipes whose results this one needs.
        layer: Dotted name.
        method: Key of the method.
        options: The method's options, sorted by name.
        precision: What the network runs in.
        seed: Of all that is random.
    """

    task: str
    version: int
    model: str = ""
    weights_id: str = ""
    inputs: tuple[Union[str, "Recipe"], ...] = ()
    layer: str = ""
    method: str = ""
    options: tuple[tuple[str, Option], ...] = ()
    precision: str = "float32"
    seed: int = 0

    @cached_property
    def key(self) -> str:
        """The result's name: SHA-256 of the recipe's canonical JSON, in hex."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """The recipe as canonical JSON: sorted keys, no spaces."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """The recipe that `to_json` wrote.

        Raises:
            ValueError: The text is no recipe.
        """
        try:
            return cls._from_mapping(json.loads(text))
        except (TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError(f"This is no recipe: {error}") from error

    @classmethod
    def _from_mapping(cls, raw: dict[str, Any]) -> "Recipe":
        if not isinstance(raw["inputs"], list):
            raise TypeError("its inputs are no list")
        inputs = [cls._from_mapping(i) if isinstance(i, dict) else str(i) for i in raw["inputs"]]
        options = [(str(name), value) for name, value in raw["options"]]
        return cls(**raw | {"inputs": tuple(inputs), "options": tuple(options)})


def options(**values: Option) -> tuple[tuple[str, Option], ...]:
    """Options in the form a recipe keeps them."""
    return tuple(sorted(values.items()))


@dataclass(frozen=True)
class Result:
    """What a recipe gave.

    Attributes:
        arrays: By name. Pictures are uint8 (h, w, 3).
        record: How it came about, as JSON values: device, seconds, versions.
    """

    arrays: Mapping[str, np.ndarray]
    record: Mapping[str, Any] = field(default_factory=dict)


# A recipe's input as its task gets it: a picture, a set of them, or the result of a recipe.
Input = Image.Image | Folder | PictureSet | Result


@dataclass(frozen=True)
class Task:
    """How recipes of one kind are computed.

    Attributes:
        name: What recipes call it.
        version: Raised whenever its results change.
        steps: Computes some recipes that differ in their inputs and in `apart` only, given the
            model (None where the recipe names none) and each recipe's inputs; returns their results
            in order. A preview is a sequence with what can be shown of each recipe, or None.
        cost: Rough seconds a recipe takes: cheaper ones go first. A function of the recipe where
            they differ.
        batch: Recipes in one call at most.
        apart: Options in which the recipes of one call may differ; "layer" for the layer.
    """

    name: str
    version: int
    steps: Callable[
        [Model | None, Sequence[Recipe], Sequence[Sequence[Input]]], Steps[list[Result]]
    ]
    cost: float | Callable[[Recipe], float] = 1.0
    batch: int = 16
    apart: tuple[str, ...] = ()

    def cost_of(self, recipe: Recipe) -> float:
        """Rough seconds that a recipe takes."""
        return self.cost(recipe) if callable(self.cost) else self.cost
