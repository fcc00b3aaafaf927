"""Attacks equal a slow reference, stay within their bounds, and never help the network."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from core import corruptions, predict, zoo
from core.corruptions import DIALS, attacks
from core.steps import drain


@pytest.fixture
def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(4 * 36, 5)).double()


def reference_pgd(net: nn.Module, colours: np.ndarray, target: int, epsilon: float) -> np.ndarray:
    """Section 2.1 of Madry et al. 2018, one number at a time."""
    changed = colours.copy()
    for _ in range(10):
        leaf = torch.from_numpy(changed).requires_grad_(True)
        logits = net((leaf - 0.5) / 0.25)[0]
        (torch.logsumexp(logits, 0) - logits[target]).backward()
        gradient = leaf.grad.numpy()
        for place in np.ndindex(changed.shape):
            moved = changed[place] + epsilon / 4 * np.sign(gradient[place])
            low, high = max(0.0, colours[place] - epsilon), min(1.0, colours[place] + epsilon)
            changed[place] = min(max(moved, low), high)
    return changed


def test_pgd_is_the_references(net):
    colours = torch.rand(1, 3, 8, 8, dtype=torch.float64)
    found = attacks.attack("pgd", net, lambda x: (x - 0.5) / 0.25, colours, 2, [0.03])
    np.testing.assert_allclose(
        found.numpy(), reference_pgd(net, colours.numpy(), 2, 0.03), atol=1e-12
    )


def test_fgsm_is_one_step_of_epsilon_along_the_sign(net):
    colours = torch.full((1, 3, 8, 8), 0.5, dtype=torch.float64)
    changed = attacks.attack("fgsm", net, lambda x: x, colours, 1, [0.02])
    assert set((changed - colours).abs().unique().numpy().round(9)) <= {0.0, 0.02}
    losses = [
        functional.cross_entropy(net(x), torch.tensor([1])).item() for x in (colours, changed)
    ]
    assert losses[1] > losses[0]


@pytest.mark.parametrize("key", ["fgsm", "pgd"])
def test_attacks_stay_within_their_bound_and_lower_the_answer(
    small_model: zoo.Model, noise, key: str
):
    answers = drain(corruptions.dial_answer_steps(small_model, noise, DIALS[key]))
    assert answers.attacked is not None
    pixels = answers.attacked.astype(int)
    for step, epsilon in enumerate(attacks.EPSILONS, 1):
        assert np.abs(pixels[step] - pixels[0]).max() <= np.ceil(epsilon)
    probabilities = predict.softmax(answers.logits)
    top = probabilities[0].argmax()
    assert probabilities[-1, top] < probabilities[0, top]


def test_step_0_is_the_networks_own_answer(small_model: zoo.Model, noise):
    expected = predict.scores(small_model, [noise]).logits[0]
    for key in ("jpeg", "pgd"):
        answers = drain(corruptions.dial_answer_steps(small_model, noise, DIALS[key]))
        np.testing.assert_allclose(answers.logits[0], expected, atol=1e-4)
