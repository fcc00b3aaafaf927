"""The sanity check: does a map change when the weights do?

Adebayo et al. 2018 (arXiv 1810.03292).
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import nn

from core.recipes import Option
from core.saliency.evaluate import rank_correlation
from core.saliency.explaining import explain_steps
from core.steps import Steps, at, mapped
from core.zoo import Model

# How many times more of the network is randomised, from the classifier down to all of it.
STAGES = 6


@dataclass(frozen=True)
class Sanity:
    """How like the first map those of ever more random networks are.

    Attributes:
        shares: Of the weighted layers that were randomised, from the top.
        likeness: Rank correlation of the absolute maps with those of the trained network; a method
            that explains the network comes down to 0.
    """

    shares: tuple[float, ...]
    likeness: Float[np.ndarray, "stages n"]


def sanity_steps(
    m: Model,
    imgs: Sequence[Image.Image],
    method: str,
    classes: Sequence[int] | None = None,
    seed: int = 0,
    **options: Option,
) -> Steps[Sanity]:
    """Randomise a copy of the network from the top down, and compare the maps.

    Args:
        m: The network, which is left alone.
        imgs: The pictures.
        method: A key of `methods()`.
        classes: As for `explain`; those of the trained network are kept throughout.
        seed: Of the random weights.
        options: The method's.
    """
    made = explain_steps(m, imgs, method, classes, None, 0, None, **options)
    first = yield from mapped(made, at(0, STAGES + 1))
    twin = replace(m, net=copy.deepcopy(m.net))
    weighted = [one for one in twin.net.modules() if isinstance(one, nn.Conv2d | nn.Linear)][::-1]
    dice = torch.Generator().manual_seed(seed)
    shares, rows, done = [], [], 0
    for stage in range(1, STAGES + 1):
        upto = 1 if stage == 1 else round(len(weighted) * (stage - 1) / (STAGES - 1))
        for module in weighted[done : max(upto, done)]:
            _randomise(module, dice)
        done = max(upto, done)
        made = explain_steps(twin, imgs, method, first.classes, None, 0, None, **options)
        other = yield from mapped(made, at(stage, STAGES + 1))
        shares.append(done / len(weighted))
        rows.append(rank_correlation(np.abs(first.maps), np.abs(other.maps)))
    return Sanity(tuple(shares), np.stack(rows))


def _randomise(module: nn.Module, dice: torch.Generator) -> None:
    """Shuffle a layer's weights: they keep their spread, and lose what they have learned."""
    with torch.no_grad():
        weight = module.get_parameter("weight")
        order = torch.randperm(weight.numel(), generator=dice).to(weight.device)
        weight.copy_(weight.flatten()[order].view_as(weight))
