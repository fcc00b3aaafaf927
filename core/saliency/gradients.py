"""Maps from the score's gradient at the pixels."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torchvision.transforms.functional import gaussian_blur
from typing_extensions import override

from core.anatomy import ACTIVATION_FUNCTIONS
from core.saliency.registry import BadOption, method
from core.saliency.view import Maps, View
from core.steps import Progress, Steps

# Share of the score's change that the attributions may be off by (completeness, axiom 1 of IG).
COMPLETE = 0.01
Baseline = Literal["black", "mean", "blur", "noise"]


@method("Gradient", "Simonyan et al. 2013, arXiv 1312.6034", "gradient")
def gradient(view: View) -> Steps[Maps]:
    """How fast the score changes with each pixel: the channels' maximum of the absolute value."""
    yield Progress(0, 1)
    return Maps(_strongest(_gradients(view)))


@method("Gradient × input", "Shrikumar et al. 2016, arXiv 1605.01713", "gradient", signed=True)
def gradient_x_input(view: View) -> Steps[Maps]:
    """Gradient times normalised input, summed over channels."""
    yield Progress(0, 1)
    return Maps((_gradients(view) * view.x).sum(1))


@method("SmoothGrad", "Smilkov et al. 2017, arXiv 1706.03825", "gradient", passes=32)
def smooth_grad(view: View, samples: int = 32, noise: float = 0.15) -> Steps[Maps]:
    """The mean gradient over noisy copies; `noise` is a share of the picture's own range."""
    mean, _ = yield from _moments(view, samples, noise)
    return Maps(_strongest(mean))


@method("VarGrad", "Adebayo et al. 2018, arXiv 1810.03292", "gradient", passes=32)
def var_grad(view: View, samples: int = 32, noise: float = 0.15) -> Steps[Maps]:
    """The gradient's variance over noisy copies, the channels' maximum."""
    mean, square = yield from _moments(view, samples, noise)
    return Maps(_strongest(square - mean**2))


@method(
    "Integrated gradients",
    "Sundararajan et al. 2017, arXiv 1703.01365",
    "gradient",
    signed=True,
    passes=32,
)
def integrated_gradients(
    view: View, baseline: Baseline = "black", steps: int = 16, limit: int = 256
) -> Steps[Maps]:
    """Gradients along the way from a baseline, times the way, summed over channels.

    By the trapezium rule, over the cube root of the way: a network's score rises mostly within the
    first fifth of it (Miglani et al. 2020, arXiv 2010.12697), so there the steps are small; 16 such
    steps sum as well as 50 of equal length. Intervals are halved until the attributions sum to the
    score's change within a hundredth, or there are `limit` of them.

    Args:
        view: What to explain.
        baseline: "black", "mean" (the picture's own colour), "blur" or "noise".
        steps: Intervals at first.
        limit: Intervals at most.
    """
    start = _baseline(view, baseline)
    way = view.x - start
    everyone = torch.arange(len(view.x))
    change = view.scores(view.x, everyone) - view.scores(start, everyone)
    nodes = torch.arange(1, steps + 1, dtype=view.x.dtype, device=view.x.device) / steps
    ends = torch.ones_like(nodes)
    ends[-1] = 0.5  # and at the start the weight is 0
    total = yield from _along(view, start, everyone, nodes, ends)
    intervals = steps
    open_, error = everyone, _incomplete(total * way / intervals, change)
    while len(open_ := open_[(error[open_] > COMPLETE).cpu()]) and 2 * intervals <= limit:
        places = torch.arange(intervals, dtype=view.x.dtype, device=view.x.device)
        middles = (places + 0.5) / intervals
        more = yield from _along(view, start, open_, middles, torch.ones_like(middles))
        total[open_] += more
        # The others keep what they have, as if they had been asked alone.
        done = torch.ones(len(total), dtype=torch.bool)
        done[open_] = False
        total[done] *= 2
        intervals *= 2
        error = _incomplete(total * way / intervals, change)
    return Maps((total * way / intervals).sum(1), {"completeness error": error})


@method("Guided backpropagation", "Springenberg et al. 2014, arXiv 1412.6806", "gradient")
def guided_backprop(view: View) -> Steps[Maps]:
    """The gradient, with all that is negative dropped at every activation function.

    Its maps hardly depend on the weights of late layers (Adebayo et al. 2018): it is here to show
    what the sanity check makes of it.
    """
    yield Progress(0, 1)
    with view.m.borrow() as net, _guided(net):
        return Maps(_strongest(_gradients(view)))


def _gradients(view: View) -> Float[Tensor, "n 3 h w"]:
    return torch.cat([view.gradient(view.x[rows], rows) for rows in view.copies(1)])


def _strongest(values: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n h w"]:
    return values.abs().amax(1)


def _moments(view: View, samples: int, noise: float) -> Steps[tuple[Tensor, Tensor]]:
    """Mean and mean square of the gradient over noisy copies."""
    if samples < 1 or noise < 0:
        raise BadOption(f"{samples} samples with noise {noise}: take at least one, and noise ≥ 0.")
    spread = noise * (view.x.flatten(1).amax(1) - view.x.flatten(1).amin(1))
    mean, square = torch.zeros_like(view.x), torch.zeros_like(view.x)
    total = view.batches(samples)
    for step, rows in enumerate(view.copies(samples)):
        noises = [torch.randn(view.x.shape[1:], generator=view.dice[row]) for row in rows.tolist()]
        moved = view.x[rows] + spread[rows, None, None, None] * torch.stack(noises).to(view.x)
        found = view.gradient(moved, rows)
        for row in rows.unique().tolist():  # in order, as a GPU's index_add_ is not
            mean[row] += found[rows == row].sum(0) / samples
            square[row] += (found[rows == row] ** 2).sum(0) / samples
        yield Progress(step + 1, total)
    return mean, square


def _along(
    view: View, start: Tensor, chosen: Int[Tensor, " k"], nodes: Tensor, weights: Tensor
) -> Steps[Float[Tensor, "k 3 h w"]]:
    """Weighted sum of some pictures' gradients at nodes: cube roots of shares of their way."""
    shares, weights = nodes**3, 3 * nodes**2 * weights
    total = torch.zeros_like(view.x[chosen])
    pairs = torch.cartesian_prod(torch.arange(len(chosen)), torch.arange(len(nodes)))
    together = max(1, len(next(view.copies(len(nodes)))))
    parts = pairs.split(together)
    for step, part in enumerate(parts):
        own, node = part[:, 0], part[:, 1]
        rows = chosen[own]
        at = start[rows] + shares[node, None, None, None] * (view.x - start)[rows]
        found = view.gradient(at, rows) * weights[node, None, None, None]
        for row in own.unique().tolist():
            total[row] += found[own == row].sum(0)
        yield Progress(step + 1, len(parts))
    return total


def _incomplete(attributions: Tensor, change: Tensor) -> Float[Tensor, " n"]:
    """How far the attributions' sum is from the score's change, as a share of it."""
    found = attributions.double().flatten(1).sum(1)
    return ((found - change).abs() / change.abs().clamp(min=1e-9)).to(attributions.dtype)


def _baseline(view: View, kind: str) -> Float[Tensor, "n 3 h w"]:
    shape = view.x.shape
    if kind == "black":
        return view.m.preprocessing.normalised(torch.zeros_like(view.x))
    if kind == "mean":
        return view.x.mean(dim=(2, 3), keepdim=True).expand(shape).contiguous()
    if kind == "blur":
        side = 2 * (min(shape[-2:]) // 8) + 1
        return gaussian_blur(view.x, [side, side])
    drawn = torch.stack([torch.rand(shape[1:], generator=one) for one in view.dice])
    return view.m.preprocessing.normalised(drawn.to(view.x))


class _Positive(torch.autograd.Function):
    """Hands values on as they are, and of gradients what is positive."""

    @staticmethod
    @override
    def forward(_context: object, values: Tensor) -> Tensor:
        return values.view_as(values)

    @staticmethod
    @override
    def backward(_context: object, gradients: Tensor) -> Tensor:
        return gradients.clamp(min=0)


@contextmanager
def _guided(net: nn.Module) -> Iterator[None]:
    hand_on: Callable[..., Tensor] = _Positive.apply
    with ExitStack() as cleanup:
        for module in net.modules():
            if type(module).__name__ in ACTIVATION_FUNCTIONS:
                hook = module.register_forward_hook(lambda _m, _i, output: hand_on(output))
                cleanup.callback(hook.remove)
        yield
