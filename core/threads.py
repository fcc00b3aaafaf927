"""Limit the CPU cores that a thread computes on."""

import threading

import torch
from threadpoolctl import threadpool_limits

# torch's default number of threads, which the computing thread uses; read before any limit is set.
ALL_THREADS = torch.get_num_threads()
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
