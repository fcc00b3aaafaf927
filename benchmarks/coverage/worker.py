"""Check one architecture in a process of its own, and watch its time and memory from outside."""

import multiprocessing
import re
import resource
import signal
import time
import traceback
import warnings
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess

import psutil
import torch

from benchmarks.coverage.checks import CHECKS, CheckFailed, Subject
from core.errors import ZooscopeError
from core.predict import NoClassifier

OK, FAILED, NOT_APPLICABLE, NOT_COUNTED = "ok", "failed", "not applicable", "not counted"
# Errors that say that a capability makes no sense for a network, and in what words they are listed.
INAPPLICABLE: dict[type[Exception], str] = {NoClassifier: "the network has no classes"}
MAX_REASON_LENGTH = 160  # characters
# How many times as long as it may compute a process may take by the clock: it may wait for a core.
MAX_WAITING = 30
# Forked processes share what their parent has imported, which takes seconds.
FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Outcome:
    """What a check found.

    Attributes:
        capability: A key of `CHECKS`.
        status: "ok", "failed", "not applicable" or "not counted".
        reason: Why it is not ok, in one line; empty if it is.
        seconds: Seconds of computing.
        megabytes: Largest resident memory of the process so far, with what it shares with others.
        side: Side of the network's input in pixels; 0 if it was not built.
    """

    capability: str
    status: str
    reason: str = ""
    seconds: float = 0.0
    megabytes: int = 0
    side: int = 0


def check_all(architecture: str, keys: tuple[str, ...] = tuple(CHECKS)) -> list[Outcome]:
    """Run checks of one architecture in this process and return what they found."""
    subject = Subject(architecture)
    return [check(subject, key) for key in keys]


def check(subject: Subject, key: str) -> Outcome:
    """Run one check. Any error is recorded: it is what the count looks for."""
    start = time.process_time()
    try:
        CHECKS[key](subject)
    except Exception as error:
        status, reason = _describe(subject, error)
    else:
        status, reason = OK, ""
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    built = "m" in vars(subject)
    return Outcome(key, status, reason, seconds, peak, subject.m.input_size[1] if built else 0)


def _describe(subject: Subject, error: Exception) -> tuple[str, str]:
    """Return status and reason of an error."""
    for kind, words in INAPPLICABLE.items():
        if isinstance(error, kind):
            return NOT_APPLICABLE, words
    if subject.card.refusal:
        return NOT_APPLICABLE, "the network's input is not a picture of three colours"
    reason = " ".join(str(error).split())
    if not isinstance(error, CheckFailed | ZooscopeError):
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = re.sub(r".*/", "", frame.filename)
        reason = f"{type(error).__name__} in {where}, {frame.name}: {reason}"
    return FAILED, reason[:MAX_REASON_LENGTH]


@dataclass
class Worker:
    """A process that checks one architecture.

    Attributes:
        architecture: timm's name.
        memory: Bytes of resident memory above which the process is ended.
        seconds: Seconds of computing after which it is ended, or `MAX_WAITING` times as many by the
            clock.
        outcomes: What it has found so far.
    """

    architecture: str
    memory: float
    seconds: float
    outcomes: list[Outcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start the process."""
        self._ending = ""
        self._start = time.monotonic()
        self._connection, other_end = FORK.Pipe(duplex=False)
        self._process: ForkProcess = FORK.Process(
            target=_run, args=(self.architecture, other_end), daemon=True
        )
        self._process.start()
        other_end.close()
        self._watched = psutil.Process(self._process.pid)

    def poll(self) -> bool:
        """Receive outcomes, enforce the limits, and return whether the process has ended."""
        alive = self._process.is_alive()  # before receiving: what it sent last is not missed
        try:
            while self._connection.poll():
                self.outcomes.append(self._connection.recv())
        except EOFError:
            pass  # the process has ended and everything was received
        if alive:
            self._enforce_limits()
            return False
        self._process.join()
        self._connection.close()
        self._fill_in()
        return True

    def _enforce_limits(self) -> None:
        """End the process if it takes too much time or memory.

        The resident memory is watched from here: a limit of the address space (RLIMIT_AS) counts
        what torch reserves without using it.
        """
        try:
            resident = self._watched.memory_info().rss
            times = self._watched.cpu_times()
        except psutil.NoSuchProcess:
            return  # the next poll finds that it has ended
        computed = times.user + times.system
        waited = time.monotonic() - self._start
        if resident > self.memory:
            self._end(f"it takes more than {self.memory / 1e9:g} GB of memory")
        elif computed > self.seconds or waited > MAX_WAITING * self.seconds:
            self._end(f"it takes more than {self.seconds:g} seconds")

    def _end(self, reason: str) -> None:
        self._ending = reason
        self._process.kill()

    def _fill_in(self) -> None:
        """Add an outcome for each check that the process did not finish."""
        done = {outcome.capability for outcome in self.outcomes}
        status, reason = NOT_COUNTED, self._ending
        if not reason:
            status, reason = FAILED, f"the process ended: {_exit_reason(self._process.exitcode)}"
        side = max((outcome.side for outcome in self.outcomes), default=0)
        self.outcomes += [
            Outcome(key, status, reason, side=side) for key in CHECKS if key not in done
        ]


def _run(architecture: str, connection: Connection) -> None:
    """Check one architecture and send each outcome as soon as it is known."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    subject = Subject(architecture)
    for key in CHECKS:
        connection.send(check(subject, key))
    connection.close()


def _exit_reason(code: int | None) -> str:
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit status {code}"
