"""The saliency methods there are. A new one is one decorated function."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import get_args

from core.errors import ZooscopeError, nearest
from core.recipes import Option
from core.saliency.view import Maps
from core.steps import Steps

Explain = Callable[..., Steps[Maps]]
# Passes that a method may take which counts as quick.
MOST_QUICK = 64


class UnknownMethod(ZooscopeError):
    """There is no method, or no option of a method, of that name; the message names the nearest."""


class BadOption(ZooscopeError):
    """An option has a value that the method can't use; the message says what it takes."""


@dataclass(frozen=True)
class Method:
    """A saliency method.

    Attributes:
        key: Its name in recipes and links.
        title: Its name for people.
        paper: Where it comes from: authors, year, and number or place.
        family: "gradient", "cam", "perturbation" or "fused".
        signed: Its maps say what speaks against the class, too.
        passes: Of a picture through the network, roughly.
        layered: It looks at a layer, which may be chosen.
        options: With their defaults.
        choices: What an option may be, where it is one of a few words.
        explain: Makes maps of a view, with the options as keywords.
    """

    key: str
    title: str
    paper: str
    family: str
    signed: bool
    passes: int
    layered: bool
    options: Mapping[str, Option]
    choices: Mapping[str, tuple[str, ...]]
    explain: Explain

    @property
    def slow(self) -> bool:
        """It takes so many passes that one waits for it."""
        return self.passes > MOST_QUICK


_METHODS: dict[str, Method] = {}


def method(
    title: str,
    paper: str,
    family: str,
    signed: bool = False,
    passes: int = 1,
    layered: bool = False,
) -> Callable[[Explain], Explain]:
    """Enter a function `(view, **options) → Steps[Maps]` among the methods, under its own name."""

    def enter(explain: Explain) -> Explain:
        parameters = list(inspect.signature(explain).parameters.values())[1:]
        options = MappingProxyType({one.name: one.default for one in parameters})
        choices = MappingProxyType(
            {p.name: get_args(p.annotation) for p in parameters if get_args(p.annotation)}
        )
        key = explain.__name__
        _METHODS[key] = Method(
            key, title, paper, family, signed, passes, layered, options, choices, explain
        )
        return explain

    return enter


def methods() -> Mapping[str, Method]:
    """All methods by key, in the order in which pages show them."""
    return MappingProxyType(_METHODS)


def find(key: str, options: Mapping[str, Option]) -> Method:
    """A method that takes these options.

    Raises:
        UnknownMethod: With the nearest names.
        BadOption: It is not one of the words that it may be, with those.
    """
    if key not in _METHODS:
        raise UnknownMethod(f"There is no saliency method {key!r}.{nearest(key, _METHODS)}")
    found = _METHODS[key]
    for name, value in options.items():
        if name not in found.options:
            known = ", ".join(found.options) or "none"
            raise UnknownMethod(f"{found.title} has no option {name!r}; it has {known}.")
        if name in found.choices and value not in found.choices[name]:
            known = ", ".join(found.choices[name])
            raise BadOption(f"There is no {name} {value!r}; there are {known}.")
    return found
