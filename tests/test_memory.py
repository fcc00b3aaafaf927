"""Memory is kept for the next pass, and given back when asked."""

import os
import subprocess
import sys

import pytest

# 40 MB, 20 times: anew each time it is some 10,000 pages of 4 kB each.
FAULTS = """
import resource, torch
from core import memory
{first}
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        torch.ones(10_000_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
memory.give_back()
print(faults())
"""


def faults(first: str, **environment: str) -> list[int]:
    """Pages asked of the system in two rounds of the same work."""
    done = subprocess.run(
        [sys.executable, "-c", FAULTS.format(first=first)],
        check=True, capture_output=True, text=True, env=os.environ | environment,
    )  # fmt: skip
    return [int(line) for line in done.stdout.split()]


@pytest.mark.skipif(not hasattr(os, "confstr") or "glibc" not in (os.confstr("CS_GNU_LIBC_VERSION")
                    or ""), reason="another C library keeps memory its own way")  # fmt: skip
def test_what_is_freed_is_used_again_until_it_is_given_back():
    kept, given_back = faults("assert memory.keep_freed()")
    assert kept < 1000
    assert 5000 < given_back < 20_000  # once more, and then kept again
    anew, _ = faults("memory.give_back = lambda: None")
    assert anew > 100_000


def test_what_the_host_has_set_holds():
    faults("assert not memory.keep_freed()", MALLOC_TRIM_THRESHOLD_="131072")
