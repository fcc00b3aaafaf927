"""Which threads compute on how many cores."""

import threading

import torch
from threadpoolctl import threadpool_limits

# Of the thread that computes: what torch would take, noted before any thread is limited.
FULL = torch.get_num_threads()
_thread = threading.local()


def on_one_core() -> None:
    """Have torch compute on one core in this thread.

    OpenMP gives each thread that computes helpers of its own. As soon as there are more of them
    than cores, all of them sleep between any two loops instead of waiting awake, and a network
    takes twice as long, also while the second thread has nothing to do.
    """
    if getattr(_thread, "limited", False):
        return
    torch.get_num_threads()  # torch sets the number itself when a thread first asks for it
    threadpool_limits(1, user_api="openmp")
    _thread.limited = True
