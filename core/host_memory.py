"""How much memory the server may use, and the limits that follow from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path("/")
MEGABYTE = 1_000_000
# Where nothing says how much memory there is, as on Windows: that of a small virtual machine.
ASSUMED_MEMORY = 4_000 * MEGABYTE
# A training's process takes 0.7 GB, most of it for libraries (benchmarks.training). Where two may
# train, a third is kept ready.
TWO_TRAININGS = 5_000 * MEGABYTE


@dataclass(frozen=True)
class MemoryLimits:
    """Limits that follow from the memory: bytes of what stays in it, and processes.

    Attributes:
        networks: The loaded networks.
        pictures: The pictures of all visitors.
        results: The decoded results.
        uploads: The uploaded files that no page has read yet.
        trainings: How many networks are trained at once, each in a process of its own.
    """

    networks: int
    pictures: int
    results: int
    uploads: int
    trainings: int

    @classmethod
    def of(cls, memory: int) -> "MemoryLimits":
        """Return the limits for a server that may use so many bytes of memory.

        Libraries, and computing with a network, take about 1.2 GB in addition. The lower bounds are
        the least with which all pages work.
        """

        def share(part: float, least: int, most: int) -> int:
            return min(max(round(part * memory), least * MEGABYTE), most * MEGABYTE)

        return cls(
            networks=share(1 / 4, 150, 2000),
            pictures=share(1 / 10, 64, 256),
            results=share(1 / 40, 16, 64),
            uploads=share(1 / 10, 120, 240),
            trainings=1 if memory < TWO_TRAININGS else 2,
        )


@cache
def memory_limits() -> MemoryLimits:
    """Return the limits for this server; the memory is looked up once."""
    return MemoryLimits.of(host_memory())


def host_memory(root: Path = ROOT) -> int:
    """Return the bytes that this process may use: the machine's memory, or its cgroup's limit.

    Args:
        root: The root of the file system.
    """
    limits = [*_machine_memory(root), *_cgroup_limits(root)]
    return min(limits, default=ASSUMED_MEMORY)


def _machine_memory(root: Path) -> Iterator[int]:
    for line in _read(root / "proc/meminfo").splitlines():
        name, _, value = line.partition(":")
        if name == "MemTotal":
            yield int(value.split()[0]) * 1024


def _cgroup_limits(root: Path) -> Iterator[int]:
    """Yield the limits of this process's cgroup and of those around it, of versions 1 and 2.

    A container may see its own group as the root, under a path that the host sees: then there are
    no such folders, and the limit is that of the root.
    """
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            mount, name = root / "sys/fs/cgroup", "memory.max"
        elif "memory" in controllers.split(","):
            mount, name = root / "sys/fs/cgroup/memory", "memory.limit_in_bytes"
        else:
            continue
        group = Path(path.lstrip("/"))
        for folder in (group, *group.parents):
            limit = _read(mount / folder / name).strip()
            if limit.isdecimal():  # otherwise there is no file, or it says "max"
                yield int(limit)


def _read(path: Path) -> str:
    """Return the text of a file; nothing where it does not exist or can't be read."""
    try:
        return path.read_text()
    except OSError:
        return ""
