"""Maps from what the score does when parts of the picture are taken away."""

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from core.saliency.registry import BadOption, method
from core.saliency.view import Maps, View
from core.steps import Progress, Steps

# Of the ridge regression that weighs superpixels: half a superpixel's worth.
RIDGE = 1.0


@method(
    "Occlusion", "Zeiler and Fergus 2013, arXiv 1311.2901", "perturbation", signed=True, passes=200
)
def occlusion(view: View, window: int = 32, stride: int = 16) -> Steps[Maps]:
    """The score's drop when a square turns grey, the mean over all squares that hold a pixel."""
    if not 1 <= stride <= window:
        raise BadOption(f"Stride {stride} with window {window}: take 1 ≤ stride ≤ window.")
    corners = _corners(view.x.shape[-2:], window, stride)
    everyone = torch.arange(len(view.x))
    whole = view.scores(view.x, everyone)
    drops, cover = torch.zeros_like(view.x[:, 0]), torch.zeros_like(view.x[0, 0])
    squares = [(slice(y, y + window), slice(x, x + window)) for y, x in corners]
    for square in squares:
        cover[square] += 1
    seen, total = 0, view.batches(len(squares))
    for step, rows in enumerate(view.copies(len(squares))):
        chosen = [squares[(seen + index) % len(squares)] for index in range(len(rows))]
        changed = view.x[rows].clone()
        for picture, square in zip(changed, chosen, strict=True):
            picture[:, *square] = 0
        scores = view.scores(changed, rows).to(drops)
        for row, square, score in zip(rows.tolist(), chosen, scores, strict=True):
            drops[row][square] += whole[row].to(drops) - score
        seen += len(rows)
        yield Progress(step + 1, total)
    return Maps(drops / cover)


@method("RISE", "Petsiuk et al. 2018, arXiv 1806.07421", "perturbation", signed=True, passes=500)
def rise(view: View, masks: int = 500, cells: int = 7, kept: float = 0.5) -> Steps[Maps]:
    """The mean score when a pixel is seen, over random coarse masks, less the mean of all.

    Each pixel's mean is over the masks that show it, not over how many should (equation 6): with
    logits instead of probabilities the difference would be mostly noise.
    """
    if masks < 1 or cells < 1 or not 0 < kept < 1:
        raise BadOption(f"{masks} masks of {cells} cells, {kept} kept: take 1 or more, and 0 to 1.")
    shown = torch.zeros_like(view.x[:, 0])
    worth = torch.zeros_like(view.x[:, 0])
    level = view.x.new_zeros(len(view.x))
    total = view.batches(masks)
    for step, rows in enumerate(view.copies(masks)):
        drawn = torch.stack([_mask(view, row, cells, kept) for row in rows.tolist()]).to(view.x)
        scores = view.scores(view.x[rows] * drawn[:, None], rows).to(view.x)
        for row in rows.unique().tolist():
            own = rows == row
            worth[row] += (drawn[own] * scores[own, None, None]).sum(0)
            shown[row] += drawn[own].sum(0)
            level[row] += scores[own].sum()
        yield Progress(step + 1, total)
    return Maps(worth / shown.clamp(min=1e-6) - (level / masks)[:, None, None])


@method("Superpixels (LIME)", "Ribeiro et al. 2016, arXiv 1602.04938", "perturbation", signed=True,
        passes=300)  # fmt: skip
def superpixels(view: View, segments: int = 50, samples: int = 300) -> Steps[Maps]:
    """A linear model of the score over which superpixels are seen; each pixel has its own's weight.

    Half of the superpixels turn grey at a time; ridge regression on all samples alike.
    """
    labels = torch.stack([_segmented(view, row, segments) for row in range(len(view.x))])
    counts = labels.flatten(1).amax(1) + 1
    seen: list[list[Tensor]] = [[] for _ in view.x]
    scores: list[list[Tensor]] = [[] for _ in view.x]
    total = view.batches(samples)
    for step, rows in enumerate(view.copies(samples)):
        choices = [
            (torch.rand(int(counts[row]), generator=view.dice[row]) < 0.5).to(view.x)
            for row in rows.tolist()
        ]
        masks = torch.stack(
            [one[labels[row]] for row, one in zip(rows.tolist(), choices, strict=True)]
        )
        found = view.scores(view.x[rows] * masks[:, None], rows)
        for row, one, score in zip(rows.tolist(), choices, found, strict=True):
            seen[row].append(one)
            scores[row].append(score)
        yield Progress(step + 1, total)
    fitted = [_ridge(torch.stack(one), torch.stack(s)) for one, s in zip(seen, scores, strict=True)]
    return Maps(torch.stack([w[own] for w, own in zip(fitted, labels, strict=True)]).to(view.x))


def _corners(size: torch.Size, window: int, stride: int) -> list[tuple[int, int]]:
    """Upper left corners of squares that cover all; the last may reach over the rim."""
    down, across = (
        [stride * k for k in range(max(0, math.ceil((side - window) / stride)) + 1)]
        for side in size
    )
    return [(y, x) for y in down for x in across]


def _mask(view: View, row: int, cells: int, kept: float) -> Float[Tensor, "h w"]:
    """A random coarse mask, enlarged smoothly and moved by less than a cell."""
    height, width = view.x.shape[-2:]
    dice = view.dice[row]
    coarse = (torch.rand(1, 1, cells, cells, generator=dice) < kept).float()
    cell = math.ceil(height / cells), math.ceil(width / cells)
    large = functional.interpolate(
        coarse, ((cells + 1) * cell[0], (cells + 1) * cell[1]), mode="bilinear", align_corners=False
    )
    y = int(torch.randint(cell[0], (1,), generator=dice))
    x = int(torch.randint(cell[1], (1,), generator=dice))
    return large[0, 0, y : y + height, x : x + width]


def _segmented(view: View, row: int, segments: int) -> Tensor:
    """Superpixels of a picture (SLIC, Achanta et al. 2012), numbered from 0."""
    from skimage.segmentation import slic  # half a second that other methods do not need

    picture = np.asarray(view.m.preprocessing.to_picture(view.x[row]))
    return torch.from_numpy(slic(picture, segments, compactness=10, start_label=0))


def _ridge(seen: Float[Tensor, "m s"], scores: Float[Tensor, " m"]) -> Float[Tensor, " s"]:
    """Weights of a linear model with a free level."""
    x, y = seen.double() - seen.double().mean(0), scores.double() - scores.double().mean()
    gram = x.T @ x + RIDGE * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    return torch.linalg.solve(gram, x.T @ y)
