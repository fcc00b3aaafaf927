"""Whether a prediction is right: labels are compared by normalised name, else it is unknown."""

import pytest

from core.compare import Correctness, judge, judge_prediction, normalise_label, unknown_labels

CLASSES = ("cat", "crane", "crane", "sports car")


@pytest.mark.parametrize("true_label", ["Sports car", "sports_car", " SPORTS  car "])
def test_case_underscores_and_spaces_do_not_matter(true_label):
    assert judge_prediction("sports car", true_label, CLASSES) is Correctness.RIGHT
    assert judge_prediction("Sports_Car", true_label, CLASSES) is Correctness.RIGHT
    assert judge_prediction("cat", true_label, CLASSES) is Correctness.WRONG
    assert normalise_label(true_label) == "sports car"


def test_class_names_are_normalised_too():
    assert judge_prediction("Sports_Car", "sports car", ["Sports_Car"]) is Correctness.RIGHT
    assert judge_prediction("Cat", "sports car", ["Sports_Car", "Cat"]) is Correctness.WRONG


@pytest.mark.parametrize("true_label", ["", "  ", "_"])
def test_without_a_true_label_correctness_is_unknown(true_label):
    assert judge_prediction("cat", true_label, CLASSES) is Correctness.UNKNOWN


def test_a_label_that_is_no_class_of_the_network_is_unknown_not_wrong():
    assert judge_prediction("cat", "unicorn", CLASSES) is Correctness.UNKNOWN
    assert judge_prediction("cat", "cat", []) is Correctness.UNKNOWN


def test_a_class_that_no_picture_was_predicted_as_is_still_known():
    """All predictions are wrong, and the true class is never among them."""
    assert judge(["cat", "cat"], ["crane", "crane"], CLASSES) == [Correctness.WRONG] * 2


def test_either_of_two_classes_with_one_name_is_right():
    assert judge_prediction("crane", "crane", CLASSES) is Correctness.RIGHT


def test_a_set_is_judged_picture_by_picture():
    predicted = ["cat", "cat", "sports car", "crane", "cat"]
    true = ["Cat", "crane", "sports_car", "", "unicorn"]
    assert judge(predicted, true, CLASSES) == [
        Correctness.RIGHT,
        Correctness.WRONG,
        Correctness.RIGHT,
        Correctness.UNKNOWN,
        Correctness.UNKNOWN,
    ]
    assert judge([], [], CLASSES) == []


def test_different_numbers_of_predictions_and_labels_raise():
    with pytest.raises(ValueError, match="argument 2"):
        judge(["cat"], ["cat", "cat"], CLASSES)


def test_labels_without_a_class_are_unknown_in_their_order():
    names = ["Sports car", "cat"]
    assert unknown_labels(["owl", "sports_car", "", "bus"], names) == ["owl", "bus"]
    assert unknown_labels(["CAT"], names) == []
