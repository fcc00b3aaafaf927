"""The words of a wait: what will appear, how much is done, and an honest estimate of the rest."""

import pytest

from core.steps import Progress
from core.workbench.engine import Answer
from core.workbench.recipes import Recipe
from core.workbench.tasks import ALL
from pages.parts.shared.waiting import TITLES, Wait, done_share, time_left, waiting_text


def recipes(count: int, task: str = "visualization") -> list[Recipe[object]]:
    return [Recipe(task, 1, layer=str(index)) for index in range(count)]


def under_way(step: int, total: int, note: str = "") -> Answer[object]:
    return Answer(progress=Progress(step, total, note=note))


def test_a_steady_pace_is_extrapolated():
    wait = Wait.begin(100.0, 0.2)
    for second in range(1, 11):
        wait = wait.look(100.0 + second, 0.2 + 0.02 * second)
    assert wait.share == pytest.approx(0.4)
    assert wait.seconds_left == pytest.approx(30.0)


@pytest.mark.parametrize(("seconds", "gained"), [(0.5, 0.4), (4.0, 0.001), (4.0, 0.0)])
def test_there_is_no_estimate_before_enough_is_known(seconds: float, gained: float):
    wait = Wait.begin(0.0, 0.1)
    assert wait.seconds_left is None
    assert wait.look(seconds, 0.1 + gained).seconds_left is None


def test_what_was_there_at_the_beginning_says_nothing_about_the_pace():
    assert Wait.begin(0.0, 0.9).look(4.0, 0.9).seconds_left is None
    assert Wait.begin(0.0, 0.5).look(4.0, 0.75).seconds_left == pytest.approx(4.0)


def test_time_on_another_page_does_not_count():
    wait = Wait.begin(0.0, 0.0).look(4.0, 0.5).look(1000.0, 0.5)
    assert wait.seconds_left is None
    assert wait.look(1004.0, 0.75).seconds_left == pytest.approx(4.0)


def test_the_measurement_begins_anew_where_other_work_has_begun():
    wait = Wait.begin(0.0, 0.0).look(4.0, 0.9).look(4.5, 0.1)
    assert wait.seconds_left is None
    assert wait.look(8.5, 0.5).seconds_left == pytest.approx(5.0)


def test_steps_of_results_under_way_count_as_parts():
    answers = [under_way(3, 4), under_way(1, 4), Answer()]
    assert done_share(answers, asked=5) == pytest.approx((2 + 1.0) / 5)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (0.0, "a few seconds left"), (7.9, "a few seconds left"),
     (12.0, "about 10 s left"), (54.0, "about 50 s left"), (56.0, "about 1 min left"),
     (130.0, "about 2 min left"), (3 * 3600.0, "about 3 h left")],
)  # fmt: skip
def test_a_time_is_rounded(seconds: float | None, words: str):
    assert time_left(seconds) == words


@pytest.mark.parametrize(
    ("task", "count", "asked", "answer", "seconds", "text"),
    [
        ("visualization", 21, 24, under_way(1, 9), 110.0,
         "Pictures of neurons: 3 of 24, about 2 min left …"),
        ("visualization", 24, 24, under_way(0, 1, "loading a*b"), None,
         r"Pictures of neurons: 0 of 24, loading a\*b …"),
        ("part scores", 1, 1, under_way(1, 9, "comparing with masks"), 20.0,
         "Matches with parts: about 20 s left, comparing with masks …"),
        ("square", 2, 3, under_way(1, 9), None, "1 of 3 …"),
        ("square", 1, 1, under_way(1, 9, "reading"), None, "Reading …"),
        ("logits", 1, 1, Answer(), None, "Predictions: computing …"),
        ("logits", 1, 1, Answer(other_sessions=2), None,
         "Waiting: 2 other visitors are being served"),
        ("logits", 2, 2, Answer(progress=Progress(1, 9), other_sessions=1), None,
         "Predictions: 0 of 2 … (1 other visitor is being served)"),
    ],
)  # fmt: skip
def test_the_text_names_what_appears_and_how_much_is_left(
    task: str, count: int, asked: int, answer: Answer, seconds: float | None, text: str
):
    assert waiting_text(recipes(count, task), [answer] * count, asked, seconds) == text


def test_results_of_two_kinds_are_both_named():
    missing = [*recipes(2), *recipes(1, "part scores"), *recipes(1, "logits")]
    text = waiting_text(missing, [Answer()] * 4, 4)
    assert text == "Pictures of neurons and matches with parts: 0 of 4 …"


def test_every_title_belongs_to_a_task():
    assert set(TITLES) <= set(ALL)
