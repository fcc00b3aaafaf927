"""A computation in a process of its own, which can be killed and whose crash is not the server's.

For what may not share the server's process: training (minutes of every core) and whatever is known
to crash natively. The two talk in lines of JSON, one way each.
"""

import importlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from core.errors import ZooscopeError
from core.steps import Progress, Steps

PROJECT = Path(__file__).resolve().parent.parent.parent
# How often a child that has nothing to tell gives the engine a chance to kill it.
HEARTBEAT = 0.2


class ChildFailed(ZooscopeError):
    """The child process ended without a result; the message has its last words."""


def in_child_steps(function: str, arguments: Mapping[str, Any]) -> Steps[Any]:
    """Run a generator function in a child process; closing the generator kills the child.

    Args:
        function: "core.training:train_steps", a generator function of ours that yields Progress
            (without previews) and returns a JSON value.
        arguments: Its keyword arguments, as JSON values.

    Raises:
        ChildFailed: The function raised, or the process died.
    """
    child = subprocess.Popen(  # noqa: S603 - our own interpreter on our own module
        [sys.executable, "-m", "core.engine.child", function],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )
    if child.stdin is None or child.stdout is None or child.stderr is None:
        raise ChildFailed("The child process has no pipes.")
    lines: queue.Queue[str | None] = queue.Queue()
    last_words: list[str] = []
    threading.Thread(target=_pump, args=(child.stdout, lines), daemon=True).start()
    errors = threading.Thread(target=_collect, args=(child.stderr, last_words), daemon=True)
    errors.start()
    try:
        child.stdin.write(json.dumps(dict(arguments)))
        child.stdin.close()
        return (yield from _heard(lines, child, errors, last_words))
    finally:
        child.kill()
        child.wait()


def _heard(
    lines: "queue.Queue[str | None]",
    child: "subprocess.Popen[str]",
    errors: threading.Thread,
    last_words: list[str],
) -> Steps[Any]:
    progress = Progress(0, 1, note="starting")
    while True:
        try:
            line = lines.get(timeout=HEARTBEAT)
        except queue.Empty:
            yield progress
            continue
        if line is None:
            code = child.wait()
            errors.join(timeout=1)
            raise ChildFailed(
                f"The process that computed this ended with {code}: {''.join(last_words).strip()}"
            )
        message = json.loads(line)
        if "result" in message:
            return message["result"]
        if "error" in message:
            raise ChildFailed(message["error"])
        progress = Progress(**message["progress"])
        yield progress


def _pump(stream: Iterable[str], lines: "queue.Queue[str | None]") -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _collect(stream: Iterable[str], last_words: list[str]) -> None:
    for line in stream:
        last_words[:] = [*last_words[-9:], line]


def main() -> None:
    """The child's side: run the named generator, tell of it on standard output."""
    # What libraries print must not mix with what we say.
    speech = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def say(**message: Any) -> None:
        speech.write(json.dumps(message) + "\n")

    module, _, name = sys.argv[1].partition(":")
    arguments = json.load(sys.stdin)
    steps = getattr(importlib.import_module(module), name)(**arguments)
    while True:
        try:
            progress = next(steps)
            say(progress={"step": progress.step, "total": progress.total, "note": progress.note})
        except StopIteration as stop:
            say(result=stop.value)
            return
        except ZooscopeError as error:
            say(error=str(error))
            return


if __name__ == "__main__":
    main()
