"""The tasks: a file for each, with the maker of its recipes, its computation and its reader.

Every `Task` that a module of this folder defines is registered.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.workbench.task import Task


def _find_tasks() -> Mapping[str, Task[Any]]:
    """Return all tasks that the modules of this folder define, by name."""
    tasks: dict[str, Task[Any]] = {}
    for module in pkgutil.iter_modules(__path__):
        contents = vars(importlib.import_module(f"{__name__}.{module.name}"))
        tasks |= {task.name: task for task in contents.values() if isinstance(task, Task)}
    return MappingProxyType(tasks)


ALL = _find_tasks()
