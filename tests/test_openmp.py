"""Threads of OpenMP: their number and how they wait, set before torch is loaded."""

import json
import os
import subprocess
import sys

import pytest
from joblib import cpu_count

from core import openmp
from tests.conftest import PROJECT

NAMES = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
REPORT = """
import json, os, sys
import core
names = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
report = {name: os.environ.get(name) for name in names} | {"torch first": "torch" in sys.modules}
import core.threads
print(json.dumps(report | {"threads": core.threads.ALL_THREADS}))
"""


def imported_core(**environment: str) -> dict[str, object]:
    """Return what a new process reports that imports core in an environment."""
    inherited = {name: value for name, value in os.environ.items() if name not in NAMES}
    process = subprocess.run(
        [sys.executable, "-c", REPORT], cwd=PROJECT, env=inherited | environment,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(process.stdout)


def test_the_number_of_threads_follows_affinity_and_quota(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("joblib.cpu_count", lambda: 3)
    environment: dict[str, str] = {}
    openmp.set_defaults(environment)
    assert environment["OMP_NUM_THREADS"] == "3"


def test_importing_core_sets_the_environment_before_torch_is_loaded():
    report = imported_core()
    assert not report["torch first"]
    assert report["threads"] == int(str(report["OMP_NUM_THREADS"])) == cpu_count()
    assert report["GOMP_SPINCOUNT"] == str(openmp.SPIN_COUNT)


def test_what_the_host_has_set_stays():
    report = imported_core(OMP_NUM_THREADS="1", OMP_WAIT_POLICY="active")
    assert report["threads"] == 1
    assert report["OMP_WAIT_POLICY"] == "active"
    assert report["GOMP_SPINCOUNT"] is None


def test_the_process_that_starts_test_workers_does_not_hand_on_its_number_of_threads():
    kept = (*NAMES, "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT")
    environment = {name: value for name, value in os.environ.items() if name not in kept}
    code = "import os, tests.conftest; print(os.environ.get('OMP_NUM_THREADS'))"
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert process.stdout.split()[-1] == "None"
