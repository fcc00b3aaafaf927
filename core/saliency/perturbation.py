"""Saliency maps from the change of the score when parts of the picture are hidden."""

import math

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from core.float64 import to_float64
from core.saliency.registry import BadOption, method
from core.saliency.view import Maps, View
from core.steps import Progress, Steps

# Penalty of the ridge regression that weights superpixels, as in LIME's own code. It is small: the
# diagonal of the Gram matrix that it is added to is about a quarter of the number of samples.
RIDGE_PENALTY = 1.0


@method("Occlusion", "Zeiler and Fergus 2013, arXiv 1311.2901", "perturbation", signed=True,
        passes=200, forward_only=True)  # fmt: skip
def occlusion(view: View, window: int = 32, stride: int = 16) -> Steps[Maps]:
    """Return the drop of the score when a square turns grey, averaged over each pixel's squares.

    Args:
        view: The pictures and the score to explain.
        window: Side of the square, in pixels.
        stride: Distance between squares, in pixels, 1 to `window`.

    Raises:
        BadOption: The stride is out of range.
    """
    if not 1 <= stride <= window:
        raise BadOption(
            f"Occlusion cannot use stride {stride} with window {window};"
            " choose a stride from 1 to the window."
        )
    corners = _window_corners(view.x.shape[-2:], window, stride)
    squares = [(slice(y, y + window), slice(x, x + window)) for y, x in corners]
    whole_scores = view.scores(view.x, torch.arange(len(view.x)))
    drops, cover = torch.zeros_like(view.x[:, 0]), torch.zeros_like(view.x[0, 0])
    for square in squares:
        cover[square] += 1
    start, total = 0, view.count_batches(len(squares))
    for step, indices in enumerate(view.repeat_batches(len(squares))):
        hidden = [squares[(start + k) % len(squares)] for k in range(len(indices))]
        changed = view.x[indices].clone()
        for picture, square in zip(changed, hidden, strict=True):
            picture[:, *square] = 0
        scores = view.scores(changed, indices).to(drops)
        for index, square, score in zip(indices.tolist(), hidden, scores, strict=True):
            drops[index][square] += whole_scores[index].to(drops) - score
        start += len(indices)
        yield Progress(step + 1, total)
    return Maps(drops / cover)


@method("RISE", "Petsiuk et al. 2018, arXiv 1806.07421", "perturbation", signed=True, passes=500,
        forward_only=True)  # fmt: skip
def rise(view: View, masks: int = 500, cells: int = 7, kept: float = 0.5) -> Steps[Maps]:
    """Return the mean score over random masks that show a pixel, less the mean over all masks.

    The mean of a pixel divides by how much the masks show it, not by the expected value (equation
    6 of the paper): with logits instead of probabilities the difference would be mostly noise.

    Args:
        view: The pictures and the score to explain.
        masks: How many masks to draw, 1 or more.
        cells: Cells of the coarse mask per side, 1 or more.
        kept: Probability that a cell is shown, above 0 and below 1.

    Raises:
        BadOption: An option is out of range.
    """
    if masks < 1 or cells < 1 or not 0 < kept < 1:
        raise BadOption(
            f"RISE cannot use {masks} masks of {cells} cells with {kept} kept; choose at least one"
            " mask and cell, and a share kept within 0 to 1."
        )
    shown = torch.zeros_like(view.x[:, 0])
    weighted_scores = torch.zeros_like(view.x[:, 0])
    score_sums = view.x.new_zeros(len(view.x))
    total = view.count_batches(masks)
    for step, indices in enumerate(view.repeat_batches(masks)):
        drawn = [_random_mask(view, index, cells, kept) for index in indices.tolist()]
        batch_masks = torch.stack(drawn).to(view.x)
        scores = view.scores(view.x[indices] * batch_masks[:, None], indices).to(view.x)
        for index in indices.unique().tolist():
            rows = indices == index
            weighted_scores[index] += (batch_masks[rows] * scores[rows, None, None]).sum(0)
            shown[index] += batch_masks[rows].sum(0)
            score_sums[index] += scores[rows].sum()
        yield Progress(step + 1, total)
    mean_scores = (score_sums / masks)[:, None, None]
    return Maps(weighted_scores / shown.clamp(min=1e-6) - mean_scores)


@method("Superpixels (LIME)", "Ribeiro et al. 2016, arXiv 1602.04938", "perturbation", signed=True,
        passes=300, forward_only=True)  # fmt: skip
def superpixels(view: View, segments: int = 50, samples: int = 300) -> Steps[Maps]:
    """Fit a linear model of the score to the visible superpixels; return each superpixel's weight.

    Each sample turns half of the superpixels grey at random. The fit is a ridge regression in which
    all samples count equally.

    Args:
        view: The pictures and the score to explain.
        segments: Approximate number of superpixels.
        samples: How many random choices of superpixels to score.
    """
    labels = torch.stack([_segment(view, index, segments) for index in range(len(view.x))])
    counts = labels.flatten(1).amax(1) + 1
    visible: list[list[Tensor]] = [[] for _ in view.x]
    scores: list[list[Tensor]] = [[] for _ in view.x]
    total = view.count_batches(samples)
    for step, indices in enumerate(view.repeat_batches(samples)):
        rows = indices.tolist()
        batch_visible = [
            (torch.rand(int(counts[row]), generator=view.generators[row]) < 0.5).to(view.x)
            for row in rows
        ]
        masks = [shown[labels[row]] for row, shown in zip(rows, batch_visible, strict=True)]
        batch_scores = view.scores(view.x[indices] * torch.stack(masks)[:, None], indices)
        for row, shown, score in zip(rows, batch_visible, batch_scores, strict=True):
            visible[row].append(shown)
            scores[row].append(score)
        yield Progress(step + 1, total)
    weights = [
        _ridge_weights(torch.stack(shown), torch.stack(row_scores))
        for shown, row_scores in zip(visible, scores, strict=True)
    ]
    maps = [weight[label] for weight, label in zip(weights, labels, strict=True)]
    return Maps(torch.stack(maps).to(view.x))


def _window_corners(size: torch.Size, window: int, stride: int) -> list[tuple[int, int]]:
    """Return the upper left corners of squares that cover the picture.

    The last squares may reach beyond its edges.
    """
    rows, columns = (
        [stride * k for k in range(max(0, math.ceil((side - window) / stride)) + 1)]
        for side in size
    )
    return [(y, x) for y in rows for x in columns]


def _random_mask(view: View, index: int, cells: int, kept: float) -> Float[Tensor, "h w"]:
    """Draw a random coarse mask, enlarge it smoothly and shift it by less than a cell."""
    height, width = view.x.shape[-2:]
    generator = view.generators[index]
    coarse = (torch.rand(1, 1, cells, cells, generator=generator) < kept).float()
    cell = math.ceil(height / cells), math.ceil(width / cells)
    size = (cells + 1) * cell[0], (cells + 1) * cell[1]
    large = functional.interpolate(coarse, size, mode="bilinear", align_corners=False)
    y = int(torch.randint(cell[0], (1,), generator=generator))
    x = int(torch.randint(cell[1], (1,), generator=generator))
    return large[0, 0, y : y + height, x : x + width]


def _segment(view: View, index: int, segments: int) -> Int[Tensor, "h w"]:
    """Divide a picture into superpixels (SLIC, Achanta et al. 2012), numbered from 0."""
    from skimage.segmentation import slic  # takes half a second, which other methods do not need

    picture = np.asarray(view.m.preprocessing.to_picture(view.x[index]))
    return torch.from_numpy(slic(picture, segments, compactness=10, start_label=0))


def _ridge_weights(
    visible: Float[Tensor, "m s"], scores: Float[Tensor, " m"]
) -> Float[Tensor, " s"]:
    """Fit a linear model with an intercept by ridge regression and return its weights.

    Args:
        visible: 1 for each visible superpixel of a sample, 0 for each hidden one.
        scores: The score of each sample.
    """
    visible, scores = to_float64(visible), to_float64(scores)
    x, y = visible - visible.mean(0), scores - scores.mean()
    gram = x.T @ x + RIDGE_PENALTY * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    return torch.linalg.solve(gram, x.T @ y)
