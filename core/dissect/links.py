"""Links between units: how strongly a unit depends on earlier units and affects later ones.

Weights measure this only between adjacent convolutions. Between layers further apart, the mean
gradient does (the expanded weights of Voss et al. 2021, Visualizing Weights).

Layers may lack positions, and the later layer may be "logits", whose units are the classes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from core import batched_reading, predict, probe
from core.float64 import to_float64
from core.layers import LOGITS, UnknownLayer, find_layers
from core.steps import Progress, Steps, drain
from core.visualize.terms import Channel
from core.zoo import Model


def incoming(
    m: Model, imgs: Sequence[Image.Image], layer: str, unit: int, source: str
) -> Float[np.ndarray, " c"]:
    """Compute the effect of each unit of an earlier layer on a unit. See `incoming_steps`."""
    return drain(incoming_steps(m, imgs, layer, unit, source))


def incoming_steps(
    m: Model, imgs: Sequence[Image.Image], layer: str, unit: int, source: str
) -> Steps[Float[np.ndarray, " c"]]:
    """Compute the effect of each unit of an earlier layer on a unit, averaged over pictures.

    Args:
        m: The network.
        imgs: The pictures.
        layer: Layer of the unit, or "logits".
        unit: Index of the channel or class.
        source: The earlier layer.

    Yields:
        The number of pictures done, after each batch.

    Returns:
        For each source unit, the change of the unit's mean response when the source unit's response
        rises at every position by its own standard deviation, to first order. Negative values are
        inhibition; 0 means that the unit does not depend on the source.

    Raises:
        UnknownLayer: No such layer, or the source does not come before it.
        NoSuchUnit: No such channel or class.
        NoClassifier: The layer is "logits", and the network has no classes.
        BadArgument: There are no pictures.
    """
    _check_order(m, source, layer)
    _check_unit(m, layer, unit)
    moments = _Moments(m.layers[source].shape[0])
    slopes = torch.zeros(m.layers[source].shape[0], dtype=torch.float64)
    done = 0
    for batch in m.batches(imgs):
        x = m.preprocess(batch)
        activation, gradient = m.in_batches(partial(_read_gradient, m, layer, unit, source), x)
        slopes += to_float64(_flatten(gradient) / len(imgs)).sum((0, 2)).cpu()
        moments.add(activation)
        done += len(batch)
        yield Progress(done, len(imgs))
    return (slopes * moments.std()).float().numpy()


def outgoing(
    m: Model, imgs: Sequence[Image.Image], layer: str, unit: int, target: str
) -> Float[np.ndarray, " c"]:
    """Compute the effect of a unit on each unit of a later layer. See `outgoing_steps`."""
    return drain(outgoing_steps(m, imgs, layer, unit, target))


def outgoing_steps(
    m: Model, imgs: Sequence[Image.Image], layer: str, unit: int, target: str
) -> Steps[Float[np.ndarray, " c"]]:
    """Compute the effect of a unit on each unit of a later layer, averaged over pictures.

    The unit's response is raised and the others of its layer are kept.

    Args:
        m: The network.
        imgs: The pictures.
        layer: Layer of the unit.
        unit: Channel index.
        target: The later layer, or "logits".

    Yields:
        The number of pictures done, after each batch; every picture is read twice.

    Returns:
        For each target unit, the change of its mean response when the unit's response rises at
        every position by its own standard deviation.

    Raises:
        UnknownLayer: No such layer, or the target does not come after it.
        NoSuchUnit: No such channel.
        NoClassifier: The target is "logits", and the network has no classes.
        BadArgument: There are no pictures.
    """
    _check_order(m, layer, target)
    _check_unit(m, layer, unit)
    inputs = [m.preprocess(batch) for batch in m.batches(imgs)]
    moments = _Moments(1)
    change = torch.zeros((), dtype=torch.float64)
    done = 0
    for x in inputs:
        activations = _read(m, x, [layer, target])
        moments.add(activations[layer][:, unit : unit + 1])
        change = change - _sum_of_means(activations[target])
        done += len(x)
        yield Progress(done, 2 * len(imgs))
    raised = {m.layers[layer]: _raise_unit(unit, float(moments.std()))}
    for x in inputs:
        with m.borrow() as net, probe.change_activations(net, raised):
            change = change + _sum_of_means(_read(m, x, [target])[target])
        done += len(x)
        yield Progress(done, 2 * len(imgs))
    return (change / len(imgs)).float().numpy()


@dataclass
class _Moments:
    """Sums from which the standard deviation of each channel over all batches is computed."""

    channels: int

    def __post_init__(self) -> None:
        self._count = 0
        self._sum = torch.zeros(self.channels, dtype=torch.float64)
        self._square_sum = torch.zeros(self.channels, dtype=torch.float64)

    def add(self, activation: Float[Tensor, "n c *rest"]) -> None:
        """Add a batch."""
        values = to_float64(_flatten(activation))
        self._count += values.shape[0] * values.shape[2]
        self._sum += values.sum((0, 2)).cpu()
        self._square_sum += values.square().sum((0, 2)).cpu()

    def std(self) -> Float[Tensor, " c"]:
        """Return the standard deviation of each channel; 0 where there is a single value."""
        squares = self._square_sum - self._sum.square() / self._count
        return (squares / max(1, self._count - 1)).clamp(min=0).sqrt()


def _read(m: Model, x: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
    """Return the activations of layers and, under "logits", the output of the network."""
    return batched_reading.read_layers(m, x, names, torch.clone)


def _read_gradient(
    m: Model, layer: str, unit: int, source: str, x: Float[Tensor, "n c h w"]
) -> tuple[Tensor, Tensor]:
    """Return the source's activation, and the gradient of the unit's mean response at it."""
    layers = find_layers(m.layers, [name for name in (source, layer) if name != LOGITS])
    with m.borrow() as net, probe.Probe(net, layers, stop=layer != LOGITS) as reading:
        # The input needs a gradient so that the source has one; the weights are frozen.
        output = reading.run(x.detach().requires_grad_())
    activation = reading.activations[source]
    responses = output if layer == LOGITS else reading.activations[layer]
    (gradient,) = torch.autograd.grad(
        _flatten(responses)[:, unit].mean(1).sum(),
        activation,
        allow_unused=True,
        materialize_grads=True,
    )
    return activation.detach(), gradient


def _raise_unit(unit: int, rise: float) -> Callable[[Tensor], Tensor]:
    """Return a function that raises a channel of an activation at every position."""

    def change(activation: Tensor) -> Tensor:
        activation[:, unit] += rise
        return activation

    return change


def _flatten(activation: Float[Tensor, "n c *rest"]) -> Float[Tensor, "n c positions"]:
    """Return an activation with all its positions in one axis; layers without any have one."""
    return activation.reshape(*activation.shape[:2], -1)


def _sum_of_means(activation: Float[Tensor, "n c *rest"]) -> Float[Tensor, " c"]:
    """Return the sum over pictures of each channel's mean over positions."""
    return to_float64(_flatten(activation)).mean(2).sum(0).cpu()


def _check_order(m: Model, earlier: str, later: str) -> None:
    """Raise an error if the first layer does not come before the second."""
    if LOGITS in (earlier, later):
        predict.require_classes(m.card)
    find_layers(m.layers, [name for name in (earlier, later) if name != LOGITS])
    names = [*m.layers, LOGITS]
    if names.index(earlier) >= names.index(later):
        raise UnknownLayer(
            f"{earlier} does not come before {later} in the network; swap the two layers."
        )


def _check_unit(m: Model, layer: str, unit: int) -> None:
    """Raise an error if a layer has no such channel, or the network no such class."""
    shape = (len(m.labels),) if layer == LOGITS else m.layers[layer].shape
    Channel(layer, unit).check(shape)
