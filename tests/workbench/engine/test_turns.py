"""Sessions take turns: each gets an equal share of the time, whatever it has to compute."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from core.steps import Progress, Steps
from core.workbench.engine import BackgroundTask, Job, JobState, LocalEngine
from core.workbench.engine.turns import Turns

SECONDS = 60  # longer than any wait of a test takes; a wait that reaches it has failed


class Lane:
    """An engine that computes nothing until `run`, and whose clock only steps advance.

    Attributes:
        steps: Who computed each step, in order.
    """

    def __init__(self) -> None:
        self.steps: list[str] = []
        self._now = 0.0
        self._held, self._free = threading.Event(), threading.Event()
        self._jobs: list[Job] = []
        self.engine = LocalEngine(lambda work, job: iter(()), lambda: self._now)
        self.submit("gate", 1, action=self._wait)
        assert self._held.wait(SECONDS)

    def submit(
        self,
        name: str,
        steps: int,
        seconds: float = 1.0,
        cost: float = 1.0,
        sessions: tuple[str, ...] = (),
        action: Callable[[], object] = lambda: None,
    ) -> Job:
        """Submit a job and return it.

        Args:
            name: Is logged at every step.
            steps: Number of steps.
            seconds: Seconds of each step.
            cost: The job's cost.
            sessions: The sessions that request it; the session `name` if there are none.
            action: Is called in every step.
        """

        def compute() -> Steps[None]:
            for step in range(steps):
                action()
                self._now += seconds
                self.steps.append(name)
                yield Progress(step, steps)

        job = Job(BackgroundTask(f"{name} {len(self._jobs)}", compute, "compute", cost))
        for session in sessions or (name,):
            job.request(session)
        self._jobs.append(job)
        self.engine.submit(job)
        return job

    def run(self) -> list[str]:
        """Compute everything that was submitted; return who computed each step."""
        self._free.set()
        assert all(job.wait(SECONDS) for job in self._jobs)
        return self.steps[1:]

    def _wait(self) -> None:
        self._held.set()
        assert self._free.wait(SECONDS)


@pytest.fixture
def lane() -> Iterator[Lane]:
    lane = Lane()
    yield lane
    lane.engine.close()


def test_sessions_share_the_time_equally_and_not_the_number_of_jobs(lane: Lane):
    for _ in range(20):
        lane.submit("ada", 10, cost=0.1)
    lane.submit("bob", 50, cost=60)
    assert Counter(lane.run()[:100]) == {"ada": 50, "bob": 50}


def test_a_session_with_long_steps_gets_fewer_of_them(lane: Lane):
    lane.submit("ada", 10, seconds=4)
    lane.submit("bob", 40, seconds=1)
    assert Counter(lane.run()[:25]) == {"ada": 5, "bob": 20}


def test_a_session_that_arrives_goes_next_whatever_its_job_costs(lane: Lane):
    def bob_arrives() -> None:
        if len(lane.steps) == 8:
            lane.submit("bob", 2, seconds=0.1, cost=60)

    for _ in range(3):
        lane.submit("ada", 5, cost=0.1, action=bob_arrives)
    steps = lane.run()
    assert steps[8:10] == ["bob", "bob"]


def test_every_prediction_waits_for_one_step_only(lane: Lane):
    """A session that asks again and again overtakes sessions that compute without a pause."""
    arrivals = iter(range(100))

    def bob_arrives() -> None:
        lane.submit("bob", 1, seconds=0.1, cost=next(arrivals))

    lane.submit("ada", 20, seconds=2, cost=0.1, action=bob_arrives)
    lane.submit("eve", 20, seconds=3, cost=0.1)
    steps = lane.run()
    assert steps.count("bob") == 20
    assert all(steps[index + 1] == "bob" for index, name in enumerate(steps) if name == "ada")


def test_a_session_does_not_make_up_for_the_time_in_which_it_wanted_nothing(lane: Lane):
    def bob_arrives() -> None:
        if len(lane.steps) == 30:
            lane.submit("bob", 30)

    lane.submit("ada", 60, action=bob_arrives)
    steps = lane.run()[30:]
    assert Counter(steps[:20]) == {"ada": 10, "bob": 10}


def test_a_job_that_several_sessions_want_counts_for_the_one_that_is_most_behind(lane: Lane):
    lane.submit("ada", 20, cost=0.1)
    lane.submit("eve", 20, cost=0.1)
    lane.submit("shared", 2, cost=60, sessions=("ada", "bob"))
    assert "shared" in lane.run()[:3]


def test_what_a_job_needs_is_computed_in_the_turns_of_its_sessions(lane: Lane):
    dependent = Job(BackgroundTask("a job that bob wants", lambda: iter(())))
    dependent.request("bob")
    lane.submit("ada", 20, cost=0.1)
    lane.submit("ada", 20, cost=0.1)
    needed = lane.submit("needed", 2, cost=60, sessions=("nobody",))
    needed.add_dependent(dependent)
    needed.withdraw("nobody")
    assert needed.sessions == {"bob"}
    assert lane.run()[:4].count("needed") == 2


def test_within_a_session_the_cheapest_job_goes_first(lane: Lane):
    lane.submit("expensive", 3, cost=5, sessions=("ada",))
    lane.submit("cheap", 3, cost=0.1, sessions=("ada",))
    assert lane.run() == ["cheap"] * 3 + ["expensive"] * 3


def test_a_job_that_nobody_wants_is_cancelled_before_other_jobs_go_on(lane: Lane):
    unwanted = lane.submit("bob", 3)
    states: list[JobState] = []
    lane.submit("ada", 1, action=lambda: states.append(unwanted.state))
    unwanted.withdraw("bob")
    assert lane.run() == ["ada"]
    assert states == [JobState.CANCELLED]


def test_the_times_of_sessions_that_have_left_are_forgotten():
    turns = Turns()
    for number in range(1000):
        for sessions in ({f"session {number}"}, {"ada"}):
            turns.end(turns.start(sessions), 1.0)
    assert len(turns._ahead) <= 2
