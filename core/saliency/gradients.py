"""Saliency maps from the gradient of the score with respect to the pixels."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torchvision.transforms.functional import gaussian_blur
from typing_extensions import override

from core.float64 import to_float64
from core.layer_info import ACTIVATION_FUNCTIONS
from core.saliency.registry import method
from core.saliency.view import Maps, View
from core.steps import Progress, Steps

# Largest accepted completeness error of integrated gradients (axiom 1 of the paper): the difference
# between the sum of the attributions and the change of the score, as a share of that change.
MAX_COMPLETENESS_ERROR = 0.01
# torch's functions that compute an activation function. Functions that are also used as gates, such
# as sigmoid and relu6, are left out.
FUNCTIONS = frozenset(
    {functional.celu, functional.elu, functional.gelu, functional.hardswish, functional.leaky_relu,
     functional.mish, functional.relu, functional.selu, functional.silu, torch.relu, torch.relu_,
     Tensor.relu, Tensor.relu_}
)  # fmt: skip
Baseline = Literal["black", "mean", "blur", "noise"]


@method("Gradient", "Simonyan et al. 2013, arXiv 1312.6034", "gradient")
def gradient(view: View) -> Steps[Maps]:
    """Return the largest absolute gradient over the colour channels of each pixel."""
    yield Progress(0, 1)
    return Maps(_max_over_channels(_input_gradients(view)))


@method("Gradient × input", "Shrikumar et al. 2016, arXiv 1605.01713", "gradient", signed=True)
def gradient_x_input(view: View) -> Steps[Maps]:
    """Multiply the gradient by the normalised input and sum over the colour channels."""
    yield Progress(0, 1)
    return Maps((_input_gradients(view) * view.x).sum(1))


@method("SmoothGrad", "Smilkov et al. 2017, arXiv 1706.03825", "gradient", passes=32)
def smooth_grad(view: View, samples: int = 32, noise: float = 0.15) -> Steps[Maps]:
    """Average the gradient over noisy copies of the picture.

    Args:
        view: The pictures and the score to explain.
        samples: How many noisy copies to use, 1 or more.
        noise: Standard deviation of the noise, as a share of the picture's own value range.
    """
    mean, _ = yield from _gradient_moments(view, samples, noise)
    return Maps(_max_over_channels(mean))


@method("VarGrad", "Adebayo et al. 2018, arXiv 1810.03292", "gradient", passes=32)
def var_grad(view: View, samples: int = 32, noise: float = 0.15) -> Steps[Maps]:
    """Return the variance of the gradient over noisy copies, maximum over the colour channels.

    Args:
        view: The pictures and the score to explain.
        samples: How many noisy copies to use, 1 or more.
        noise: Standard deviation of the noise, as a share of the picture's own value range.
    """
    mean, mean_square = yield from _gradient_moments(view, samples, noise)
    return Maps(_max_over_channels(mean_square - mean**2))


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
    """Integrate the gradient along the line from a baseline to the picture, sum over channels.

    The integral uses the trapezium rule over the cube root of the position on the line. The score
    rises mostly within the first fifth of the line (Miglani et al. 2020, arXiv 2010.12697), so the
    steps are small there: 16 such steps are as exact as 50 of equal length. The number of intervals
    doubles until the attributions sum to the change of the score within a hundredth, or until it
    would exceed `limit`.

    Args:
        view: The pictures and the score to explain.
        baseline: "black", "mean" (the picture's own mean colour), "blur" or "noise".
        steps: Number of intervals at first.
        limit: Largest number of intervals.
    """
    start = _baseline(view, baseline)
    line = view.x - start
    everyone = torch.arange(len(view.x))
    change = view.scores(view.x, everyone) - view.scores(start, everyone)
    nodes = torch.arange(1, steps + 1, dtype=view.x.dtype, device=view.x.device) / steps
    weights = torch.ones_like(nodes)
    weights[-1] = 0.5  # as the trapezium rule has it; the node at the baseline has weight 0
    total = yield from _sum_along_line(view, start, everyone, nodes, weights)
    intervals = steps
    unfinished, error = everyone, _completeness_error(total * line / intervals, change)
    while 2 * intervals <= limit:
        unfinished = unfinished[(error[unfinished] > MAX_COMPLETENESS_ERROR).cpu()]
        if not len(unfinished):
            break
        positions = torch.arange(intervals, dtype=view.x.dtype, device=view.x.device)
        middles = (positions + 0.5) / intervals
        more = yield from _sum_along_line(
            view, start, unfinished, middles, torch.ones_like(middles)
        )
        total[unfinished] += more
        # Finished pictures keep their result, so that it does not depend on the batch.
        finished = torch.ones(len(total), dtype=torch.bool)
        finished[unfinished] = False
        total[finished] *= 2
        intervals *= 2
        error = _completeness_error(total * line / intervals, change)
    return Maps((total * line / intervals).sum(1), {"completeness error": error})


@method(
    "Guided backpropagation", "Springenberg et al. 2014, arXiv 1412.6806", "gradient", version=2
)
def guided_backprop(view: View) -> Steps[Maps]:
    """Compute the gradient, dropping its negative values at every activation function.

    The maps hardly depend on the weights of late layers (Adebayo et al. 2018). The method is
    included to show how the sanity check detects that.
    """
    yield Progress(0, 1)
    with view.m.borrow() as net, _drop_negative_gradients(net):
        return Maps(_max_over_channels(_input_gradients(view)))


def _input_gradients(view: View) -> Float[Tensor, "n 3 h w"]:
    """Return the gradient of each picture's score with respect to its pixels."""
    return torch.cat([view.gradient(view.x[rows], rows) for rows in view.repeat_batches(1)])


def _max_over_channels(values: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n h w"]:
    """Return the largest absolute value over the colour channels."""
    return values.abs().amax(1)


def _gradient_moments(view: View, samples: int, noise: float) -> Steps[tuple[Tensor, Tensor]]:
    """Return the mean and the mean square of the gradient over noisy copies."""
    scale = noise * (view.x.flatten(1).amax(1) - view.x.flatten(1).amin(1))
    mean, mean_square = torch.zeros_like(view.x), torch.zeros_like(view.x)
    total = view.count_batches(samples)
    for step, indices in enumerate(view.repeat_batches(samples)):
        generators = [view.generators[index] for index in indices.tolist()]
        drawn = torch.stack([torch.randn(view.x.shape[1:], generator=g) for g in generators])
        noisy = view.x[indices] + scale[indices, None, None, None] * drawn.to(view.x)
        gradients = view.gradient(noisy, indices)
        # A loop keeps the order of additions; index_add_ on a GPU does not.
        for index in indices.unique().tolist():
            mean[index] += gradients[indices == index].sum(0) / samples
            mean_square[index] += (gradients[indices == index] ** 2).sum(0) / samples
        yield Progress(step + 1, total)
    return mean, mean_square


def _sum_along_line(
    view: View, start: Tensor, pictures: Int[Tensor, " k"], nodes: Tensor, weights: Tensor
) -> Steps[Float[Tensor, "k 3 h w"]]:
    """Sum the weighted gradients at points of the line from the start to the picture.

    Args:
        view: The pictures and the score to explain.
        start: The baseline of each picture in the view.
        pictures: Indices of the pictures to work on.
        nodes: Cube roots of the points' positions on the line, each 0 to 1.
        weights: Weight of each node in the integral over the cube root.
    """
    # By substitution: dt = 3 u² du where the position is t = u³.
    shares, weights = nodes**3, 3 * nodes**2 * weights
    total = torch.zeros_like(view.x[pictures])
    pairs = torch.cartesian_prod(torch.arange(len(pictures)), torch.arange(len(nodes)))
    batch_size = max(1, len(next(view.repeat_batches(len(nodes)))))
    batches = pairs.split(batch_size)
    for step, batch in enumerate(batches):
        rows, node = batch[:, 0], batch[:, 1]
        indices = pictures[rows]
        points = start[indices] + shares[node, None, None, None] * (view.x - start)[indices]
        gradients = view.gradient(points, indices) * weights[node, None, None, None]
        for row in rows.unique().tolist():
            total[row] += gradients[rows == row].sum(0)
        yield Progress(step + 1, len(batches))
    return total


def _completeness_error(attributions: Tensor, change: Tensor) -> Float[Tensor, " n"]:
    """Return how far the sum of the attributions is from the score's change, as a share of it."""
    total = to_float64(attributions).flatten(1).sum(1)
    change = change.to(total)
    return ((total - change).abs() / change.abs().clamp(min=1e-9)).to(attributions)


def _baseline(view: View, kind: str) -> Float[Tensor, "n 3 h w"]:
    """Return the pictures from which integrated gradients start."""
    shape = view.x.shape
    if kind == "black":
        return view.m.preprocessing.normalised(torch.zeros_like(view.x))
    if kind == "mean":
        return view.x.mean(dim=(2, 3), keepdim=True).expand(shape).contiguous()
    if kind == "blur":
        side = 2 * (min(shape[-2:]) // 8) + 1
        return gaussian_blur(view.x, [side, side])
    drawn = torch.stack([torch.rand(shape[1:], generator=g) for g in view.generators])
    return view.m.preprocessing.normalised(drawn.to(view.x))


@contextmanager
def _drop_negative_gradients(net: nn.Module) -> Iterator[None]:
    """Within this context, drop negative gradients at the output of every activation function.

    Activation functions are modules in most networks, and calls of torch's functions in some (in
    the NFNets, in attention of MobileViTv2). Where a module calls a function, its output is treated
    twice, which changes nothing.
    """
    with ExitStack() as cleanup:
        for module in net.modules():
            if type(module).__name__ in ACTIVATION_FUNCTIONS:
                hook = module.register_forward_hook(lambda _m, _i, output: _guide(output))
                cleanup.callback(hook.remove)
        cleanup.enter_context(_GuidedFunctions())
        yield


class _GuidedFunctions(TorchFunctionMode):
    """Within this context, drops negative gradients at the output of this thread's functions."""

    @override
    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        output = function(*args, **(kwargs or {}))
        return _guide(output) if function in FUNCTIONS else output


def _guide(output: Tensor) -> Tensor:
    """Drop negative gradients at a tensor, also where a later layer changes it in place."""
    if output.requires_grad:
        output.register_hook(lambda gradient: gradient.clamp(min=0))
    return output
