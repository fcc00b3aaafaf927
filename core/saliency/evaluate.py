"""Measures of saliency maps: insertion and deletion, overlap with a mask, similarity of maps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float
from PIL import Image
from torch import Tensor
from torchvision.transforms.functional import gaussian_blur

from core import predict
from core.arguments import BadArgument, require_equal_counts
from core.saliency.explanation import target_classes
from core.steps import Progress, Steps, drain
from core.zoo import Model
from core.zoo.preprocessing import Preprocessing

# Protocol of Petsiuk et al. 2018 (arXiv 1806.07421) and their notebook: each of 28 steps changes as
# many pixels as 8 of 224 rows. Insertion starts from the picture blurred with a kernel of 11 pixels
# and a standard deviation of 5.
STEPS = 28
BLUR_KERNEL, BLUR_SIGMA = 11, 5.0
# Share of the pixels that `top_overlap` compares.
TOP_SHARE = 0.1

MapArray = Float[np.ndarray, "n h w"]


@dataclass(frozen=True)
class Evaluation:
    """Probability of the class as the pixels of the highest saliency are inserted or deleted.

    Attributes:
        insertion: Probability while pixels of the picture replace its blurred copy, the most
            salient first.
        deletion: Probability while pixels of the picture turn grey, the most salient first.
    """

    insertion: Float[np.ndarray, "n steps"]
    deletion: Float[np.ndarray, "n steps"]

    @property
    def insertion_area(self) -> Float[np.ndarray, " n"]:
        """Area under each insertion curve, 0 to 1; higher is better."""
        return _area_under(self.insertion)

    @property
    def deletion_area(self) -> Float[np.ndarray, " n"]:
        """Area under each deletion curve, 0 to 1; lower is better."""
        return _area_under(self.deletion)


def evaluate(
    m: Model,
    imgs: Sequence[Image.Image],
    maps: MapArray,
    classes: Sequence[int] | None = None,
) -> Evaluation:
    """Compute the insertion and deletion curves of saliency maps. See `evaluate_steps`."""
    return drain(evaluate_steps(m, imgs, maps, classes))


def evaluate_steps(
    m: Model,
    imgs: Sequence[Image.Image],
    maps: MapArray,
    classes: Sequence[int] | None = None,
) -> Steps[Evaluation]:
    """Compute insertion and deletion curves (the protocol of RISE); the progress counts pictures.

    Args:
        m: The network.
        imgs: The pictures.
        maps: The saliency map of each picture, on the input grid.
        classes: The class of each picture whose probability is measured. None: its top class.

    Raises:
        NoSuchClass: A class is out of range; the message has the range.
        NoClassifier: The network has no classes.
        BadArgument: There is not one map, or not one class, for each picture; or a map does not
            have the height and width of the network's input.
    """
    shares = np.linspace(0, 1, STEPS + 1)
    return Evaluation(*(yield from measure_maps_steps(m, imgs, maps, classes, shares)))


def measure_maps_steps(
    m: Model,
    imgs: Sequence[Image.Image],
    maps: MapArray,
    classes: Sequence[int] | None,
    shares: Float[np.ndarray, " steps"],
) -> Steps[tuple[Float[np.ndarray, "n steps"], Float[np.ndarray, "n steps"]]]:
    """Compute the class's probability with these shares of the pixels inserted and deleted.

    For the other arguments and errors, see `evaluate_steps`.

    Args:
        m: The network.
        imgs: The pictures.
        maps: Their maps.
        classes: Their classes.
        shares: Shares of the pixels, the most salient first, 0 to 1.

    Returns:
        The probabilities of insertion, and those of deletion.
    """
    predict.require_classes(m.card)
    require_equal_counts(pictures=imgs, maps=maps, classes=imgs if classes is None else classes)
    if maps.shape[1:] != m.input_size[1:]:
        raise BadArgument(
            f"The maps have the height and width {maps.shape[1:]}; give maps on the network's input"
            f" grid, {m.input_size[1:]}."
        )
    curves = np.zeros((2, len(imgs), len(shares)), np.float32)
    for index, (img, saliency_map) in enumerate(zip(imgs, maps, strict=True)):
        x = m.preprocess([img])
        picture_class = classes[index : index + 1] if classes is not None else None
        (class_,) = target_classes(m, x, picture_class)
        ranks = torch.from_numpy(rank_pixels(saliency_map)).to(x.device)
        for row, (first, last) in enumerate([(_blur(x), x), (x, torch.zeros_like(x))]):
            curves[row, index] = _probabilities(m, first, last, ranks, class_, shares)
        yield Progress(index + 1, len(imgs))
    return curves[0], curves[1]


def rank_pixels(saliency_map: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    """Return the rank of each pixel, strongest first, as a share of the pixels: 0 to below 1.

    Equal values keep the order of the pixels.
    """
    order = np.argsort(-saliency_map.ravel(), kind="stable")
    ranks = np.empty(saliency_map.size, np.float32)
    ranks[order] = np.arange(saliency_map.size, dtype=np.float32) / saliency_map.size
    return ranks.reshape(saliency_map.shape)


def replace_top_pixels(
    first: Float[Tensor, "1 3 h w"],
    last: Float[Tensor, "1 3 h w"],
    ranks: Float[Tensor, "h w"],
    share: float,
) -> Float[Tensor, "1 3 h w"]:
    """Return the first picture with its top-ranked share of pixels replaced by those of the last.

    Args:
        first: The picture to start from.
        last: The picture that is complete at share 1.
        ranks: Rank of each pixel, from `rank_pixels`.
        share: Share of the pixels to replace, 0 to 1.
    """
    return torch.where(ranks < share, last, first)


def changed_pictures(
    preprocessing: Preprocessing,
    img: Image.Image,
    saliency_map: Float[np.ndarray, "h w"],
    share: float,
) -> tuple[Image.Image, Image.Image]:
    """Return the pictures that the network gets at one step of insertion and of deletion.

    Args:
        preprocessing: The network's preprocessing.
        img: The picture.
        saliency_map: The picture's map, on the input grid.
        share: Share of the pixels that have been inserted or deleted, most salient first, 0 to 1.

    Returns:
        The picture at this step of insertion, and the picture at this step of deletion.
    """
    x = preprocessing([img])
    ranks = torch.from_numpy(rank_pixels(saliency_map))
    inserted = replace_top_pixels(_blur(x), x, ranks, share)
    deleted = replace_top_pixels(x, torch.zeros_like(x), ranks, share)
    return preprocessing.to_picture(inserted[0]), preprocessing.to_picture(deleted[0])


def peak_in_mask(maps: MapArray, masks: Bool[np.ndarray, "m y x"]) -> Bool[np.ndarray, " n"]:
    """Return whether the maximum of each map is inside its mask.

    This is the pointing game (Zhang et al. 2016).

    Raises:
        BadArgument: Maps and masks differ in number or size.
    """
    _require_equal_shapes(maps, masks)
    peaks = maps.reshape(len(maps), -1).argmax(1)
    return masks.reshape(len(masks), -1)[np.arange(len(maps)), peaks]


def energy_in_mask(maps: MapArray, masks: Bool[np.ndarray, "m y x"]) -> Float[np.ndarray, " n"]:
    """Return the share of each map's positive values inside its mask; 0 if no value is positive.

    Raises:
        BadArgument: Maps and masks differ in number or size.
    """
    _require_equal_shapes(maps, masks)
    positive = maps.clip(0).astype(np.float64)
    inside = (positive * masks).sum((1, 2))
    return inside / np.maximum(positive.sum((1, 2)), 1e-30)


def rank_correlation(a: MapArray, b: Float[np.ndarray, "m y x"]) -> Float[np.ndarray, " n"]:
    """Return Spearman's rank correlation of each pair of maps; 0 if one of them is constant.

    Raises:
        BadArgument: The two stacks of maps differ in number or size.
    """
    _require_equal_shapes(a, b)
    return (_unit_ranks(a) * _unit_ranks(b)).sum(1)


def rank_agreement(maps: MapArray) -> Float[np.ndarray, "n n"]:
    """Return Spearman's rank correlation of each map with each; 0 for constant maps."""
    ranks = _unit_ranks(maps)
    return ranks @ ranks.T


def top_overlap(a: MapArray, b: Float[np.ndarray, "m y x"]) -> Float[np.ndarray, " n"]:
    """Return the intersection over union of the strongest tenth of each pair of maps.

    Raises:
        BadArgument: The two stacks of maps differ in number or size.
    """
    _require_equal_shapes(a, b)
    x, y = (np.stack([rank_pixels(values) < TOP_SHARE for values in maps]) for maps in (a, b))
    return (x & y).sum((1, 2)) / (x | y).sum((1, 2))


def _require_equal_shapes(a: np.ndarray, b: np.ndarray) -> None:
    """Raise BadArgument unless two stacks of maps or masks have the same shape."""
    if a.shape != b.shape:
        raise BadArgument(
            f"The shapes {a.shape} and {b.shape} differ; give maps or masks of the same pictures on"
            " the same grid."
        )


def _unit_ranks(maps: MapArray) -> Float[np.ndarray, "n pixels"]:
    """Return the ranks of each map's pixels, centred and of length 1; all 0 for a constant map."""
    # Not by scipy.stats: importing it takes 50 MB, which the first page would need for this alone.
    ranks = pd.DataFrame(maps.reshape(len(maps), -1).T).rank().to_numpy().T
    ranks = ranks - ranks.mean(1, keepdims=True)
    lengths = np.sqrt((ranks**2).sum(1, keepdims=True))
    return ranks / np.where(lengths > 0, lengths, 1)


def _blur(x: Float[Tensor, "1 3 h w"]) -> Float[Tensor, "1 3 h w"]:
    """Return the blurred picture from which insertion starts."""
    return gaussian_blur(x, [BLUR_KERNEL, BLUR_KERNEL], [BLUR_SIGMA, BLUR_SIGMA])


def _probabilities(
    m: Model, first: Tensor, last: Tensor, ranks: Tensor, class_: int, shares: np.ndarray
) -> Float[np.ndarray, " steps"]:
    """Return the class's probability for each share of pixels from the last picture."""
    pictures = torch.cat(
        [replace_top_pixels(first, last, ranks, share) for share in shares.tolist()]
    )
    with m.borrow() as net, torch.no_grad():
        logits = m.in_batches(net, pictures).float()
    return logits.softmax(1)[:, class_].cpu().numpy()


def _area_under(curves: Float[np.ndarray, "n steps"]) -> Float[np.ndarray, " n"]:
    """Integrate curves over the share of pixels, 0 to 1, by the trapezium rule."""
    return (curves[:, 1:] + curves[:, :-1]).mean(1) / 2
