"""The sanity check of saliency methods: does a map change when the weights are randomised?

Adebayo et al. 2018 (arXiv 1810.03292). The weights are randomised by shuffling them in each layer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import nn

from core.arguments import require_some
from core.options import Option
from core.saliency.evaluate import rank_correlation
from core.saliency.explanation import explain_steps
from core.steps import Steps, as_step, map_progress
from core.zoo import Model
from core.zoo.precision import FLOAT32

# The randomisation goes from the classifier to the whole network in this many stages.
STAGES = 6


@dataclass(frozen=True)
class Sanity:
    """Similarity of the trained network's maps to those of increasingly randomised networks.

    Attributes:
        shares: For each stage, the randomised share of the layers with weights, from the classifier
            down.
        likeness: Rank correlation of the absolute maps with those of the trained network, for each
            stage and picture. It falls to 0 if the method's maps depend on the weights.
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
    """Randomise a copy of the network stage by stage and compare its maps with the original's.

    Args:
        m: The network, which is not changed.
        imgs: The pictures.
        method: A key of `methods()`.
        classes: As for `explain`. None: the trained network's top classes, at every stage.
        seed: Seed of the shuffling.
        options: Options of the method.

    Raises:
        BadArgument: There are no pictures.
    """
    require_some("pictures", imgs)
    steps = explain_steps(m, imgs, method, classes, None, 0, None, FLOAT32, **options)
    trained = yield from map_progress(steps, as_step(0, STAGES + 1))
    copied = m.copy()
    modules = [
        module for module in copied.net.modules() if isinstance(module, nn.Conv2d | nn.Linear)
    ]
    modules.reverse()  # from the classifier down
    generator = torch.Generator().manual_seed(seed)
    shares, correlations, done = [], [], 0
    for stage in range(1, STAGES + 1):
        # The first stage randomises the classifier only; the others add equal shares of the layers.
        planned = 1 if stage == 1 else round(len(modules) * (stage - 1) / (STAGES - 1))
        stop = max(planned, done)
        for module in modules[done:stop]:
            _shuffle_weights(module, generator)
        done = stop
        steps = explain_steps(
            copied, imgs, method, trained.classes, None, 0, None, FLOAT32, **options
        )
        randomised = yield from map_progress(steps, as_step(stage, STAGES + 1))
        shares.append(done / len(modules))
        correlations.append(rank_correlation(np.abs(trained.maps), np.abs(randomised.maps)))
    return Sanity(tuple(shares), np.stack(correlations))


def _shuffle_weights(module: nn.Module, generator: torch.Generator) -> None:
    """Shuffle the weights of a layer in place; this keeps their distribution."""
    with torch.no_grad():
        weight = module.get_parameter("weight")
        order = torch.randperm(weight.numel(), generator=generator).to(weight.device)
        weight.copy_(weight.flatten()[order].view_as(weight))
