"""Count architectures, some at a time, each in a process of its own."""

import time
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.coverage import table
from benchmarks.coverage.checks import CHECKS
from benchmarks.coverage.worker import NOT_COUNTED, Outcome, Worker
from core.zoo.table import Architecture

# Seconds between two looks at the processes.
POLL_EVERY = 0.1
# Memory that a network takes at least: its float32 weights, and torch with its activations. Larger
# networks are listed without being run.
BYTES_PER_PARAMETER, BASE_BYTES = 4, 0.6e9


@dataclass(frozen=True)
class Limits:
    """What one process may take.

    Attributes:
        memory: Bytes of resident memory.
        seconds: Seconds of computing.
    """

    memory: float
    seconds: float


def in_order(known: Iterable[Architecture]) -> list[Architecture]:
    """Return architectures so that the smallest of every family come first, then the next ones.

    Those of equal rank in their families are sorted by their size.
    """
    families: dict[str, list[Architecture]] = defaultdict(list)
    for each in sorted(known, key=lambda each: each.parameters):
        families[each.family].append(each)
    ranked = [pair for family in families.values() for pair in enumerate(family)]
    return [each for _, each in sorted(ranked, key=lambda pair: (pair[0], pair[1].parameters))]


def smallest(known: Iterable[Architecture]) -> list[Architecture]:
    """Return the smallest architecture of each family and kind, in the order of size."""
    chosen: dict[tuple[str, str], Architecture] = {}
    for each in sorted(known, key=lambda each: each.parameters):
        chosen.setdefault((each.family, each.kind), each)
    return list(chosen.values())


def count(todo: Sequence[Architecture], path: Path, processes: int, limits: Limits) -> None:
    """Count architectures, and add what was found to a table after each of them.

    Args:
        todo: The architectures, in their order. A table's earlier results of them are replaced.
        path: The table.
        processes: How many run at a time.
        limits: What each may take.
    """
    waiting, running = deque(todo), list[Worker]()
    found, start, done = table.read(path), time.monotonic(), 0
    while waiting or running:
        while waiting and len(running) < processes:
            each = waiting.popleft()
            if too_large(each, limits.memory):
                found[each.name] = _not_counted(each, limits.memory)
                table.write(found, path)
                done += 1
            else:
                running.append(Worker(each.name, limits.memory, limits.seconds))
        time.sleep(POLL_EVERY)
        for worker in [worker for worker in running if worker.poll()]:
            running.remove(worker)
            found[worker.architecture] = worker.outcomes
            table.write(found, path)
            done += 1
            _report(worker, done, len(todo), time.monotonic() - start)


def too_large(architecture: Architecture, memory: float) -> bool:
    """Return whether a network needs more bytes than a limit, by its number of parameters."""
    return _least_memory(architecture) > memory


def _least_memory(architecture: Architecture) -> float:
    return architecture.parameters * BYTES_PER_PARAMETER + BASE_BYTES


def _not_counted(architecture: Architecture, memory: float) -> list[Outcome]:
    reason = (
        f"it needs at least {_least_memory(architecture) / 1e9:.1f} GB of memory; the limit was"
        f" {memory / 1e9:g} GB"
    )
    return [Outcome(key, NOT_COUNTED, reason) for key in CHECKS]


def _report(worker: Worker, done: int, total: int, seconds: float) -> None:
    """Print an architecture's misses, and when the count will probably end."""
    missed = [each for each in worker.outcomes if each.status not in ("ok", "not applicable")]
    words = ", ".join(dict.fromkeys(f"{each.capability}: {each.reason}" for each in missed[:3]))
    rest = (total - done) * seconds / done / 60
    print(
        f"{done}/{total} {worker.architecture} {words or 'ok'} (about {rest:.0f} min left)",
        flush=True,
    )
