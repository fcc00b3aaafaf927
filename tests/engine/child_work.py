"""Computations for the tests of child processes; run by name, in the child."""

import os
import time

from core.errors import ZooscopeError
from core.steps import Progress, Steps


def count_steps(to: int) -> Steps[dict]:
    print("libraries may print; nobody mistakes it for our own words")
    for step in range(to):
        yield Progress(step + 1, to, note=f"at {step + 1}")
    return {"counted": to, "process": os.getpid()}


def for_ever_steps(pid_file: str) -> Steps[None]:
    with open(pid_file, "w") as file:
        file.write(str(os.getpid()))
    yield Progress(0, 1)
    time.sleep(600)


def refuse_steps() -> Steps[None]:
    yield Progress(0, 1)
    raise ZooscopeError("not with these settings; try others")


def fault_steps() -> Steps[None]:
    yield Progress(0, 1)
    raise ValueError("a fault of ours")


def crash_steps() -> Steps[None]:
    yield Progress(0, 1)
    os.abort()
