"""Test-time augmentation: the mean answer to ten crops of a picture."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from core.corruptions.answers import dial_input_steps
from core.corruptions.dial import Dial
from core.predict import require_classes
from core.sets import PictureSet
from core.steps import Progress, Steps, as_step, map_progress
from core.zoo import Model

# Side of a crop as a share of the picture's side: 224 of 256 pixels, as in Krizhevsky et al. 2012.
SHARE = 0.875
CROPS = 10


def ten_crops(colours: Float[Tensor, "3 h w"]) -> Float[Tensor, "10 3 h w"]:
    """Return the corners and the middle of a picture, and their mirror images, at its own size.

    Krizhevsky et al. 2012, "ImageNet classification with deep convolutional neural networks",
    section 4.1.
    """
    height, width = colours.shape[1:]
    rows, columns = round(height * SHARE), round(width * SHARE)
    down, right = height - rows, width - columns
    places = ((0, 0), (0, right), (down, 0), (down, right), (down // 2, right // 2))
    crops = torch.stack([colours[:, y : y + rows, x : x + columns] for y, x in places])
    large = functional.interpolate(crops, (height, width), mode="bilinear", align_corners=False)
    return torch.cat([large, large.flip(3)])


def ten_crop_steps(
    m: Model, pictures: PictureSet, dial: Dial, step: int
) -> Steps[Float[np.ndarray, "n classes"]]:
    """Ask a network about ten crops of each picture at a step of a dial; a step is a picture.

    Args:
        m: The network.
        pictures: The set.
        dial: The dial.
        step: Its step, 0 to 5.

    Returns:
        The logarithm of the mean probabilities; the preview of the progress has those of the latest
        picture.

    Raises:
        NoClassifier: The network has no classes.
    """
    require_classes(m.card)
    rows: list[np.ndarray] = []
    side = max(m.input_size[1:])
    for index in range(len(pictures)):
        yield Progress(index, len(pictures), preview=rows[-1:] or None)
        steps = dial_input_steps(m, pictures.image(index, side), dial)
        colours = yield from map_progress(steps, as_step(index, len(pictures)))
        x = m.preprocessing.normalised(ten_crops(colours[step]))
        with m.borrow() as net, torch.no_grad():
            logits = m.in_batches(net, x).float()
        mean = torch.logsumexp(logits.log_softmax(1), 0) - float(np.log(CROPS))
        rows.append(mean.cpu().numpy())
    yield Progress(len(rows), len(rows), preview=rows[-1:])
    return np.stack(rows)
