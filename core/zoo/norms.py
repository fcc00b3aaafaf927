"""Batch norms as what they are once training is over: one multiplication and one addition."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from timm.layers import BatchNormAct2d
from torch import Tensor, nn

# Others compute something of their own.
KINDS = (nn.BatchNorm2d, BatchNormAct2d)


@contextmanager
def affine(net: nn.Module) -> Iterator[None]:
    """While this lasts, batch norms of a network in eval mode are computed as affine maps.

    torch's own give the same up to rounding, but on a CPU their backward pass is the slower one: a
    gradient of MobileNetV2 takes a tenth more time with them.
    """
    changed = []
    try:
        for norm in net.modules():
            if isinstance(norm, nn.BatchNorm2d) and type(norm) in KINDS:
                mean, variance = norm.running_mean, norm.running_var
                if mean is not None and variance is not None and "forward" not in vars(norm):
                    # An attribute of its own goes before the class's.
                    vars(norm)["forward"] = _as_affine(norm, mean, variance)
                    changed.append(norm)
        yield
    finally:
        for norm in changed:
            del vars(norm)["forward"]


def _as_affine(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor) -> Callable[[Tensor], Tensor]:
    scale = (variance + norm.eps).rsqrt()
    if norm.weight is not None:
        scale = scale * norm.weight
    shift = -mean * scale
    if norm.bias is not None:
        shift = shift + norm.bias
    scale, shift = scale[:, None, None].detach(), shift[:, None, None].detach()
    after = nn.Sequential(norm.drop, norm.act) if isinstance(norm, BatchNormAct2d) else None

    def forward(x: Tensor) -> Tensor:
        moved = torch.addcmul(shift, x, scale)
        return after(moved) if after else moved

    return forward
