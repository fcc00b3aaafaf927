"""How many CPU cores a thread computes on."""

import threading
import time
from collections.abc import Callable

import psutil
import torch
from threadpoolctl import threadpool_limits

# torch's default number of threads, which the computing thread uses; read before any limit is set.
ALL_THREADS = torch.get_num_threads()
# Seconds between two looks at how busy the cores are.
LOOK_EVERY = 0.3
_thread = threading.local()


def limit_to_one_thread() -> None:
    """Make torch compute on a single core in the current thread.

    OpenMP starts a team of worker threads for every thread that computes. As soon as there are more
    workers than cores, all of them sleep between two loops instead of waiting actively, and a
    network takes twice as long, even while the second thread is idle.
    """
    if getattr(_thread, "limited", False):
        return
    # torch sets a thread's number at the first query, which must not undo the limit.
    torch.get_num_threads()
    threadpool_limits(1, user_api="openmp")
    _thread.limited = True


class OtherPrograms:
    """Measures how many of the cores that this process may use other processes keep busy."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self.busy_cores()  # psutil measures from one call to the next

    def busy_cores(self) -> float:
        """Return the mean number of cores that others kept busy since the last call.

        Call it from one thread: psutil measures for each thread.
        """
        shares = psutil.cpu_percent(percpu=True)
        everybody = sum(shares[core] for core in self._cores() if core < len(shares))
        return max(0.0, everybody - self._process.cpu_percent()) / 100

    def free_cores(self) -> float:
        """Return how many of the cores others left free since the last call."""
        return len(self._cores()) - self.busy_cores()

    def _cores(self) -> list[int]:
        # macOS has no affinity.
        affinity = getattr(self._process, "cpu_affinity", None)
        return affinity() if affinity else list(range(psutil.cpu_count() or 1))


class ThreadsByLoad:
    """Lets torch compute with as many threads as other programs leave cores free.

    OpenMP's threads keep their cores while they wait for each other, since the next loop comes
    soon. Where another program has taken the core of one of them, all others wait for it, and a
    single thread is faster: `benchmarks.neighbours` compares them.

    Args:
        most: The number of threads when all cores are free.
        free_cores: Returns how many cores were free since its last call; by default measured.
        clock: Returns the present time in seconds.
    """

    def __init__(
        self,
        most: int = ALL_THREADS,
        free_cores: Callable[[], float] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._most = most
        self._free_cores = free_cores or OtherPrograms().free_cores
        self._clock = clock
        self._looked_at = clock()

    def adjust(self) -> None:
        """Set the number of threads, if the last look was long enough ago."""
        now = self._clock()
        if self._most == 1 or now - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = now
        threads = min(self._most, max(1, round(self._free_cores())))
        if threads != torch.get_num_threads():
            torch.set_num_threads(threads)
