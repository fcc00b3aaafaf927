"""One training step in numbers: the loss, the gradients, and the update of one weight."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int, UInt8
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from core.torch_compiler import without_compiler
from core.train_lab import networks
from core.train_lab.experiment import Experiment
from core.train_lab.kept_weights import weights_file
from core.train_lab.pictures import TRAINING, first_pictures
from core.train_lab.trainer import make_optimiser
from core.training.augmentation import as_input

# Steps that are taken one after the other, with the same pictures.
STEPS = 3
COLOURS = ("red", "green", "blue")


@dataclass(frozen=True)
class Update:
    """One update of one weight.

    Attributes:
        loss: Mean loss of the pictures before the update.
        gradient: The loss's derivative with respect to the weight.
        mean: Mean of the gradients so far that decides the update: SGD's is the gradient,
            momentum's 0.9 times its last value plus the gradient, Adam's the running mean,
            corrected for its start at 0.
        square: Adam's running mean of the squared gradients, corrected likewise; else none.
        before: The weight before the update.
        after: The weight after the update.
        loss_after: Mean loss of the same pictures after the update.
    """

    loss: float
    gradient: float
    mean: float
    square: float | None
    before: float
    after: float
    loss_after: float


@dataclass(frozen=True)
class OneStep:
    """A training step of a batch, with what it does to one picture and to one weight.

    Attributes:
        picture: The first picture of the batch.
        label: Its class.
        logits: The network's outputs for it, by class.
        probabilities: Their softmax.
        picture_loss: The picture's cross-entropy: minus the logarithm of its class's probability.
        gradients: Norm of the batch's gradient for the weights of each layer.
        weight: The weight that is followed, in words: that of the first layer's largest gradient.
        updates: Its updates.
    """

    picture: Image.Image
    label: str
    logits: Mapping[str, float]
    probabilities: Mapping[str, float]
    picture_loss: float
    gradients: Mapping[str, float]
    weight: str
    updates: tuple[Update, ...]


def load_weights(folder: Path, experiment: Experiment, step: int) -> nn.Module:
    """Return a run's network with the weights that were kept at a step, in 16 bits."""
    net = networks.build(experiment)
    weights = load_file(weights_file(folder, step))
    net.load_state_dict({
        name: value.float() if value.is_floating_point() else value
        for name, value in weights.items()
    })  # fmt: skip
    return net


def explain_step(experiment: Experiment, net: nn.Module, folder: Path) -> OneStep:
    """Take a few steps from a network's weights, and return the first one in numbers.

    The optimiser begins anew: the momentum of earlier steps is not known. Batch norms use the mean
    and variance that they have learned, so that a picture's answer depends on the picture only.

    Args:
        experiment: How to train.
        net: The network, which is changed.
        folder: The run's folder, which holds a visitor's own pictures.

    Raises:
        PicturesLost: The folder does not hold them.
    """
    batch = first_pictures(experiment, TRAINING, folder, experiment.batch)
    pictures, labels = batch.pictures, batch.labels
    x = as_input(pictures)
    net.eval()
    loss, logits = _loss(net, x, labels)
    gradients = _gradients(net, loss)
    parameter, place, words = _followed(net)
    with without_compiler():
        optimiser = make_optimiser(experiment, net)
        updates = tuple(
            _update(net, optimiser, experiment, parameter, place, x, labels) for _ in range(STEPS)
        )
    probabilities = logits[0].softmax(0)
    classes = experiment.classes
    return OneStep(
        picture=_as_picture(pictures[0]),
        label=classes[int(labels[0])],
        logits=dict(zip(classes, logits[0].tolist(), strict=True)),
        probabilities=dict(zip(classes, probabilities.tolist(), strict=True)),
        picture_loss=functional.cross_entropy(logits[:1], labels[:1]).item(),
        gradients=gradients,
        weight=words,
        updates=updates,
    )


def _loss(net: nn.Module, x: Tensor, labels: Int[Tensor, " n"]) -> tuple[Tensor, Tensor]:
    logits = net(x)
    return functional.cross_entropy(logits, labels), logits.detach()


def _gradients(net: nn.Module, loss: Tensor) -> dict[str, float]:
    """Compute all gradients, and return their norms by layer."""
    net.zero_grad()
    loss.backward()
    return {
        name: module.weight.grad.norm().item()
        for name, module in net.named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear) and module.weight.grad is not None
    }


def _followed(net: nn.Module) -> tuple[Tensor, tuple[int, ...], str]:
    """Return the weight to follow: its tensor, its place there, and what it is in words."""
    name, layer = next((n, m) for n, m in net.named_modules() if isinstance(m, nn.Conv2d))
    gradient = layer.weight.grad
    if gradient is None:
        raise ValueError("The gradients have not been computed.")
    largest = int(gradient.abs().argmax())
    # numpy's: torch.unravel_index imports sympy, which takes 70 MB.
    place = tuple(int(each) for each in np.unravel_index(largest, tuple(gradient.shape)))
    number, channel, row, column = place
    colour = COLOURS[channel] if gradient.shape[1] == len(COLOURS) else f"channel {channel}"
    words = f"{name}, filter {number}, {colour}, row {row + 1}, column {column + 1}"
    return layer.weight, place, words


def _update(
    net: nn.Module,
    optimiser: torch.optim.Optimizer,
    experiment: Experiment,
    parameter: Tensor,
    place: tuple[int, ...],
    x: Tensor,
    labels: Tensor,
) -> Update:
    """Take one step, and return what it did to the weight."""
    loss, _ = _loss(net, x, labels)
    optimiser.zero_grad()
    loss.backward()
    if parameter.grad is None:
        raise ValueError("The loss does not depend on the weight.")
    before, gradient = parameter[place].item(), parameter.grad[place].item()
    optimiser.step()
    mean, square = _moments(optimiser, experiment, parameter, place, gradient)
    with torch.no_grad():
        loss_after, _ = _loss(net, x, labels)
    after = parameter[place].item()
    return Update(loss.item(), gradient, mean, square, before, after, loss_after.item())


def _moments(
    optimiser: torch.optim.Optimizer,
    experiment: Experiment,
    parameter: Tensor,
    place: tuple[int, ...],
    gradient: float,
) -> tuple[float, float | None]:
    """Return the means of gradients that decided the last update of a weight; see `Update`."""
    state = optimiser.state[parameter]
    if experiment.optimiser == "momentum":
        return state["momentum_buffer"][place].item(), None
    if experiment.optimiser == "sgd":
        return gradient, None
    first, second = optimiser.param_groups[0]["betas"]
    steps = int(state["step"])
    mean = state["exp_avg"][place].item() / (1 - first**steps)
    return mean, state["exp_avg_sq"][place].item() / (1 - second**steps)


def _as_picture(pixels: UInt8[Tensor, "3 h w"]) -> Image.Image:
    return Image.fromarray(pixels.permute(1, 2, 0).numpy())
