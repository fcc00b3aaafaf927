"""A computation in a child process: its progress, result and errors; killing it."""

import os
import time

import psutil
import pytest

from core.child_process import ChildFailed, ReadyChild, in_child_steps
from core.steps import Progress, drain

WORK = "tests.child_work"


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


@pytest.mark.parametrize(
    ("work", "code", "reason"), [("bug", "code 1", "ValueError: a bug"), ("crash", "code -6", "")]
)
def test_an_unexpected_error_or_a_native_crash_ends_only_the_child(work, code, reason, caplog):
    with pytest.raises(ChildFailed, match=code) as caught:
        drain(in_child_steps(f"{WORK}:{work}_steps", {}))
    assert reason in caplog.text
    assert ".py" not in str(caught.value)  # paths of the server are for its log


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children() if is_running(child)}


def is_running(child: psutil.Process) -> bool:
    try:
        return child.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def ready():
    made = ReadyChild(f"{WORK}:count_steps")
    yield made
    made.close()


def test_a_child_that_is_ready_is_taken_once(ready):
    before = children()
    ready.prepare()
    (prepared,) = children() - before
    ready.prepare()
    assert children() - before == {prepared}
    assert drain(in_child_steps(ready, {"to": 3})) == {"counted": 3, "process": prepared}
    assert drain(in_child_steps(ready, {"to": 3}))["process"] != prepared


def test_a_child_that_has_died_is_replaced(ready):
    before = children()
    ready.prepare()
    (prepared,) = children() - before
    psutil.Process(prepared).kill()
    wait_until(lambda: prepared not in children())
    assert drain(in_child_steps(ready, {"to": 3}))["counted"] == 3
    ready.prepare()
    assert len(children() - before) == 1


def test_a_child_that_nobody_takes_ends_by_itself():
    before = children()
    ReadyChild(f"{WORK}:count_steps", waits=0.5).prepare()
    assert children() - before
    wait_until(lambda: not children() - before)


def test_a_ready_child_ends_with_its_owner(ready):
    before = children()
    ready.prepare()
    ready.close()
    assert not children() - before


def wait_until(condition):
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)
