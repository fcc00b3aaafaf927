"""Accuracy: by class and confusion matrix; a network without a label's class is not scored."""

import numpy as np
import pytest

from core import compare
from core.compare import TopPredictions

PROBABILITY = np.array([0.9, 0.8, 0.7, 0.6], np.float32)
FIRST = TopPredictions(("cat", "dog", "owl", "cat"), PROBABILITY)
SECOND = TopPredictions(("cat", "wolf", "owl", "Sports Car"), PROBABILITY[::-1].copy())
CLASSES = ("cat", "dog", "owl", "wolf", "sports car")


def test_accuracy_counts_labelled_pictures_only():
    report = compare.measure_accuracy(FIRST, ["cat", "owl", "", "dog"], CLASSES)
    assert report.accuracy == pytest.approx(1 / 3)
    assert report.by_class.to_dict("index") == {
        "dog": {"pictures": 1, "accuracy": 0},
        "owl": {"pictures": 1, "accuracy": 0},
        "cat": {"pictures": 1, "accuracy": 1},
    }
    assert report.calibration.count.sum() == 3


def test_the_confusion_matrix_has_true_classes_as_rows_and_predicted_ones_as_columns():
    report = compare.measure_accuracy(SECOND, ["cat", "dog", "dog", "cat"], CLASSES)
    assert list(report.confusion.index) == ["cat", "dog"]
    assert list(report.confusion.columns) == ["cat", "dog", compare.OTHER_CLASS]
    assert report.confusion.to_numpy().tolist() == [[1, 0, 1], [0, 0, 2]]


def test_labels_are_matched_by_normalised_name_and_shown_as_written():
    report = compare.measure_accuracy(SECOND, ["Cat", "WOLF", "owl", "sports_car"], CLASSES)
    assert report.accuracy == 1
    assert list(report.confusion.index) == ["Cat", "WOLF", "owl", "sports_car"]


def test_the_first_spelling_of_a_label_names_its_class():
    report = compare.measure_accuracy(FIRST, ["Cat", "dog", "", "cat"], CLASSES)
    assert list(report.confusion.index) == ["Cat", "dog"]


def test_either_of_two_classes_with_one_name_is_right():
    cranes = TopPredictions(("crane", "crane"), PROBABILITY[:2])
    report = compare.measure_accuracy(cranes, ["crane", "crane"], ("crane", "crane", "owl"))
    assert report.accuracy == 1


def test_a_network_without_a_class_for_some_label_is_not_scored():
    with pytest.raises(compare.NotScored, match="unicorn"):
        compare.measure_accuracy(FIRST, ["cat", "dog", "unicorn", "cat"], CLASSES)


def test_the_error_lists_three_unknown_labels_the_most_frequent_first():
    labels = ["sphinx", "unicorn", "griffin", "unicorn", "dragon"]
    predictions = TopPredictions(("cat",) * 5, np.ones(5, np.float32))
    with pytest.raises(compare.NotScored, match="unicorn, sphinx, griffin and 1 more"):
        compare.measure_accuracy(predictions, labels, CLASSES)


def test_a_set_without_labels_is_not_scored():
    with pytest.raises(compare.NotScored, match="No picture"):
        compare.measure_accuracy(FIRST, [""] * 4, CLASSES)


def test_the_best_share_needs_a_difference_that_counts():
    shares = {"first": 0.5, "second": 0.9, "third": 0.8}
    assert compare.best_share(shares, 0.05) == "second"
    assert compare.best_share(shares, 0.2) is None
