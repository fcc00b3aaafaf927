"""How many threads of OpenMP compute, and how long they wait actively for their next work."""

import os
from collections.abc import MutableMapping

# Turns of the loop in which a waiting thread of GNU's OpenMP keeps its core before it sleeps: a few
# milliseconds. With 1,000, a network takes up to twice as long where nothing else runs. With
# libgomp's own 300,000, beside other programs, threads that wait for one that has no core keep the
# cores from it for longer; there, `core.threads.ThreadsByLoad` also uses fewer threads.
# `benchmarks.neighbours` measures both.
SPIN_COUNT = 100_000


def set_defaults(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set how many threads compute and how they wait, unless the host has set it.

    OpenMP reads the environment once, when torch is loaded: call this before. The number of threads
    is the number of cores that this process may use by its affinity and by the quota of its cgroup,
    which torch does not know.

    Args:
        environment: The environment variables, which are changed.
    """
    if "OMP_NUM_THREADS" not in environment:
        # Imported here, because child processes inherit the variable and start quickly without.
        from joblib import cpu_count

        environment["OMP_NUM_THREADS"] = str(cpu_count())
    if "OMP_WAIT_POLICY" not in environment:
        environment.setdefault("GOMP_SPINCOUNT", str(SPIN_COUNT))
