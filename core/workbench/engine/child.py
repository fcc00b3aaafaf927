"""Runs a computation in a child process, which can be killed or crash without harm to the server.

For work that must not share the server's process: training, which takes all cores for minutes, and
libraries that are known to crash. The child reads its arguments as JSON from standard input, and
writes its progress and its result as lines of JSON to standard output.
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

PROJECT = Path(__file__).resolve().parents[3]
# Seconds after which the latest progress is yielded again, so that a silent child can be killed.
HEARTBEAT = 0.2


class ChildFailed(ZooscopeError):
    """The computation failed, or its process ended; the message has the reason or its output."""


def in_child_steps(function: str, arguments: Mapping[str, Any]) -> Steps[Any]:
    """Run a generator function in a child process; closing the generator kills the child.

    Args:
        function: Module and name of a generator function, such as "core.training:train_steps". It
            yields `Progress` without previews and returns a JSON value.
        arguments: Its keyword arguments, as JSON values.

    Raises:
        ChildFailed: The function raised, or the process died.
    """
    child = subprocess.Popen(  # noqa: S603 - this interpreter on this module
        [sys.executable, "-m", "core.workbench.engine.child", function],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )
    if child.stdin is None or child.stdout is None or child.stderr is None:
        raise ChildFailed("The child process has no pipes.")
    messages: queue.Queue[str | None] = queue.Queue()
    last_lines: list[str] = []
    threading.Thread(target=_queue_lines, args=(child.stdout, messages), daemon=True).start()
    errors = threading.Thread(target=_keep_last, args=(child.stderr, last_lines), daemon=True)
    errors.start()
    try:
        child.stdin.write(json.dumps(dict(arguments)))
        child.stdin.close()
        return (yield from _read_messages(messages, child, errors, last_lines))
    finally:
        child.kill()
        child.wait()


def _read_messages(
    messages: "queue.Queue[str | None]",
    child: "subprocess.Popen[str]",
    errors: threading.Thread,
    last_lines: list[str],
) -> Steps[Any]:
    progress = Progress(0, 1, note="starting")
    while True:
        try:
            line = messages.get(timeout=HEARTBEAT)
        except queue.Empty:
            yield progress
            continue
        if line is None:
            code = child.wait()
            errors.join(timeout=1)
            raise ChildFailed(
                f"The child process ended with exit code {code}: {''.join(last_lines).strip()}"
            )
        message = json.loads(line)
        if "result" in message:
            return message["result"]
        if "error" in message:
            raise ChildFailed(message["error"])
        progress = Progress(**message["progress"])
        yield progress


def _queue_lines(stream: Iterable[str], messages: "queue.Queue[str | None]") -> None:
    for line in stream:
        messages.put(line)
    messages.put(None)


def _keep_last(stream: Iterable[str], last_lines: list[str]) -> None:
    for line in stream:
        last_lines[:] = [*last_lines[-9:], line]


def main() -> None:
    """Run a generator function in the child process and report on standard output."""
    # Messages get a copy of standard output; what libraries print goes to standard error.
    output = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def send(**message: Any) -> None:
        output.write(json.dumps(message) + "\n")

    module, _, name = sys.argv[1].partition(":")
    arguments = json.load(sys.stdin)
    steps = getattr(importlib.import_module(module), name)(**arguments)
    while True:
        try:
            progress = next(steps)
            send(progress={"step": progress.step, "total": progress.total, "note": progress.note})
        except StopIteration as stop:
            send(result=stop.value)
            return
        except ZooscopeError as error:
            send(error=str(error))
            return


if __name__ == "__main__":
    main()
