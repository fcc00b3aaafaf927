"""Votes: how much each unit of a network's last features adds to the score of a class.

A timm classifier ends with a linear layer over pooled features, so that a logit is a sum with one
summand for each feature: its value times the weight of the class, as in class activation mapping
(Zhou et al. 2016, arXiv 1512.04150, equation 1). Units with large summands decide.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from PIL import Image
from torch import Tensor, nn

from core import predict, probe
from core.errors import ZooscopeError
from core.layers import Layer
from core.zoo import Model

# Largest difference between the sum of the votes and the logit, and between a feature and the mean
# of its map, as a share of the largest summand: float32 rounding is far below.
TOLERANCE = 1e-3


class NoVotes(ZooscopeError):
    """The class scores of the network are not sums over its last features."""


@dataclass(frozen=True)
class Votes:
    """What each unit of the last features adds to the logit of a class.

    Attributes:
        class_index: The class.
        summands: What each unit adds to the class's logit.
        bias: What the classifier adds for every picture.
        layer: The layer whose maps, averaged over positions, are the features; empty where the
            network computes more than a mean between its last maps and the classifier.
        grid: Height and width of that layer's maps; (1, 1) where there is no such layer.
        places: Row and column of each unit's strongest response on that grid.
    """

    class_index: int
    summands: Float[np.ndarray, " c"]
    bias: float
    layer: str
    grid: tuple[int, int]
    places: Int[np.ndarray, "c 2"]

    @property
    def logit(self) -> float:
        """The logit of the class."""
        return float(self.summands.sum(dtype=np.float64)) + self.bias

    def strongest(self, count: int) -> Int[np.ndarray, " k"]:
        """Return the indices of the units that add most, strongest first."""
        return np.argsort(-self.summands, kind="stable")[:count]

    def share(self, count: int) -> float:
        """Return what the strongest units add, as a share of everything that is added, 0 to 1."""
        added = self.summands.clip(0).astype(np.float64)
        return float(np.sort(added)[::-1][:count].sum() / max(added.sum(), 1e-30))


def votes(m: Model, img: Image.Image, class_index: int | None = None) -> Votes:
    """Return what each unit of the last features adds to the logit of a class.

    Args:
        m: The network.
        img: The picture.
        class_index: The class; None for the top class.

    Raises:
        NoClassifier: The network has no classes.
        NoVotes: The logits are not sums over the features of the network's last layer.
    """
    predict.require_classes(m.card)
    classifier = _linear_classifier(m)
    weight = classifier.weight.detach().float().flatten(1)
    layers = _feature_maps(m, weight.shape[1])
    inputs: list[Tensor] = []
    x = m.preprocess([img])
    with m.borrow() as net, torch.no_grad(), probe.Probe(net, layers, stop=False) as reading:
        classifier.register_forward_pre_hook(lambda _, args: inputs.append(args[0].clone()))
        logits = reading.run(x)
    if not isinstance(logits, Tensor) or len(inputs) != 1:
        raise _no_votes(m)
    features = _pooled(inputs[0].float(), classifier)
    index = int(logits[0].argmax()) if class_index is None else class_index
    summands = weight[index] * features
    bias = float(classifier.bias[index]) if classifier.bias is not None else 0.0
    if not _is_close(summands.sum() + bias, logits[0, index].float(), summands):
        raise _no_votes(m)
    maps = reading.activations[layers[0].name][0].float() if layers else features[:, None, None]
    if not layers or not _is_close(maps.mean((1, 2)), features, features):
        maps, layers = features[:, None, None], []
    width = maps.shape[2]
    peaks = maps.flatten(1).argmax(1)
    return Votes(
        class_index=index,
        summands=summands.cpu().numpy(),
        bias=bias,
        layer=layers[0].name if layers else "",
        grid=(maps.shape[1], width),
        places=torch.stack([peaks // width, peaks % width], dim=1).cpu().numpy(),
    )


def _linear_classifier(m: Model) -> nn.Linear | nn.Conv2d:
    """Return the layer that computes the logits.

    Raises:
        NoVotes: The network has several classifiers, or one that is not linear.
    """
    classifier = m.net.get_classifier()  # type: ignore[operator]
    is_pointwise = isinstance(classifier, nn.Conv2d) and classifier.kernel_size == (1, 1)
    if isinstance(classifier, nn.Linear) or (is_pointwise and classifier.groups == 1):
        return classifier
    raise _no_votes(m)


def _feature_maps(m: Model, channels: int) -> list[Layer]:
    """Return the last layer with positions that has this number of channels, if there is one."""
    layers = [m.layers[name] for name in m.spatial_layers if m.layers[name].shape[0] == channels]
    return layers[-1:]


def _pooled(features: Tensor, classifier: nn.Module) -> Float[Tensor, " c"]:
    """Return the mean over positions of what a classifier gets for one picture."""
    channel_axis = 1 if isinstance(classifier, nn.Conv2d) else features.ndim - 1
    channels_first = features.movedim(channel_axis, 1)[0]
    return channels_first.reshape(len(channels_first), -1).mean(1)


def _is_close(a: Tensor, b: Tensor, scale: Tensor) -> bool:
    return bool((a - b).abs().max() <= TOLERANCE * max(float(scale.abs().max()), 1e-9))


def _no_votes(m: Model) -> NoVotes:
    return NoVotes(
        f"The class scores of {m.title} are not a sum over its last features, so its units have no"
        " votes."
    )
