"""Canvases can become any picture, keep to their range, and do not depend on their batch."""

import pytest
import torch

from core import scenes
from core.visualize.canvas import CANVASES, Fourier, Maco, coloured

CPU = {"device": torch.device("cpu"), "dtype": torch.float32}


def pixels(size: int) -> torch.Tensor:
    parts = scenes.batch(0, [0], size)
    return parts.pictures.float() / 255


@pytest.mark.parametrize("name", ["fourier", "pixels"])
def test_a_canvas_can_fit_a_picture(name: str):
    target = 0.1 + 0.8 * pixels(32)
    canvas = CANVASES[name](32, [0], 1.0, 9.0, CPU)
    optimiser = torch.optim.Adam([canvas.parameters], lr=0.1)
    for _ in range(400):
        optimiser.zero_grad()
        loss = (canvas.images() - target).square().mean()
        loss.backward()
        optimiser.step()
    assert loss.item() < 1e-3


@pytest.mark.parametrize("name", CANVASES)
def test_a_picture_does_not_depend_on_its_batch_but_on_its_seed(name: str):
    alone = CANVASES[name](24, [7], 1.0, 1.0, CPU).images()
    beside = CANVASES[name](24, [3, 7], 1.0, 1.0, CPU).images()
    torch.testing.assert_close(alone[0], beside[1])
    assert not torch.allclose(beside[0], beside[1])
    assert beside.min() >= 0
    assert beside.max() <= 1


def test_a_strong_canvas_is_held_at_its_cap():
    canvas = Fourier(32, [0], 1.0, 0.8, CPU)
    with torch.no_grad():
        canvas.parameters *= 1e3
    strong = canvas.images()
    clipped = ((strong < 0.01) | (strong > 0.99)).float().mean()
    assert clipped < 0.05


def test_maco_changes_phases_only():
    canvas = Maco(32, [0], 1.0, 0.5, CPU | {"dtype": torch.float64})
    with torch.no_grad():
        logits = torch.logit(canvas.images())
        canvas.parameters += 1.3 * torch.randn_like(canvas.parameters)
        others = torch.logit(canvas.images())
    colours = torch.linalg.inv(coloured_matrix())
    first, second = (
        torch.fft.rfft2(torch.einsum("nchw,dc->ndhw", x, colours)).abs() for x in (logits, others)
    )
    inner = (slice(None), slice(None), slice(1, 16), slice(1, 16))  # where waves are complex
    share = first[inner] / second[inner]
    torch.testing.assert_close(share / share.mean(), torch.ones_like(share), atol=0.02, rtol=0)


def coloured_matrix() -> torch.Tensor:
    """The colour matrix, found by what it does."""
    axes = torch.eye(3, dtype=torch.float64)[:, :, None, None] * 1e-3
    return torch.logit(coloured(axes))[:, :, 0, 0].T * 1e3
