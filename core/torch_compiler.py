"""Do without torch's compiler, which takes 160 MB and seconds to import, and is not used here.

timm, torchvision and torch's optimisers import the whole package `torch._dynamo`, with sympy,
triton and most of torch, only to mark functions that the compiler should leave alone, or to ask
whether it supports a device. Modules of the same name stand in for it meanwhile. Whoever needs more
of the compiler gets the real one.
"""

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType, ModuleType
from typing import Any

COMPILER = "torch._dynamo"


@contextmanager
def without_compiler() -> Iterator[None]:
    """Let modules stand in for the compiler inside of the block, unless it is already imported."""
    if COMPILER in sys.modules:
        yield
        return
    importlib.import_module("torch")
    for name, functions in STAND_INS.items():
        sys.modules[name] = _StandIn(name, functions)
    try:
        yield
    finally:
        _remove_stand_ins()


class _StandIn(ModuleType):
    """A module with some functions of a real module; any other name loads the real one."""

    def __init__(self, name: str, functions: Mapping[str, Callable[..., Any]]):
        super().__init__(name)
        vars(self).update(functions)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what the import system looks for
            raise AttributeError(name)
        _remove_stand_ins()
        return getattr(importlib.import_module(self.__name__), name)


def _remove_stand_ins() -> None:
    for name in STAND_INS:
        if isinstance(sys.modules.get(name), _StandIn):
            del sys.modules[name]


def _leave_alone(function: Callable[..., Any], *_: Any, **__: Any) -> Callable[..., Any]:
    """Stand in for `disable`, which marks a function that must not be compiled."""
    return function


def _break_graph(*_: Any, **__: Any) -> None:
    """Stand in for `graph_break`, which tells the compiler where to split a function."""


def _is_compile_supported(device_type: str) -> bool:
    """Ask the real compiler."""
    return importlib.import_module(f"{COMPILER}.utils").is_compile_supported(device_type)


STAND_INS: Mapping[str, Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        COMPILER: {"disable": _leave_alone, "graph_break": _break_graph},
        f"{COMPILER}.utils": {"is_compile_supported": _is_compile_supported},
    }
)
