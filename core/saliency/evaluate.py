"""How far a map can be trusted: what the network does with what it marks, and where that lies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from PIL import Image
from scipy.stats import rankdata
from torch import Tensor
from torchvision.transforms.functional import gaussian_blur

from core import predict
from core.saliency.explaining import target_classes
from core.steps import Progress, Steps, drain
from core.zoo import Model
from core.zoo.preprocessing import Preprocessing

# Petsiuk et al. 2018 (arXiv 1806.07421) and their notebook: 8 rows of 224 pixels a step; insertion
# starts from a blur of 11 pixels and a standard deviation of 5.
STEPS = 28
BLUR, SIGMA = 11, 5.0
# Share of the pixels that count as a map's top.
TOP = 0.1

Maps = Float[np.ndarray, "n h w"]


@dataclass(frozen=True)
class Evaluation:
    """What becomes of the class's probability as the pixels that a map ranks highest go or come.

    Attributes:
        insertion: Probability while pixels come, strongest first, on a blurred picture.
        deletion: Probability while pixels turn grey, strongest first.
    """

    insertion: Float[np.ndarray, "n steps"]
    deletion: Float[np.ndarray, "n steps"]

    @property
    def inserted(self) -> Float[np.ndarray, " n"]:
        """Area under each insertion curve, 0 to 1: higher is better."""
        return _area(self.insertion)

    @property
    def deleted(self) -> Float[np.ndarray, " n"]:
        """Area under each deletion curve: lower is better."""
        return _area(self.deletion)


def evaluate(
    m: Model,
    imgs: Sequence[Image.Image],
    maps: Maps,
    classes: Sequence[int] | None = None,
) -> Evaluation:
    """Insertion and deletion. See `evaluate_steps`."""
    return drain(evaluate_steps(m, imgs, maps, classes))


def evaluate_steps(
    m: Model,
    imgs: Sequence[Image.Image],
    maps: Maps,
    classes: Sequence[int] | None = None,
) -> Steps[Evaluation]:
    """Insertion and deletion of some maps (RISE's protocol); a step is a picture.

    Args:
        m: The network.
        imgs: The pictures.
        maps: One for each, on the input grid.
        classes: Whose probability is watched; each picture's top class where None.

    Raises:
        NoSuchClass: With the range.
        NoClassifier: The network gives no classes.
    """
    predict.require_classes(m.card)
    curves: list[tuple[np.ndarray, np.ndarray]] = []
    for index, (img, one) in enumerate(zip(imgs, maps, strict=True)):
        x = m.preprocess([img])
        own = classes[index : index + 1] if classes is not None else None
        (class_,) = target_classes(m, x, own)
        grey = torch.zeros_like(x)
        blurred = gaussian_blur(x, [BLUR, BLUR], [SIGMA, SIGMA])
        order = torch.from_numpy(ranked(one)).to(x.device)
        curves.append((_curve(m, blurred, x, order, class_), _curve(m, x, grey, order, class_)))
        yield Progress(index + 1, len(imgs))
    if not curves:
        return Evaluation(np.zeros((0, STEPS + 1)), np.zeros((0, STEPS + 1)))
    insertion, deletion = (np.stack(kind) for kind in zip(*curves, strict=True))
    return Evaluation(insertion, deletion)


def ranked(one: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    """Which share of the pixels comes before each when the strongest come first, 0 to below 1."""
    order = np.argsort(-one.ravel(), kind="stable")
    shares = np.empty(one.size, np.float32)
    shares[order] = np.arange(one.size, dtype=np.float32) / one.size
    return shares.reshape(one.shape)


def revealed(
    first: Float[Tensor, "1 3 h w"],
    last: Float[Tensor, "1 3 h w"],
    order: Float[Tensor, "h w"],
    share: float,
) -> Float[Tensor, "1 3 h w"]:
    """The first picture, with this share of the strongest pixels taken from the last."""
    return torch.where(order < share, last, first)


def at_share(
    preprocessing: Preprocessing, img: Image.Image, one: Float[np.ndarray, "h w"], share: float
) -> tuple[Image.Image, Image.Image]:
    """What the network is shown, as pictures, when this share of the pixels has come or gone.

    Args:
        preprocessing: The network's.
        img: The picture.
        one: Its map.
        share: Of the pixels that the map ranks highest, 0 to 1.

    Returns:
        The step of insertion, and that of deletion.
    """
    x = preprocessing([img])
    order = torch.from_numpy(ranked(one))
    blurred = gaussian_blur(x, [BLUR, BLUR], [SIGMA, SIGMA])
    come, gone = revealed(blurred, x, order, share), revealed(x, torch.zeros_like(x), order, share)
    return preprocessing.to_picture(come[0]), preprocessing.to_picture(gone[0])


def pointed(maps: Maps, masks: Bool[np.ndarray, "n h w"]) -> Bool[np.ndarray, " n"]:
    """Whether each map's highest place lies in the mask (the pointing game, Zhang et al. 2016)."""
    tops = maps.reshape(len(maps), -1).argmax(1)
    return masks.reshape(len(masks), -1)[np.arange(len(maps)), tops]


def energy(maps: Maps, masks: Bool[np.ndarray, "n h w"]) -> Float[np.ndarray, " n"]:
    """Share of what is positive in each map that lies in the mask; 0 where nothing is."""
    positive = maps.clip(0).astype(np.float64)
    inside = (positive * masks).sum((1, 2))
    return inside / np.maximum(positive.sum((1, 2)), 1e-30)


def rank_correlation(a: Maps, b: Maps) -> Float[np.ndarray, " n"]:
    """Spearman's correlation of each pair of maps over their pixels; 0 where one is flat."""
    x, y = (rankdata(maps.reshape(len(maps), -1), axis=1) for maps in (a, b))
    x, y = x - x.mean(1, keepdims=True), y - y.mean(1, keepdims=True)
    lengths = np.sqrt((x**2).sum(1) * (y**2).sum(1))
    return (x * y).sum(1) / np.where(lengths > 0, lengths, 1)


def top_overlap(a: Maps, b: Maps) -> Float[np.ndarray, " n"]:
    """Intersection over union of the top tenth of each pair of maps."""
    x, y = (np.stack([ranked(one) < TOP for one in maps]) for maps in (a, b))
    return (x & y).sum((1, 2)) / (x | y).sum((1, 2))


def _curve(
    m: Model, first: Tensor, last: Tensor, order: Tensor, class_: int
) -> Float[np.ndarray, " steps"]:
    """The class's probability as the strongest pixels change from the first to the last picture."""
    shares = torch.linspace(0, 1, STEPS + 1).tolist()
    pictures = torch.cat([revealed(first, last, order, share) for share in shares])
    with m.borrow() as net, torch.no_grad():
        logits = torch.cat([net(part).float() for part in pictures.split(m.at_once)])
    return logits.softmax(1)[:, class_].cpu().numpy()


def _area(curves: Float[np.ndarray, "n steps"]) -> Float[np.ndarray, " n"]:
    """By the trapezium rule over shares of pixels."""
    return (curves[:, 1:] + curves[:, :-1]).mean(1) / 2
