"""Figures of a set equal slow ones; remedies are judged on pictures that nothing was fitted on."""

import numpy as np
import pytest

from core import compare, corruptions, predict
from core.compare import TooFewPictures
from core.corruptions import STEPS, JudgedAnswers


def judged(seed: int, count: int = 80, groups: np.ndarray | None = None) -> JudgedAnswers:
    """Return answers that are right less often at later steps."""
    random = np.random.default_rng(seed)
    true = random.integers(0, 5, count)
    logits = random.normal(0, 1.5, (count, STEPS + 1, 5))
    for step in range(STEPS + 1):
        logits[np.arange(count), step, true] += 5 - step
    accepted = np.eye(5, dtype=bool)[true]
    return JudgedAnswers.judge(logits, accepted, np.arange(count) if groups is None else groups)


def test_accuracy_and_calibration_of_each_step_equal_those_of_compare():
    own = judged(0)
    for step, each in enumerate(corruptions.by_step(own)):
        top = own.logits[:, step].argmax(1)
        right = own.accepted[np.arange(80), top]
        confidence = predict.softmax(own.logits[:, step]).max(1)
        assert each.accuracy.mean == pytest.approx(right.mean())
        assert each.accuracy.low < right.mean() < each.accuracy.high
        assert each.ece.mean == pytest.approx(compare.reliability(confidence, right).ece)
        assert 0 <= each.ece.low <= each.ece.high <= 1


def test_kept_accuracy_is_the_mean_of_the_steps_over_the_unchanged_one():
    own, other = judged(0), judged(1)
    accuracies = own.right.mean(0)
    kept = corruptions.kept_accuracy(own)
    assert kept.mean == pytest.approx(accuracies[1:].mean() / accuracies[0])
    assert kept.low < kept.mean < kept.high
    difference = corruptions.kept_difference(own, other)
    assert difference.mean == pytest.approx(kept.mean - corruptions.kept_accuracy(other).mean)
    same = corruptions.kept_difference(own, own)
    assert (same.low, same.mean, same.high) == (0, 0, 0)


def test_pictures_that_one_network_holds_are_those_where_the_others_fail():
    by_name = {"a": judged(0), "b": judged(1), "c": judged(2)}
    held = corruptions.held_by_one(by_name, 4)
    assert held
    for row in range(80):
        right = [(row, name) for name, each in by_name.items() if each.right[row, 4]]
        assert [each for each in held if each[0] == row] == (right if len(right) == 1 else [])


def test_classes_are_accepted_by_name():
    accepted = corruptions.accepted_classes(
        ["sports_car", "Owl", "crane", "crane"], [("Sports car", "owl"), ("crane",), ("cat",), ()]
    )
    assert accepted.tolist() == [
        [True, True, False, False], [False, False, True, True], [False] * 4, [False] * 4,
    ]  # fmt: skip


def test_views_of_a_photograph_are_in_the_same_half():
    groups = np.repeat(np.arange(6), 8)
    half = corruptions.first_half(groups, seed=3)
    assert half.sum() == 24
    assert all(len(set(half[groups == group])) == 1 for group in range(6))
    halves = {tuple(corruptions.first_half(groups, seed)) for seed in range(8)}
    assert len(halves) > 1


@pytest.mark.parametrize("groups", [np.zeros(40, int), np.arange(10)])
def test_too_few_pictures_for_two_halves_are_refused(groups: np.ndarray):
    with pytest.raises(TooFewPictures, match="Choose more pictures"):
        corruptions.first_half(groups)


def test_the_temperature_is_fitted_on_one_half_and_judged_on_the_other():
    own = judged(4)
    own = JudgedAnswers.judge(4 * own.logits, own.accepted, own.groups)
    test = corruptions.temperature_test(own, 3, fitted_step=3)
    half = corruptions.first_half(own.groups)
    fitted = compare.fit_temperature(own.logits[half, 3], own.accepted[half])
    assert test.temperature == fitted > 1.5
    assert (test.fitted, test.judged) == (40, 40)
    rest = own.logits[~half, 3], own.accepted[~half]
    assert test.before.loss == pytest.approx(compare.negative_log_likelihood(*rest))
    assert test.after.loss == pytest.approx(compare.negative_log_likelihood(*rest, fitted))
    assert test.after.loss < test.before.loss
    assert test.after.ece.mean < test.before.ece.mean
    assert np.nansum(test.after.diagram.accuracy * test.after.diagram.count) == pytest.approx(
        np.nansum(test.before.diagram.accuracy * test.before.diagram.count)
    )


def test_a_threshold_is_chosen_on_one_half_and_judged_on_the_other():
    own = judged(5, 200)
    test = corruptions.abstention_test(own, 3, accepted_error=0.1)
    half = corruptions.first_half(own.groups)
    assert test.threshold is not None
    kept = own.confidence[:, 3] >= test.threshold
    assert (~own.right[half & kept, 3]).mean() <= 0.1
    assert test.answered.mean == pytest.approx(kept[~half].mean())
    assert test.error is not None
    assert test.error.mean == pytest.approx((~own.right[~half & kept, 3]).mean())
    assert test.error.mean < test.without.mean == pytest.approx(test.curve.risk[-1])


def test_the_gain_of_other_answers_is_the_difference_of_accuracies():
    own = judged(6, groups=np.repeat(np.arange(10), 8))
    better = own.logits[:, 0]
    accuracy, gain = corruptions.accuracy_gain(own, 5, better)
    assert accuracy.mean == pytest.approx(own.right[:, 0].mean())
    assert gain.mean == pytest.approx(own.right[:, 0].mean() - own.right[:, 5].mean())
    assert 0 < gain.low < gain.mean < gain.high
