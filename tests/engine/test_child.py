import os
import time

import pytest

from core.engine.child import ChildFailed, in_child_steps
from core.steps import Progress, drain

WORK = "tests.engine.child_work"


def test_a_child_tells_its_progress_and_brings_its_result():
    seen: list[Progress] = []
    result = drain(in_child_steps(f"{WORK}:count_steps", {"to": 3}), seen.append)
    assert result["counted"] == 3
    assert result["process"] != os.getpid()
    assert [p.note for p in seen if p.note.startswith("at")][-1] == "at 3"


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_closing_kills_a_child_in_the_middle_of_a_step(tmp_path):
    pid_file = tmp_path / "pid"
    steps = in_child_steps(f"{WORK}:for_ever_steps", {"pid_file": str(pid_file)})
    until = time.monotonic() + 60
    while not (pid_file.exists() and pid_file.read_text()) and time.monotonic() < until:
        next(steps)
    pid = int(pid_file.read_text())
    assert is_alive(pid)
    steps.close()
    assert not is_alive(pid)


def test_our_errors_come_through_as_they_are():
    with pytest.raises(ChildFailed, match="not with these settings; try others"):
        drain(in_child_steps(f"{WORK}:refuse_steps", {}))


@pytest.mark.parametrize(("work", "words"), [("fault", "a fault of ours"), ("crash", "-6")])
def test_a_fault_or_a_native_crash_costs_the_child_only(work, words):
    with pytest.raises(ChildFailed, match=words):
        drain(in_child_steps(f"{WORK}:{work}_steps", {}))
