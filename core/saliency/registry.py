"""The registry of saliency methods. A new method is one decorated function."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import get_args

from core.arguments import BadArgument, require_count, require_number
from core.errors import ZooscopeError, suggest_names
from core.options import Option
from core.saliency.view import Maps
from core.steps import Steps

Explain = Callable[..., Steps[Maps]]
# Options that count something: there has to be at least one of it. Other numbers are 0 or more.
COUNTS = frozenset(
    {"cells", "limit", "masks", "samples", "segments", "stages", "steps", "stride", "window"}
)
# A method with more passes through the network than this counts as slow.
MAX_QUICK_PASSES = 64


class UnknownMethod(ZooscopeError):
    """No method, or no option of a method, has this name; the message has the nearest names."""


class BadOption(BadArgument):
    """An option has a value that the method can't use; the message has the accepted values."""


@dataclass(frozen=True)
class Method:
    """A saliency method.

    Attributes:
        key: Its name in recipes and links.
        title: Its name on pages.
        paper: Its source: authors, year, and arXiv number or journal.
        family: "gradient", "cam", "perturbation" or "fused".
        signed: Whether its maps have negative values, as evidence against the class.
        passes: Roughly how many passes through the network it takes for one picture.
        uses_layer: Whether it uses the activations of a layer, which the user may choose.
        forward_only: Whether nearly all of its time is forward passes of `View.scores` or
            `View.activations`, which may run in bfloat16.
        options: Its options with their default values.
        choices: The accepted words of each option that accepts only a few.
        explain: The function that computes maps of a `View`, with the options as keywords.
        version: Version of its maps. Raise it when the method's maps change: then only the stored
            results of this method are forgotten and computed again.
    """

    key: str
    title: str
    paper: str
    family: str
    signed: bool
    passes: int
    uses_layer: bool
    forward_only: bool
    options: Mapping[str, Option]
    choices: Mapping[str, tuple[str, ...]]
    explain: Explain
    version: int = 1

    @property
    def slow(self) -> bool:
        """Whether it takes so many passes that the user has to wait for a map."""
        return self.passes > MAX_QUICK_PASSES


_METHODS: dict[str, Method] = {}


def method(
    title: str,
    paper: str,
    family: str,
    signed: bool = False,
    passes: int = 1,
    uses_layer: bool = False,
    forward_only: bool = False,
    version: int = 1,
) -> Callable[[Explain], Explain]:
    """Return a decorator that registers a function `(view, **options) → Steps[Maps]` as a method.

    The function's name becomes the method's key; its parameters after the view are the options.

    Args:
        title: The method's name on pages.
        paper: Its source: authors, year, and arXiv number or journal.
        family: "gradient", "cam", "perturbation" or "fused".
        signed: Whether its maps have negative values, as evidence against the class.
        passes: Roughly how many passes through the network it takes for one picture.
        uses_layer: Whether it uses the activations of a layer.
        forward_only: Whether nearly all of its time is forward passes of `View.scores` or
            `View.activations`.
        version: Raise it when the method's maps change, so that only its stored results are
            forgotten.
    """

    def register(explain: Explain) -> Explain:
        _view, *parameters = inspect.signature(explain).parameters.values()
        choices = {p.name: get_args(p.annotation) for p in parameters if get_args(p.annotation)}
        key = explain.__name__
        _METHODS[key] = Method(
            key=key,
            title=title,
            paper=paper,
            family=family,
            signed=signed,
            passes=passes,
            uses_layer=uses_layer,
            forward_only=forward_only,
            options=MappingProxyType({p.name: p.default for p in parameters}),
            choices=MappingProxyType(choices),
            explain=explain,
            version=version,
        )
        return explain

    return register


def methods() -> Mapping[str, Method]:
    """Return all methods by key, in the order in which pages list them."""
    return MappingProxyType(_METHODS)


def find(key: str, options: Mapping[str, Option]) -> Method:
    """Return the method of this key, after checking that it accepts these options.

    Raises:
        UnknownMethod: No such method or option; the message has the nearest names.
        BadOption: The option accepts only a few words, and this is none of them, or the number is
            too small; the message has the accepted values.
    """
    if key not in _METHODS:
        raise UnknownMethod(f"There is no saliency method {key!r}.{suggest_names(key, _METHODS)}")
    method_ = _METHODS[key]
    for name, value in options.items():
        if name not in method_.options:
            known = ", ".join(method_.options) or "none"
            raise UnknownMethod(
                f"{method_.title} has no option {name!r}. Its options are: {known}."
            )
        if name in method_.choices and value not in method_.choices[name]:
            known = ", ".join(method_.choices[name])
            raise BadOption(f"The option {name} cannot be {value!r}. Choose one of: {known}.")
        _check_number(method_, name, value)
    return method_


def _check_number(method_: Method, name: str, value: Option) -> None:
    """Raise BadOption if an option's number is too small, or no number at all."""
    try:
        if name in COUNTS:
            require_count(name, value)
        elif isinstance(method_.options[name], float):
            require_number(name, value)
    except BadArgument as error:
        raise BadOption(f"{method_.title} can't be computed: {error}") from error
