"""Zooscope's Adam takes the same steps as torch's."""

import pytest
import torch

from core.visualize.adam import Adam


@pytest.mark.parametrize("rate", [0.05, 1.0])
def test_steps_equal_those_of_torch(rate):
    start = torch.randn(3, 5, 7, generator=torch.Generator().manual_seed(0))
    ours, theirs = (start.clone().requires_grad_() for _ in range(2))
    adam, optimiser = Adam(ours, rate), torch.optim.Adam([theirs], lr=rate)
    for step in range(30):
        for parameters in (ours, theirs):
            (parameters.sin() * (step % 4) + parameters**4).sum().backward()
        adam.step()
        optimiser.step()
        optimiser.zero_grad()
        assert torch.equal(ours, theirs), step
    assert not torch.equal(ours, start)


def test_a_step_without_a_gradient_changes_nothing():
    parameters = torch.ones(2, requires_grad=True)
    Adam(parameters, 1.0).step()
    assert torch.equal(parameters, torch.ones(2))
    parameters.sum().backward()
    Adam(parameters, 1.0).step()
    assert parameters.grad is None
