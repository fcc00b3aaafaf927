"""The limits follow the memory of the machine, or of the cgroup that the server runs in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.host_memory import ASSUMED_MEMORY, MEGABYTE, MemoryLimits, host_memory, memory_limits
from core.settings import Settings
from core.workbench import Workbench

MEMINFO = "MemTotal:        8000000 kB\nMemFree:         1000000 kB\n"
MACHINE = 8_000_000 * 1024


def files(root: Path, **texts: str) -> Path:
    """Make files under a root; a name's double underscores stand for slashes."""
    for name, text in texts.items():
        path = root / name.replace("__", "/").replace("memory_", "memory.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_without_a_cgroup_it_is_the_machines_memory(tmp_path):
    assert host_memory(files(tmp_path, proc__meminfo=MEMINFO)) == MACHINE


@pytest.mark.parametrize(("limit", "memory"), [("2700000000\n", 2_700_000_000), ("max\n", MACHINE),
                                               ("90000000000\n", MACHINE)])  # fmt: skip
def test_a_cgroup_of_version_2_limits_it(tmp_path, limit, memory):
    root = files(tmp_path, proc__meminfo=MEMINFO, proc__self__cgroup="0::/\n",
                 sys__fs__cgroup__memory_max=limit)  # fmt: skip
    assert host_memory(root) == memory


def test_a_cgroup_of_version_1_limits_it(tmp_path):
    groups = "9:cpu,cpuacct:/docker/abc\n5:memory:/docker/abc\n1:name=systemd:/docker/abc\n"
    root = files(tmp_path, proc__meminfo=MEMINFO, proc__self__cgroup=groups,
                 sys__fs__cgroup__memory__memory_limit_in_bytes="1000000000\n")  # fmt: skip
    assert host_memory(root) == 1_000_000_000  # the container sees its group as the root


def test_the_lowest_limit_of_the_groups_around_it_counts(tmp_path):
    root = files(tmp_path, proc__meminfo=MEMINFO, proc__self__cgroup="0::/outer/inner\n",
                 sys__fs__cgroup__outer__memory_max="3000000000\n",
                 sys__fs__cgroup__outer__inner__memory_max="max\n")  # fmt: skip
    assert host_memory(root) == 3_000_000_000


def test_without_any_file_it_is_a_small_machines(tmp_path):
    assert host_memory(tmp_path) == ASSUMED_MEMORY


def test_limits_grow_with_the_memory_within_bounds():
    sizes = [100, 1_000, 2_700, 8_000, 64_000, 10**6]
    limits = [MemoryLimits.of(size * MEGABYTE) for size in sizes]
    for name in ("networks", "pictures", "results", "uploads"):
        values = [getattr(limit, name) for limit in limits]
        assert values == sorted(values)
        assert values[0] < values[-1] == values[-2]
    # Community Cloud ends an app at 2.7 GB; the libraries and a computation take 1.2.
    cloud = MemoryLimits.of(2_700 * MEGABYTE)
    assert cloud.networks + cloud.pictures + cloud.results + cloud.uploads < 1_500 * MEGABYTE


@pytest.fixture
def _limits_are_read_again() -> Iterator[None]:
    yield
    memory_limits.cache_clear()


@pytest.mark.usefixtures("_limits_are_read_again")
def test_settings_and_workbench_follow_the_memory(monkeypatch):
    for memory in (1_000 * MEGABYTE, 64_000 * MEGABYTE):
        monkeypatch.setattr("core.host_memory.host_memory", lambda memory=memory: memory)
        memory_limits.cache_clear()
        limits = MemoryLimits.of(memory)
        assert Settings.from_environment({}).memory_mb * MEGABYTE == limits.networks
        assert Settings.from_environment({"ZOOSCOPE_MEMORY_MB": "123"}).memory_mb == 123
        bench = Workbench(Settings.from_environment())
        assert bench._values._limit == limits.results
        assert bench.pictures._uploads._room.bytes == limits.pictures
        bench.close()
