"""Freed memory is kept for the next forward pass, and released on request."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.memory import HOST_VARIABLES

# Allocates 160 MB in four blocks, ten times. If the system hands the memory out again each time, it
# hands out 40,000 pages of 4 kB. A thread's memory consists of heaps that hold one block each.
SCRIPT = """
import resource, threading, torch
from core import memory
{setup}
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        [torch.ones(10_000_000) for _ in range(4)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
def measure():
    faults()
    print(faults())
    memory.release_freed_memory()
    print(faults())
measure()
thread = threading.Thread(target=measure)
thread.start()
thread.join()
"""
UNTUNED = {name: value for name, value in os.environ.items() if name not in HOST_VARIABLES}
HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def faults_are_countable() -> bool:
    """Return whether the C library takes the settings, and the system's pages have 4 kB."""
    if not hasattr(os, "confstr") or os.sysconf("SC_PAGESIZE") != 4096:
        return False
    name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    huge = HUGE_PAGES.is_file() and "[always]" in HUGE_PAGES.read_text()
    return name == "glibc" and tuple(map(int, version.split("."))) >= (2, 35) and not huge


def run(script: str, **environment: str) -> str:
    """Return what a Python process prints."""
    return subprocess.run(
        [sys.executable, "-c", script],
        check=True, capture_output=True, text=True, env=UNTUNED | environment,
    ).stdout  # fmt: skip


def page_faults(setup: str) -> list[int]:
    """Return the number of pages that the system hands out, before and after a release.

    First those of the main thread, then those of another.
    """
    return [int(line) for line in run(SCRIPT.format(setup=setup)).split()]


@pytest.mark.skipif(not faults_are_countable(), reason="needs glibc 2.35 and pages of 4 kB")
def test_freed_memory_is_reused_until_it_is_released():
    kept, released, kept_by_thread, released_by_thread = page_faults(
        "assert memory.keep_freed_memory()"
    )
    assert max(kept, kept_by_thread) < 2000
    for handed_out in (released, released_by_thread):
        assert 20_000 < handed_out < 80_000  # handed out once more, and then kept again
    without, _, without_in_thread, _ = page_faults("memory.release_freed_memory = lambda: None")
    assert min(without, without_in_thread) > 200_000


def test_settings_of_the_environment_take_precedence():
    run("from core import memory; assert not memory.keep_freed_memory()",
        MALLOC_TRIM_THRESHOLD_="131072")  # fmt: skip
