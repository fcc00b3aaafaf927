"""The standard error of CKA equals a slow jackknife and the deviation over other pictures."""

import numpy as np
import pytest

from core import compare
from core.compare import Grams
from core.compare.cka import _entries, _gram, split_evenly

RANDOM = np.random.default_rng(0)


def grams_of(*features: np.ndarray, batch: int = 8) -> Grams:
    """Compute Gram matrices from features, one layer per array."""
    batches = split_evenly(np.arange(len(features[0])), batch)
    rows = [np.concatenate([_entries(_gram(x[indices])) for indices in batches]) for x in features]
    names = tuple(f"layer{index}" for index in range(len(features)))
    return Grams(names, np.stack(rows).astype(np.float32), tuple(map(len, batches)))


def related_features(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw features of two layers that have four columns in common."""
    random = np.random.default_rng(seed)
    shared = random.normal(size=(count, 4))
    return tuple(np.hstack([shared, random.normal(size=(count, 4))]) for _ in range(2))


def test_it_equals_leaving_out_each_batch_in_turn():
    a, b = related_features(26, seed=1)  # batches of 7, 7, 6 and 6
    batches = split_evenly(np.arange(26), 8)
    leave_one_out = []
    for left_out in range(4):
        rows = [
            np.concatenate(
                [_entries(_gram(x[batch])) for i, batch in enumerate(batches) if i != left_out]
            )
            for x in (a, b)
        ]
        norms = np.linalg.norm(rows[0]) * np.linalg.norm(rows[1])
        leave_one_out.append(rows[0] @ rows[1] / norms)
    differences = np.array(leave_one_out) - np.mean(leave_one_out)
    expected = np.sqrt(3 / 4 * np.sum(differences**2))
    error = compare.standard_error(grams_of(a), grams_of(b))
    assert error.shape == (1, 1)
    assert error[0, 0] == pytest.approx(expected, rel=1e-4)


def test_it_equals_the_deviation_of_cka_over_other_pictures():
    draws = [related_features(96, seed) for seed in range(100)]
    grams = [(grams_of(a), grams_of(b)) for a, b in draws]
    deviation = np.std([compare.cka_matrix(*pair)[0, 0] for pair in grams], ddof=1)
    estimate = np.sqrt(np.mean([compare.standard_error(*pair)[0, 0] ** 2 for pair in grams]))
    # The standard error of a deviation over 100 draws is 7 %.
    assert estimate == pytest.approx(deviation, rel=0.2)


def test_the_error_of_a_layer_with_itself_is_zero():
    a, b = related_features(40, seed=2)
    error = compare.standard_error(grams_of(a, b), grams_of(a, b))
    np.testing.assert_allclose(np.diag(error), 0, atol=1e-6)
    assert error[0, 1] > 0.01
    assert error[0, 1] == pytest.approx(error[1, 0])


def test_one_batch_gives_nan():
    grams = grams_of(RANDOM.normal(size=(8, 3)))
    assert np.isnan(compare.standard_error(grams, grams)).all()


def test_the_error_is_nan_where_cka_is_nan():
    constant, random = np.ones((16, 3)), RANDOM.normal(size=(16, 3))
    error = compare.standard_error(grams_of(constant, random), grams_of(random))
    assert np.isnan(error[0, 0])
    assert np.isfinite(error[1, 0])


def test_different_batches_raise():
    x = RANDOM.normal(size=(24, 3))
    with pytest.raises(compare.DifferentPictures):
        compare.standard_error(grams_of(x), grams_of(x, batch=12))
