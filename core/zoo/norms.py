"""Compute batch norms in eval mode as affine maps: one multiplication and one addition."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from timm.layers import BatchNormAct2d
from torch import Tensor, nn

# The exact types that are replaced: subclasses may compute something else.
BATCH_NORMS = (nn.BatchNorm2d, BatchNormAct2d)


@contextmanager
def affine_batch_norms(net: nn.Module) -> Iterator[None]:
    """Compute the batch norms of a network in eval mode as affine maps inside the context.

    The results equal those of torch's own batch norms up to rounding. On a CPU the backward pass is
    faster: a gradient of MobileNetV2 takes a tenth more time with torch's own.
    """
    replaced = []
    try:
        for norm in net.modules():
            if isinstance(norm, nn.BatchNorm2d) and type(norm) in BATCH_NORMS:
                mean, variance = norm.running_mean, norm.running_var
                if mean is not None and variance is not None and "forward" not in vars(norm):
                    # An attribute of the instance takes precedence over the class's method.
                    vars(norm)["forward"] = _affine_forward(norm, mean, variance)
                    replaced.append(norm)
        yield
    finally:
        for norm in replaced:
            del vars(norm)["forward"]


@dataclass(frozen=True)
class _AffineForward:
    """A batch norm's forward function as scale · x + shift, both (channels, 1, 1)."""

    scale: Tensor
    shift: Tensor
    activation: nn.Module | None

    def __call__(self, x: Tensor) -> Tensor:
        normalised = torch.addcmul(self.shift, x, self.scale)
        return self.activation(normalised) if self.activation else normalised


def _affine_forward(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor) -> _AffineForward:
    scale = (variance + norm.eps).rsqrt()
    if norm.weight is not None:
        scale = scale * norm.weight
    shift = -mean * scale
    if norm.bias is not None:
        shift = shift + norm.bias
    activation = nn.Sequential(norm.drop, norm.act) if isinstance(norm, BatchNormAct2d) else None
    return _AffineForward(scale[:, None, None].detach(), shift[:, None, None].detach(), activation)
