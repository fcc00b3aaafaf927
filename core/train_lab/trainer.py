"""Train a network on an experiment's pictures, one step at a time, and measure how it is doing."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from core.train_lab.experiment import Experiment
from core.train_lab.pictures import DRAWN_AT_ONCE, LabelledPictures, PicturesInTheMaking
from core.training.augmentation import as_input, augment

MOMENTUM = 0.9
# Layers whose gradients are shown: all of a small network, or so many from the first to the last.
MAX_SHOWN_LAYERS = 12


class Diverged(Exception):
    """The loss is no longer a finite number: the learning rate is too high."""


@dataclass(frozen=True)
class Validation:
    """How a network does on the validation pictures.

    Attributes:
        loss: Mean cross-entropy.
        accuracy: Share of right answers.
        confusion: Number of pictures by true class (row) and answer (column).
    """

    loss: float
    accuracy: float
    confusion: Int[Tensor, "classes classes"]


@dataclass(frozen=True)
class StepResult:
    """A training step.

    Attributes:
        loss: Mean cross-entropy of the batch before the step.
        accuracy: Share of right answers in the batch before the step.
        gradients: L2 norm of the loss's gradient for the weights of each layer in
            `Trainer.layers`, from the first layer to the last.
    """

    loss: float
    accuracy: float
    gradients: tuple[float, ...]


class Trainer:
    """Trains a network. Its random numbers are its own, so that nothing else changes the weights.

    Args:
        experiment: How to train.
        net: The network, which is changed.
        training: The training pictures. The first epoch needs them in about their order.

    Attributes:
        layers: The layers with weights whose gradients are reported, by name.
    """

    def __init__(
        self,
        experiment: Experiment,
        net: nn.Module,
        training: LabelledPictures | PicturesInTheMaking,
    ):
        self.experiment = experiment
        self.net = net
        self.optimiser = make_optimiser(experiment, net)
        self._training = training
        self.layers = _shown_layers(net)

    def epoch(self, number: int) -> Iterator[StepResult]:
        """Train on all pictures once, in an order that depends on the seed and the epoch only.

        Raises:
            Diverged: A loss is not finite.
        """
        torch.manual_seed(self.experiment.seed + 1000 * (number + 1))
        count = len(self._training.labels)
        order = _first_order(count) if number == 0 else torch.randperm(count)
        for rows in order.split(self.experiment.batch):
            self.net.train()
            yield self._step(self._training.pictures_at(rows), self._training.labels[rows])

    def _step(self, pictures: Tensor, labels: Tensor) -> StepResult:
        if len(labels) == 1:
            # Batch norms need two values of a channel; the mean loss and its gradient stay.
            pictures, labels = pictures.repeat(2, 1, 1, 1), labels.repeat(2)
        x = augment(pictures) if self.experiment.augmented else as_input(pictures)
        logits = self.net(x)
        loss = functional.cross_entropy(logits, labels)
        if not torch.isfinite(loss):
            raise Diverged
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        right = (logits.argmax(1) == labels).float().mean()
        return StepResult(loss.item(), right.item(), self._gradient_norms())

    def _gradient_norms(self) -> tuple[float, ...]:
        gradients = [module.weight.grad for module in self.layers.values()]
        return tuple(0.0 if each is None else each.norm().item() for each in gradients)


def _first_order(count: int) -> Int[Tensor, " n"]:
    """Return the first epoch's order: pictures that are drawn together come together, at random."""
    starts = range(0, count, DRAWN_AT_ONCE)
    chunks = [start + torch.randperm(min(DRAWN_AT_ONCE, count - start)) for start in starts]
    return torch.cat(chunks)


def _shown_layers(net: nn.Module) -> dict[str, nn.Conv2d | nn.Linear]:
    """Return the layers with weights whose gradients are shown, by name."""
    layers = [
        (name, module)
        for name, module in net.named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear)
    ]
    count = min(len(layers), MAX_SHOWN_LAYERS)
    places = torch.linspace(0, len(layers) - 1, count).round().int().tolist()
    return dict(layers[place] for place in places)


def make_optimiser(experiment: Experiment, net: nn.Module) -> torch.optim.Optimizer:
    """Return the experiment's optimiser for a network."""
    parameters = [p for p in net.parameters() if p.requires_grad]
    rate, decay = experiment.rate, experiment.decay
    if experiment.optimiser == "adam":
        return torch.optim.AdamW(parameters, lr=rate, weight_decay=decay)
    momentum = MOMENTUM if experiment.optimiser == "momentum" else 0.0
    return torch.optim.SGD(parameters, lr=rate, momentum=momentum, weight_decay=decay)


def validate(net: nn.Module, given: LabelledPictures, classes: int, batch: int = 100) -> Validation:
    """Measure a network on pictures, in eval mode; the network is left in eval mode."""
    net.eval()
    with torch.no_grad():
        logits = torch.cat([net(as_input(part)) for part in given.pictures.split(batch)])
    answers = logits.argmax(1)
    pairs = torch.bincount(given.labels * classes + answers, minlength=classes**2)
    return Validation(
        functional.cross_entropy(logits, given.labels).item(),
        (answers == given.labels).float().mean().item(),
        pairs.view(classes, classes),
    )


def probabilities(net: nn.Module, picture: Tensor) -> Float[Tensor, " classes"]:
    """Return the class probabilities of one picture, (3, h, w), in eval mode."""
    net.eval()
    with torch.no_grad():
        return net(as_input(picture[None]))[0].softmax(0)
