"""Canvases can represent any picture, stay in range, and do not depend on the batch."""

import pytest
import torch

from core import scenes
from core.visualize.canvas import CANVASES, Fourier, Maco, to_rgb

CPU = {"device": torch.device("cpu"), "dtype": torch.float32}


def scene_pixels(size: int) -> torch.Tensor:
    batch = scenes.batch(0, [0], size)
    return batch.pictures.float() / 255


@pytest.mark.parametrize("name", ["fourier", "pixels"])
def test_canvas_can_fit_any_picture(name: str):
    target = 0.1 + 0.8 * scene_pixels(32)
    canvas = CANVASES[name](32, [0], 1.0, 9.0, CPU)
    optimiser = torch.optim.Adam([canvas.parameters], lr=0.1)
    for _ in range(400):
        optimiser.zero_grad()
        loss = (canvas.images() - target).square().mean()
        loss.backward()
        optimiser.step()
    assert loss.item() < 1e-3


@pytest.mark.parametrize("name", CANVASES)
def test_start_depends_on_seed_not_on_batch(name: str):
    alone = CANVASES[name](24, [7], 1.0, 1.0, CPU).images()
    in_batch = CANVASES[name](24, [3, 7], 1.0, 1.0, CPU).images()
    torch.testing.assert_close(alone[0], in_batch[1])
    assert not torch.allclose(in_batch[0], in_batch[1])
    assert in_batch.min() >= 0
    assert in_batch.max() <= 1


def test_cap_prevents_clipped_colours():
    canvas = Fourier(32, [0], 1.0, 0.8, CPU)
    with torch.no_grad():
        canvas.parameters *= 1e3
    images = canvas.images()
    clipped = ((images < 0.01) | (images > 0.99)).float().mean()
    assert clipped < 0.05


def test_maco_keeps_the_magnitudes_of_the_spectrum():
    canvas = Maco(32, [0], 1.0, 0.5, CPU | {"dtype": torch.float64})
    with torch.no_grad():
        before = torch.logit(canvas.images())
        canvas.parameters += 1.3 * torch.randn_like(canvas.parameters)
        after = torch.logit(canvas.images())
    to_axes = torch.linalg.inv(colour_matrix())
    magnitudes_before, magnitudes_after = (
        torch.fft.rfft2(torch.einsum("nchw,dc->ndhw", x, to_axes)).abs() for x in (before, after)
    )
    # The coefficients that are complex; those of the constant and highest frequencies are real.
    inner = (slice(None), slice(None), slice(1, 16), slice(1, 16))
    ratio = magnitudes_before[inner] / magnitudes_after[inner]
    torch.testing.assert_close(ratio / ratio.mean(), torch.ones_like(ratio), atol=0.02, rtol=0)


def colour_matrix() -> torch.Tensor:
    """Measure the matrix that `to_rgb` applies before the sigmoid."""
    axes = torch.eye(3, dtype=torch.float64)[:, :, None, None] * 1e-3
    return torch.logit(to_rgb(axes))[:, :, 0, 0].T * 1e3
