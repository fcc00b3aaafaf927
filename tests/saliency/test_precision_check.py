"""The check of maps in bfloat16, and which methods follow the number format."""

import numpy as np
import pytest
import torch

from core import saliency, zoo
from core.saliency.precision_check import LEAST_AGREEMENT
from core.zoo.precision import BFLOAT16, FLOAT32

FORWARD_ONLY = {"occlusion", "rise", "superpixels", "score_cam", "eigen_cam"}
# bfloat16 numbers near 3,000 are 16 apart; the logits of these networks differ by less.
LARGE_BIAS = 3000.0


def test_methods_of_many_forward_passes_may_run_in_bfloat16():
    methods = saliency.methods().values()
    assert {method.key for method in methods if method.forward_only} == FORWARD_ONLY


@pytest.mark.usefixtures("bundled")
@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("bundled/scenes-regnet", "occlusion"),
        ("bundled/scenes-resnet", "occlusion"),
        ("bundled/scenes-resnet", "eigen_cam"),
    ],
)
def test_maps_of_real_networks_agree_in_both_formats(name, method):
    agreement = saliency.bfloat16_agreement(zoo.load(name), method)
    assert agreement >= LEAST_AGREEMENT
    assert saliency.agreed_precision(agreement) == BFLOAT16


@pytest.mark.usefixtures("bundled")
def test_a_network_whose_scores_need_more_digits_fails_the_check():
    m = zoo.load("bundled/scenes-regnet")
    with torch.no_grad():
        m.net.get_classifier().bias += LARGE_BIAS
    agreement = saliency.bfloat16_agreement(m, "occlusion")
    assert agreement < LEAST_AGREEMENT
    assert saliency.agreed_precision(agreement) == FLOAT32


def test_values_that_are_not_finite_fail_the_check():
    m = zoo.load("untrained/test_resnet")
    with torch.no_grad():
        m.net.get_classifier().bias.fill_(torch.finfo(torch.float32).max)
    assert saliency.bfloat16_agreement(m, "occlusion") == 0


@pytest.mark.parametrize(
    ("method", "follows"), [("occlusion", True), ("eigen_cam", True), ("gradient", False)]
)
def test_only_forward_methods_follow_the_format(small_model, noise, method, follows):
    exact = saliency.explain(small_model, [noise], method, [3])
    quick = saliency.explain(small_model, [noise], method, [3], precision=BFLOAT16)
    assert np.array_equal(exact, quick) != follows
