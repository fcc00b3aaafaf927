"""Import timm and torchvision without torch's compiler, which takes 160 MB and is not used here.

While they are imported, torchvision imports a function that asks whether the compiler supports a
device, and timm marks functions that the compiler should leave alone. For this alone, the whole
package `torch._dynamo` would be loaded, with sympy, triton and most of torch. Modules of the same
name stand in for it meanwhile. Whoever uses the compiler later gets the real one.

Importing this module imports timm.
"""

import importlib
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType, ModuleType
from typing import Any

COMPILER = "torch._dynamo"


def import_timm() -> None:
    """Import timm and torchvision; load the compiler only if they need more of it than usual.

    Does nothing if one of them, or the compiler, is already imported.
    """
    if any(name in sys.modules for name in ("timm", "torchvision", COMPILER)):
        return
    importlib.import_module("torch")
    for name, functions in STAND_INS.items():
        sys.modules[name] = _StandIn(name, functions)
    try:
        importlib.import_module("timm")
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


def _is_compile_supported(device_type: str) -> bool:
    """Ask the real compiler."""
    return importlib.import_module(f"{COMPILER}.utils").is_compile_supported(device_type)


STAND_INS: Mapping[str, Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        COMPILER: {"disable": _leave_alone},
        f"{COMPILER}.utils": {"is_compile_supported": _is_compile_supported},
    }
)

import_timm()
