from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from core.settings import Settings
from core.workbench import Workbench
from core.workbench.task import Task


@pytest.fixture
def open_workbench(settings: Settings) -> Iterator[Callable[..., Workbench]]:
    """Open workbenches that have only some tasks, on the same store, with changes of settings."""
    opened: list[Workbench] = []

    def open_one(*tasks: Task[Any], **changes: Any) -> Workbench:
        by_name = {task.name: task for task in tasks}
        opened.append(Workbench(replace(settings, **changes), by_name))
        return opened[-1]

    yield open_one
    for workbench in opened:
        workbench.close()
