"""The verdict on a network's maps: which to believe, with care or not at all, and why."""

from dataclasses import replace

import numpy as np
import pytest

from core import saliency
from core.saliency import AreaTest, Evidence, Trust, judge_maps

LEFT = np.tile(np.arange(20, 0, -1, dtype=np.float32), (20, 1))
TOP = LEFT.T.copy()


def evidence(
    method: str,
    without: float,
    alone: float,
    whole: float = 0.8,
    blurred: float = 0.0,
    sanity: float | None = None,
    values: np.ndarray = LEFT,
) -> Evidence:
    """Evidence with these probabilities."""
    return Evidence(method, values, AreaTest(whole, without, blurred, alone), sanity)


def test_maps_that_agree_and_pass_both_tests_are_believed():
    verdict = judge_maps([evidence("StageCAM", 0.04, 0.6), evidence("Grad-CAM", 0.02, 0.7)])
    assert verdict.trust is Trust.HIGH
    assert verdict.methods == ("StageCAM", "Grad-CAM")
    assert verdict.advice == "Believe StageCAM and Grad-CAM."
    assert verdict.sentence == (
        "They agree: removing their area lowers the probability from 80% to 4%, and this area"
        " alone brings back 60%."
    )
    assert not verdict.notes


def test_a_map_that_another_place_passes_with_is_left_out():
    verdict = judge_maps([
        evidence("StageCAM", 0.04, 0.6), evidence("Gradient", 0.0, 0.7, values=TOP),
        evidence("Grad-CAM", 0.02, 0.7), evidence("LayerCAM", 0.02, 0.1),
    ])  # fmt: skip
    assert verdict.trust is Trust.HIGH
    assert verdict.methods == ("StageCAM", "Grad-CAM")


def test_maps_of_different_places_are_compared_first():
    verdict = judge_maps([evidence("A", 0.04, 0.6), evidence("B", 0.04, 0.6, values=TOP)])
    assert verdict.trust is Trust.LIMITED
    assert verdict.advice == "Compare A and B before you believe one."
    assert "Each passes both tests, but they show different places" in verdict.sentence
    assert "at most 0.00" in verdict.sentence


def test_one_map_alone_is_believed_with_care():
    verdict = judge_maps([evidence("A", 0.04, 0.6), evidence("B", 0.7, 0.1)])
    assert verdict.trust is Trust.LIMITED
    assert verdict.methods == ("A",)
    assert verdict.advice == "Believe A with care."
    assert verdict.sentence.startswith("Only A passes both tests: removing its area")


@pytest.mark.parametrize(
    ("without", "alone", "trust", "words"),
    [
        (0.75, 0.6, Trust.LIMITED, "alone brings back 60%, of 80% for the whole picture, but"
         " without it the probability is still 75%"),
        (0.02, 0.1, Trust.NONE, "lowers the probability from 80% to 2%, but no area alone"
         " brings back more than 10%"),
    ],
)  # fmt: skip
def test_scores_that_contradict_each_other_are_named(without, alone, trust, words):
    verdict = judge_maps([evidence("A", without, alone), evidence("B", 0.7, 0.0)])
    assert verdict.trust is trust
    assert verdict.sentence.startswith("The scores contradict each other")
    assert words in verdict.sentence


def test_maps_that_pass_no_test_are_not_believed():
    verdict = judge_maps([evidence("A", 0.75, 0.1), evidence("B", 0.6, 0.2)])
    assert verdict.trust is Trust.NONE
    assert not verdict.methods
    assert verdict.advice == "Don't rely on A or B."
    assert "no area alone brings back more than 20%" in verdict.sentence


def test_adding_pixels_says_little_where_the_blurred_picture_is_recognised():
    maps = [evidence("A", 0.04, 0.8, blurred=0.7), evidence("B", 0.04, 0.8, blurred=0.7)]
    verdict = judge_maps(maps)
    assert verdict.trust is Trust.LIMITED
    assert "Even a blurred copy of the picture gets 70% (sharp: 80%)" in verdict.sentence
    spread = judge_maps([evidence("A", 0.7, 0.8, blurred=0.7)])
    assert (spread.trust, spread.methods) == (Trust.LIMITED, ())
    assert spread.advice == "No single place decides."
    assert "still gives 70% or more (whole picture: 80%)" in spread.sentence


def test_a_flat_map_is_no_evidence():
    flat = np.ones((20, 20), np.float32)
    assert judge_maps([evidence("A", 0.0, 0.8, values=flat)]).trust is Trust.NONE
    assert judge_maps([]).trust is Trust.NONE
    verdict = judge_maps([evidence("A", 0.0, 0.8), evidence("B", 0.0, 0.8, values=flat)])
    assert verdict.methods == ("A",)


def test_a_weak_sanity_check_is_explained_and_needs_another_method():
    stage = evidence("StageCAM", 0.04, 0.6, sanity=0.69)
    verdict = judge_maps([stage, evidence("Grad-CAM", 0.02, 0.7, sanity=0.1)])
    assert verdict.trust is Trust.HIGH
    (note,) = verdict.notes
    assert note.startswith("StageCAM's map stays similar (0.69) when all weights are shuffled")
    guided = evidence("Guided backpropagation", 0.02, 0.7, sanity=-0.8)
    assert judge_maps([stage, guided]).trust is Trust.LIMITED


def test_a_method_that_fails_sanity_checks_is_never_believed():
    """Guided backpropagation passes tests of its area on edges alone (Adebayo et al. 2018)."""
    guided = evidence("Guided backpropagation", 0.0, 0.8)
    alone = judge_maps([guided])
    assert (alone.trust, alone.methods) == (Trust.NONE, ())
    assert alone.advice == "Don't rely on Guided backpropagation."
    for others in (evidence("A", 0.04, 0.6), evidence("A", 0.7, 0.1), evidence("A", 0.7, 0.6)):
        verdict = judge_maps([guided, others])
        assert verdict == replace(judge_maps([others]), notes=verdict.notes)
        assert verdict.notes[0].startswith("Not counted: Guided backpropagation.")


def test_an_unsure_network_is_named():
    maps = [evidence("A", 0.01, 0.1, whole=0.12), evidence("B", 0.01, 0.1, whole=0.12)]
    assert judge_maps(maps).notes == ("The network itself is unsure: it gives this class 12%.",)


def test_rank_agreement_is_the_correlation_of_each_pair():
    maps = np.random.default_rng(0).normal(size=(3, 9, 9)).astype(np.float32)
    maps[1] += maps[0]
    maps = np.concatenate([maps, np.ones((1, 9, 9), np.float32)])
    agreement = saliency.rank_agreement(maps)
    for row, a in enumerate(maps):
        for column, b in enumerate(maps):
            expected = saliency.rank_correlation(a[None], b[None])[0]
            assert agreement[row, column] == pytest.approx(expected, abs=1e-6)
    assert agreement[0, 0] == pytest.approx(1)
    assert agreement[0, 1] > 0.5
