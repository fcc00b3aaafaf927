"""Attacks: changes that nobody sees, in the direction in which the network's loss grows."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from core.corruptions.dial import DIALS, Dial
from core.steps import Progress, Steps, drain

GROUP = "Attack"
# Largest change of a colour value, of 255.
EPSILONS = (0.25, 0.5, 1.0, 2.0, 4.0)
LABELS = tuple(f"± {epsilon:g} of 255" for epsilon in EPSILONS)
# Steps of PGD, and the length of one as a multiple of epsilon / steps (Madry et al. 2018).
PGD_STEPS, PGD_LENGTH = 10, 2.5
FGSM, PGD = "fgsm", "pgd"

for _key, _title, _source in (
    (FGSM, "FGSM, one step", "Goodfellow et al. 2015, arXiv 1412.6572"),
    (PGD, "PGD, ten steps", "Madry et al. 2018, arXiv 1706.06083"),
):
    DIALS[_key] = Dial(_key, _title, GROUP, _source, EPSILONS, LABELS)


def attack(
    key: str,
    net: Callable[[Tensor], Tensor] | nn.Module,
    normalise: Callable[[Tensor], Tensor],
    colours: Float[Tensor, "n c h w"],
    target: int,
    epsilons: Sequence[float],
) -> Float[Tensor, "n c h w"]:
    """Return colours that raise the loss of a class. See `attack_steps`."""
    return drain(attack_steps(key, net, normalise, colours, target, epsilons))


def attack_steps(
    key: str,
    net: Callable[[Tensor], Tensor] | nn.Module,
    normalise: Callable[[Tensor], Tensor],
    colours: Float[Tensor, "n c h w"],
    target: int,
    epsilons: Sequence[float],
) -> Steps[Float[Tensor, "n c h w"]]:
    """Return colours that differ by at most epsilon, and for which the target's loss is larger.

    Args:
        key: FGSM or PGD.
        net: The network; takes normalised colours.
        normalise: Normalises colours.
        colours: The pictures, 0 to 1.
        target: The class whose cross-entropy grows.
        epsilons: Largest change of a value (L∞) for each picture, of 1.
    """
    steps = PGD_STEPS if key == PGD else 1
    epsilon = colours.new_tensor(epsilons)[:, None, None, None]
    length = epsilon * (PGD_LENGTH / steps if steps > 1 else 1)
    targets = torch.full((len(colours),), target, device=colours.device)
    changed = colours
    for step in range(steps):
        yield Progress(step, steps)
        leaf = changed.detach().requires_grad_(True)
        with torch.enable_grad():
            loss = functional.cross_entropy(net(normalise(leaf)), targets, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, leaf)
        moved = changed + length * gradient.sign()
        changed = torch.minimum(torch.maximum(moved, colours - epsilon), colours + epsilon)
        changed = changed.clamp(0, 1).detach()
    return changed
