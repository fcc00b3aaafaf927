"""Agreement of networks: predicted labels are compared by name, over every picture."""

import numpy as np
import pytest

from core import compare
from core.compare import TopPredictions

PROBABILITY = np.array([0.9, 0.8, 0.7, 0.6], np.float32)
FIRST = TopPredictions(("cat", "dog", "owl", "cat"), PROBABILITY)
SECOND = TopPredictions(("cat", "wolf", "owl", "Sports Car"), PROBABILITY)
EMPTY = TopPredictions((), np.empty(0, np.float32))


def test_the_top_class_has_the_largest_logit_and_its_softmax():
    best, probability = compare.top_class(np.array([[0, np.log(3)], [5, 5]], np.float32))
    assert best.tolist() == [1, 0]
    assert probability.tolist() == pytest.approx([0.75, 0.5])


def test_agreement_is_the_share_of_pictures_with_the_same_label():
    table = compare.agreement_matrix({"first": FIRST, "second": SECOND})
    assert table.loc["first", "second"] == table.loc["second", "first"] == 0.5
    assert [table.loc[name, name] for name in ("first", "second")] == [1, 1]


def test_labels_that_differ_in_case_and_underscores_agree():
    table = compare.agreement_matrix(
        {
            "first": TopPredictions(("sports_car",), PROBABILITY[:1]),
            "second": TopPredictions(("Sports Car",), PROBABILITY[:1]),
        }
    )
    assert table.loc["first", "second"] == 1


def test_disagreements_are_sorted_by_probability():
    differing = compare.disagreements({"first": FIRST, "second": SECOND})
    assert [disagreement.index for disagreement in differing] == [1, 3]
    assert differing[0].labels == {"first": "dog", "second": "wolf"}


def test_one_network_or_no_picture_has_no_disagreements():
    assert compare.disagreements({}) == []
    assert compare.disagreements({"first": FIRST}) == []
    assert compare.disagreements({"first": EMPTY, "second": EMPTY}) == []
    table = compare.agreement_matrix({"first": EMPTY, "second": EMPTY})
    assert np.isnan(table.loc["first", "second"])
