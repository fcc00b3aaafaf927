"""Memory is kept for the next pass, and given back when asked."""

import os
import subprocess
import sys

import pytest

# 160 MB in four pieces, ten times: anew each time it is 40,000 pages of 4 kB each. A thread's
# memory is made of heaps that hold one piece each.
FAULTS = """
import resource, threading, torch
from core import memory
{first}
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        [torch.ones(10_000_000) for _ in range(4)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
def both():
    faults()
    print(faults())
    memory.give_back()
    print(faults())
{then}
"""
IN_A_THREAD = "thread = threading.Thread(target=both); thread.start(); thread.join()"

glibc = pytest.mark.skipif(
    "glibc" not in (getattr(os, "confstr", lambda _: "")("CS_GNU_LIBC_VERSION") or ""),
    reason="another C library keeps memory its own way",
)


def faults(first: str, then: str = "both()", **environment: str) -> list[int]:
    """Pages asked of the system in two rounds of the same work."""
    done = subprocess.run(
        [sys.executable, "-c", FAULTS.format(first=first, then=then)],
        check=True, capture_output=True, text=True, env=os.environ | environment,
    )  # fmt: skip
    return [int(line) for line in done.stdout.split()]


@glibc
@pytest.mark.parametrize("then", ["both()", IN_A_THREAD])
def test_what_is_freed_is_used_again_until_it_is_given_back(then):
    kept, given_back = faults("assert memory.keep_freed()", then)
    assert kept < 2000
    assert 20_000 < given_back < 80_000  # once more, and then kept again
    anew, _ = faults("memory.give_back = lambda: None", then)
    assert anew > 200_000


def test_what_the_host_has_set_holds():
    faults("assert not memory.keep_freed()", MALLOC_TRIM_THRESHOLD_="131072")
