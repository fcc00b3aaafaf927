"""What a network says of a picture at each step of a dial."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor
from torchvision.transforms.functional import to_tensor

from core.corruptions.attacks import attack_steps
from core.corruptions.dial import SIDE, Dial, changed_pictures
from core.predict import require_classes
from core.steps import Progress, Steps
from core.zoo import Model


@dataclass(frozen=True)
class DialAnswers:
    """The answers at step 0 (the unchanged picture) to 5 of a dial.

    Attributes:
        logits: The logits at each step.
        attacked: What the network got at each step of an attack; None for other dials, whose
            pictures `changed_pictures` returns.
    """

    logits: Float[np.ndarray, "steps classes"]
    attacked: UInt8[np.ndarray, "steps h w 3"] | None


def dial_answer_steps(m: Model, img: Image.Image, dial: Dial) -> Steps[DialAnswers]:
    """Ask a network about a picture at each step of a dial.

    The network's crop of the picture is changed at 224 × 224 pixels, for which ImageNet-C's
    constants hold, and then brought to the size of the network's input. Attacks change the input
    itself; their target is the network's own answer to the unchanged picture.

    Args:
        m: The network.
        img: The picture.
        dial: The dial.

    Raises:
        NoClassifier: The network has no classes.
    """
    require_classes(m.card)
    colours = yield from dial_input_steps(m, img, dial)
    with m.borrow() as net, torch.no_grad():
        logits = m.in_batches(net, m.preprocessing.normalised(colours)).float().cpu().numpy()
    if dial.change is not None:
        return DialAnswers(logits, None)
    return DialAnswers(logits, (colours.cpu() * 255).round().byte().permute(0, 2, 3, 1).numpy())


def dial_input_steps(m: Model, img: Image.Image, dial: Dial) -> Steps[Float[Tensor, "steps 3 h w"]]:
    """Return what a network gets at step 0 to 5 of a dial: colours, 0 to 1, not normalised.

    The progress is that of an attack.

    Args:
        m: The network.
        img: The picture.
        dial: The dial.
    """
    yield Progress(0, 1)
    crop = m.preprocessing.crop(img)
    if dial.change is None:
        return (yield from _attacked_steps(m, to_tensor(crop)[None].to(m.device), dial))
    base = crop.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    changed = [crop, *changed_pictures(base, dial.key)[1:]]
    resized = [each.resize(crop.size, Image.Resampling.BICUBIC) for each in changed]
    return torch.stack([to_tensor(each) for each in resized]).to(m.device)


def _attacked_steps(
    m: Model, colours: Float[Tensor, "1 3 h w"], dial: Dial
) -> Steps[Float[Tensor, "steps 3 h w"]]:
    """Return the input and its attacked copies, which are computed together."""
    normalise = m.preprocessing.normalised
    epsilons = [epsilon / 255 for epsilon in dial.values]
    copies = colours.expand(len(epsilons), -1, -1, -1)
    with m.borrow() as net, torch.no_grad():
        target = int(net(normalise(colours)).argmax())

    def run(x: Tensor) -> Tensor:
        """Run the network, which is free for others between the steps of an attack."""
        with m.borrow(backward=True) as net:
            return m.in_batches(net, x)

    attacked = yield from attack_steps(dial.key, run, normalise, copies, target, epsilons)
    return torch.cat([colours, attacked])
