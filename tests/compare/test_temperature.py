"""Temperature scaling finds the temperature, keeps the answers, and never fits worse than 1."""

import numpy as np
import pytest

from core import compare, predict


def answers(seed: int, count: int = 400, classes: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Return logits, and right classes that were drawn with their probabilities."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 2, (count, classes))
    cumulative = predict.softmax(logits).cumsum(1)
    drawn = (cumulative < random.random((count, 1))).sum(1)
    return logits, np.eye(classes, dtype=bool)[drawn]


def test_the_likelihood_equals_a_slow_loop():
    logits, right = answers(0, 20)
    total = 0.0
    for row, true in zip(logits / 1.7, right.argmax(1), strict=True):
        total -= row[true] - np.log(sum(np.exp(value) for value in row))
    assert compare.negative_log_likelihood(logits, right, 1.7) == pytest.approx(total / 20)


@pytest.mark.parametrize("truth", [0.4, 1.0, 2.5])
def test_logits_that_are_too_large_get_the_temperature_that_undoes_it(truth: float):
    logits, right = answers(1, 4000)
    assert compare.fit_temperature(truth * logits, right) == pytest.approx(truth, rel=0.08)


def test_the_temperature_lowers_the_loss_on_its_pictures_and_keeps_every_answer():
    for seed in range(5):
        logits, right = answers(seed, 40)
        logits = 3 * logits
        temperature = compare.fit_temperature(logits, right)
        before = compare.negative_log_likelihood(logits, right)
        assert compare.negative_log_likelihood(logits, right, temperature) < before
        scaled = predict.softmax(logits, temperature)
        np.testing.assert_array_equal(scaled.argmax(1), logits.argmax(1))


def test_the_temperature_is_that_of_a_fine_grid():
    logits, right = answers(3, 60)
    grid = np.exp(np.linspace(np.log(0.3), np.log(4), 2000))
    losses = [compare.negative_log_likelihood(logits, right, value) for value in grid]
    found = compare.fit_temperature(logits, right)
    assert found == pytest.approx(grid[np.argmin(losses)], rel=0.01)


def test_several_classes_may_be_right():
    logits = np.array([[2.0, 1.0, 0.0]])
    both = compare.negative_log_likelihood(logits, np.array([[True, True, False]]))
    assert both == pytest.approx(-np.log(predict.softmax(logits)[0, :2].sum()))
