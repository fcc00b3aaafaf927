"""A computation in a child process: its progress, result and errors; killing it."""

import os
import time

import pytest

from core.steps import Progress, drain
from core.workbench.engine.child import ChildFailed, in_child_steps

WORK = "tests.workbench.engine.child_work"


def test_a_child_process_reports_progress_and_returns_its_result():
    reported: list[Progress] = []
    result = drain(in_child_steps(f"{WORK}:count_steps", {"to": 3}), reported.append)
    assert result["counted"] == 3
    assert result["process"] != os.getpid()
    assert [p.note for p in reported if p.note.startswith("at")][-1] == "at 3"


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_closing_kills_a_child_in_the_middle_of_a_step(tmp_path):
    pid_file = tmp_path / "pid"
    steps = in_child_steps(f"{WORK}:sleep_steps", {"pid_file": str(pid_file)})
    until = time.monotonic() + 60
    while not (pid_file.exists() and pid_file.read_text()) and time.monotonic() < until:
        next(steps)
    pid = int(pid_file.read_text())
    assert is_alive(pid)
    steps.close()
    assert not is_alive(pid)


def test_the_message_of_a_zooscope_error_is_kept():
    with pytest.raises(ChildFailed, match="not with these settings; try others"):
        drain(in_child_steps(f"{WORK}:bad_setting_steps", {}))


@pytest.mark.parametrize(("work", "message"), [("bug", "a bug"), ("crash", "-6")])
def test_an_unexpected_error_or_a_native_crash_ends_only_the_child(work, message):
    with pytest.raises(ChildFailed, match=message):
        drain(in_child_steps(f"{WORK}:{work}_steps", {}))
