"""Recipes, which describe computations in full, and the stored form of their results."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar, Union

import numpy as np

from core.options import Option

Value = TypeVar("Value")
OptionType = TypeVar("OptionType", bound=Option)


@dataclass(frozen=True)
class Recipe(Generic[Value]):
    """The full description of a computation: the same recipe always has the same result.

    Recipes are built by their tasks (`Task.recipe`). `Value` is the type of the result that the
    task's reader returns. The device is recorded with the result and is not part of the recipe.

    Attributes:
        task: Name of the task that computes the result.
        version: The task's version; another version has other keys, so older results are not used.
        model: Name of the network; empty if the task needs none.
        weights_id: Identifies the network's weights (`zoo.weights_id`).
        inputs: Ids of pictures, references of picture sets, and recipes whose results are needed.
        layer: Dotted name of a layer.
        method: Key of the method.
        options: The method's options, sorted by name.
        precision: Number format in which the network runs.
        seed: Seed of all random numbers.
    """

    task: str
    version: int
    model: str = ""
    weights_id: str = ""
    inputs: tuple[Union[str, "Recipe[Any]"], ...] = ()
    layer: str = ""
    method: str = ""
    options: tuple[tuple[str, Option], ...] = ()
    precision: str = "float32"
    seed: int = 0

    @cached_property
    def key(self) -> str:
        """The key of the result: SHA-256 of the recipe's canonical JSON, in hex."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @property
    def input_recipes(self) -> "list[Recipe[Any]]":
        """The recipes among the inputs, in order."""
        return [item for item in self.inputs if isinstance(item, Recipe)]

    @property
    def input_ids(self) -> list[str]:
        """The ids of pictures and the references of sets among the inputs, in order."""
        return [item for item in self.inputs if isinstance(item, str)]

    def option(self, name: str, kind: type[OptionType]) -> OptionType:
        """Return the value of an option.

        Args:
            name: The option's name.
            kind: The type that the value must have.

        Raises:
            ValueError: The recipe lacks the option, or its value has another type.
        """
        value = dict(self.options).get(name)
        if not isinstance(value, kind):
            raise ValueError(f"Option {name!r} of {self.task} is {value!r}, not {kind.__name__}.")
        return value

    def to_json(self) -> str:
        """Return the recipe as canonical JSON: sorted keys, no spaces."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Recipe[Any]":
        """Read a recipe that `to_json` wrote.

        Raises:
            ValueError: The text is not a recipe.
        """
        try:
            return cls._from_mapping(json.loads(text))
        except (TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError(f"This is not a recipe: {error}") from error

    @classmethod
    def _from_mapping(cls, fields: dict[str, Any]) -> "Recipe[Any]":
        if not isinstance(fields["inputs"], list):
            raise TypeError("its inputs are not a list")
        inputs = [cls._from_mapping(i) if isinstance(i, dict) else str(i) for i in fields["inputs"]]
        options = [(str(name), value) for name, value in fields["options"]]
        return cls(**fields | {"inputs": tuple(inputs), "options": tuple(options)})


@dataclass(frozen=True)
class StoredResult:
    """A result in the form in which the store has it: arrays, and a record of JSON values.

    Attributes:
        arrays: Arrays by name. Pictures are uint8 (h, w, 3).
        record: Everything else, as JSON values; the runner adds the recipe and the device.
    """

    arrays: Mapping[str, np.ndarray]
    record: Mapping[str, Any] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        """Size of the arrays in bytes."""
        return sum(array.nbytes for array in self.arrays.values())
