"""Computations that the tests run in a child process, by name."""

import os
import time

from core.errors import ZooscopeError
from core.steps import Progress, Steps


def count_steps(to: int) -> Steps[dict]:
    print("libraries print to standard output too")
    for step in range(to):
        yield Progress(step + 1, to, note=f"at {step + 1}")
    return {"counted": to, "process": os.getpid()}


def sleep_steps(pid_file: str) -> Steps[None]:
    with open(pid_file, "w") as file:
        file.write(str(os.getpid()))
    yield Progress(0, 1)
    time.sleep(600)


def bad_setting_steps() -> Steps[None]:
    yield Progress(0, 1)
    raise ZooscopeError("not with these settings; try others")


def bug_steps() -> Steps[None]:
    yield Progress(0, 1)
    raise ValueError("a bug")


def crash_steps() -> Steps[None]:
    yield Progress(0, 1)
    os.abort()
