"""Runs a computation in a child process, which can be killed or crash without harm to the server.

For work that must not share the server's process: training, which takes all cores for minutes, and
libraries that are known to crash. The child reads its arguments as JSON from standard input, and
writes its progress and its result as lines of JSON to standard output.
"""

import importlib
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from core.errors import ZooscopeError
from core.steps import Progress, Steps

log = logging.getLogger(__name__)

PROJECT = Path(__file__).resolve().parent.parent
# Priority of a child process: 0 is normal, 19 the lowest. It gives way to the pages.
NICENESS = 5
# Seconds after which a child that has no arguments yet ends by itself, since it takes half a
# gigabyte, and for which it counts as ready: less, so that no child ends just as it gets them.
WAITS, COUNTS_AS_READY = 120.0, 105.0
# Seconds after which the latest progress is yielded again, so that a silent child can be killed.
HEARTBEAT = 0.2


class ChildFailed(ZooscopeError):
    """The computation failed, or its process ended; the message says which."""


class ReadyChild:
    """Keeps a child process that has imported a function ready, so that work starts at once.

    Args:
        function: Module and name of a generator function; see `in_child_steps`.
        waits: Seconds after which a child that was not taken ends by itself.
    """

    def __init__(self, function: str, waits: float = WAITS):
        self.function = function
        self._waits = waits
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._started = 0.0

    def prepare(self) -> None:
        """Start a child, unless one is ready."""
        with self._lock:
            if not self._is_ready():
                self._discard()
                self._child = start_child(self.function, self._waits)
                self._started = time.monotonic()

    def take(self) -> "subprocess.Popen[str]":
        """Return the child that is ready, or else a new one."""
        with self._lock:
            child, ready = self._child, self._is_ready()
            if child is not None and ready:
                self._child = None
                return child
        return start_child(self.function)

    def close(self) -> None:
        """End the child that is ready."""
        with self._lock:
            self._discard()

    def _is_ready(self) -> bool:
        young = time.monotonic() - self._started < COUNTS_AS_READY
        return self._child is not None and young and self._child.poll() is None

    def _discard(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.communicate()  # closes the pipes
            self._child = None


def start_child(function: str, waits: float = WAITS) -> "subprocess.Popen[str]":
    """Start a process that imports a function, and then waits for its arguments."""
    return subprocess.Popen(  # noqa: S603 - this interpreter on this module
        [sys.executable, "-m", "core.child_process", function, str(waits)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )


def in_child_steps(function: "str | ReadyChild", arguments: Mapping[str, Any]) -> Steps[Any]:
    """Run a generator function in a child process; closing the generator kills the child.

    Args:
        function: Module and name of a generator function, such as "core.training:train_steps", or
            a process that has imported one. It yields `Progress` without previews and returns a
            JSON value.
        arguments: Its keyword arguments, as JSON values.

    Raises:
        ChildFailed: The function raised, or the process died.
    """
    child = start_child(function) if isinstance(function, str) else function.take()
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
            # Its output has paths of the server: it is for the log, not for a page.
            log.error("A child process ended with code %s: %s", code, "".join(last_lines).strip())
            if code == -signal.SIGKILL:
                raise ChildFailed(
                    "The server's system has ended the process that computes this, perhaps because"
                    " memory is short. Start it again."
                )
            raise ChildFailed(
                f"The process that computes this ended unexpectedly (code {code}). Start it again;"
                " the server's log has the reason."
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
    os.nice(NICENESS)
    # Messages get a copy of standard output; what libraries print goes to standard error.
    output = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def send(**message: Any) -> None:
        output.write(json.dumps(message) + "\n")

    module, _, name = sys.argv[1].partition(":")
    function = getattr(importlib.import_module(module), name)
    arguments = _wait_for_arguments(float(sys.argv[2]))
    if arguments is None:
        return
    steps = function(**arguments)
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


def _wait_for_arguments(seconds: float) -> dict[str, Any] | None:
    """Return the arguments from standard input; None if the parent has gone without any.

    The process ends where none come.
    """
    patience = threading.Timer(seconds, os._exit, (0,))
    patience.daemon = True
    patience.start()
    text = sys.stdin.read()
    patience.cancel()
    arguments: dict[str, Any] | None = json.loads(text) if text else None
    return arguments


if __name__ == "__main__":
    main()
