"""Agreement: by name, over every picture; who can't know the labels is not scored, and says so."""

import numpy as np
import pytest

from core import compare
from core.compare import Verdicts

SURE = np.array([0.9, 0.8, 0.7, 0.6], np.float32)
ONE = Verdicts(("cat", "dog", "owl", "cat"), SURE)
OTHER = Verdicts(("cat", "wolf", "owl", "Sports Car"), SURE[::-1].copy())
CLASSES = ("cat", "dog", "owl", "wolf", "sports car")


def test_the_top_class_is_the_largest_logit_and_its_softmax():
    best, probability = compare.top(np.array([[0, np.log(3)], [5, 5]], np.float32))
    assert best.tolist() == [1, 0]
    assert probability.tolist() == pytest.approx([0.75, 0.5])


def test_agreement_is_the_share_of_pictures_with_one_name():
    table = compare.agreement({"one": ONE, "other": OTHER})
    assert table.loc["one", "other"] == table.loc["other", "one"] == 0.5
    assert [table.loc[name, name] for name in ("one", "other")] == [1, 1]


def test_case_and_underscores_are_no_difference():
    said = Verdicts(("sports_car",), SURE[:1])
    table = compare.agreement({"one": said, "other": Verdicts(("Sports Car",), SURE[:1])})
    assert table.loc["one", "other"] == 1


def test_disagreements_come_surest_first():
    found = compare.disagreements({"one": ONE, "other": Verdicts(OTHER.labels, SURE)})
    assert [one.index for one in found] == [1, 3]
    assert found[0].labels == {"one": "dog", "other": "wolf"}
    assert found[0].probabilities == pytest.approx({"one": 0.8, "other": 0.8})


def test_one_network_or_no_picture_has_no_disagreements():
    nothing = Verdicts((), np.empty(0, np.float32))
    assert compare.disagreements({"one": ONE}) == []
    assert compare.disagreements({"one": nothing, "other": nothing}) == []
    assert np.isnan(compare.agreement({"one": nothing, "other": nothing}).loc["one", "other"])


def test_marks_count_labelled_pictures_only():
    found = compare.marks(ONE, ["cat", "owl", "", "dog"], CLASSES)
    assert found.accuracy == pytest.approx(1 / 3)
    assert found.by_class.to_dict("index") == {
        "dog": {"pictures": 1, "accuracy": 0},
        "owl": {"pictures": 1, "accuracy": 0},
        "cat": {"pictures": 1, "accuracy": 1},
    }
    assert found.calibration.count.sum() == 3


def test_what_is_taken_for_what_stands_in_its_row():
    found = compare.marks(OTHER, ["cat", "dog", "dog", "cat"], CLASSES).confusion
    assert list(found.index) == ["cat", "dog"]
    assert list(found.columns) == ["cat", "dog", compare.OTHER]
    assert found.to_numpy().tolist() == [[1, 0, 1], [0, 0, 2]]


def test_labels_are_matched_by_name_whatever_their_case():
    found = compare.marks(OTHER, ["Cat", "WOLF", "owl", "sports_car"], CLASSES)
    assert found.accuracy == 1
    assert list(found.confusion.index) == ["Cat", "WOLF", "owl", "sports_car"]


def test_two_classes_of_one_name_are_both_right():
    crane = Verdicts(("crane", "crane"), SURE[:2])
    assert compare.marks(crane, ["crane", "crane"], ("crane", "crane", "owl")).accuracy == 1


def test_a_network_that_does_not_know_a_label_is_not_scored():
    with pytest.raises(compare.NotScored, match="unicorn"):
        compare.marks(ONE, ["cat", "dog", "unicorn", "cat"], CLASSES)
    with pytest.raises(compare.NotScored, match="No picture"):
        compare.marks(ONE, [""] * 4, CLASSES)


def slow_ece(probability: np.ndarray, right: np.ndarray, bins: int) -> float:
    """Guo et al. 2017, equation 3, bin by bin."""
    total = 0.0
    for m in range(1, bins + 1):
        inside = [(m - 1) / bins < p <= m / bins for p in probability]
        if any(inside):
            total += sum(inside) / len(right) * abs(
                right[inside].mean() - probability[inside].mean()
            )  # fmt: skip
    return total


def test_the_calibration_error_is_guos():
    random = np.random.default_rng(0)
    probability = random.uniform(0.04, 1, 500)
    right = random.random(500) < probability**2
    found = compare.reliability(probability, right)
    assert len(found.count) == 15
    assert found.ece == pytest.approx(slow_ece(probability, right, 15), abs=1e-12)
    assert found.ece > 0.1


def test_who_is_as_sure_as_right_is_calibrated():
    probability = np.full(10, 0.7)
    assert compare.reliability(probability, np.arange(10) < 7).ece == pytest.approx(0, abs=1e-12)
    assert compare.reliability(np.ones(4), np.zeros(4, bool)).ece == pytest.approx(1)


def test_bins_have_their_upper_edge_and_empty_ones_no_mean():
    found = compare.reliability(np.array([0.0, 0.5, 0.51, 1.0]), np.array([True] * 4), bins=2)
    assert found.count.tolist() == [2, 2]
    few = compare.reliability(np.array([0.9]), np.array([True]), bins=2)
    assert few.count.tolist() == [0, 1]
    assert np.isnan(few.accuracy[0])
    assert np.isnan(few.confidence[0])
