"""Memory is kept for the next pass, and given back when asked."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.memory import HOSTS_OWN

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
UNTUNED = {name: value for name, value in os.environ.items() if name not in HOSTS_OWN}
HUGE = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def kept_by_pages() -> bool:
    """A C library that can be told, and a system that hands memory out in pages of 4 kB."""
    if not hasattr(os, "confstr") or os.sysconf("SC_PAGESIZE") != 4096:
        return False
    name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    huge = HUGE.is_file() and "[always]" in HUGE.read_text()
    return name == "glibc" and tuple(map(int, version.split("."))) >= (2, 35) and not huge


def faults(first: str, then: str = "both()", **environment: str) -> list[int]:
    """Pages asked of the system in two rounds of the same work."""
    done = subprocess.run(
        [sys.executable, "-c", FAULTS.format(first=first, then=then)],
        check=True, capture_output=True, text=True, env=UNTUNED | environment,
    )  # fmt: skip
    return [int(line) for line in done.stdout.split()]


@pytest.mark.skipif(not kept_by_pages(), reason="memory is kept, or handed out, in another way")
@pytest.mark.parametrize("then", ["both()", IN_A_THREAD])
def test_what_is_freed_is_used_again_until_it_is_given_back(then):
    kept, given_back = faults("assert memory.keep_freed()", then)
    assert kept < 2000
    assert 20_000 < given_back < 80_000  # once more, and then kept again
    anew, _ = faults("memory.give_back = lambda: None", then)
    assert anew > 200_000


def test_what_the_host_has_set_holds():
    faults("assert not memory.keep_freed()", MALLOC_TRIM_THRESHOLD_="131072")
