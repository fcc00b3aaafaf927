"""Training for a fixed number of steps, and the pictures for it, all in memory."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from core.steps import Progress, Steps
from core.train_lab import networks
from core.train_lab.experiment import Experiment
from core.train_lab.pictures import TRAINING, VALIDATION, draw_set
from core.train_lab.trainer import make_optimiser
from core.training.augmentation import as_input

# Steps between two reports of progress, and pictures that are measured at once.
REPORT_EVERY, AT_ONCE = 20, 100


@dataclass(frozen=True)
class Inputs:
    """Inputs of a network or of its later layers, with labels.

    Attributes:
        x: The inputs.
        labels: Indices into the classes.
    """

    x: Float[Tensor, "n c h w"]
    labels: Int[Tensor, " n"]

    def first(self, count: int) -> "Inputs":
        """Return the first inputs."""
        return Inputs(self.x[:count], self.labels[:count])

    def passed_through(self, layers: nn.Module) -> "Inputs":
        """Return what layers that do not learn make of the inputs."""
        with torch.no_grad():
            parts = [layers(part) for part in self.x.split(AT_ONCE)]
        return Inputs(torch.cat(parts), self.labels)


@dataclass(frozen=True)
class Sets:
    """The pictures of an experiment.

    Attributes:
        training: The training pictures.
        new: New scenes of the same classes, as varied as those.
    """

    training: Inputs
    new: Inputs


def draw_sets_steps(experiment: Experiment) -> Steps[Sets]:
    """Draw an experiment's training and validation pictures; a step is a chunk of scenes."""
    drawn = []
    for part in (TRAINING, VALIDATION):
        chunks = []
        for chunk in draw_set(experiment, part):
            chunks.append(chunk)
            yield Progress(0, 1, note="drawing the pictures")
        pictures = torch.cat([chunk.pictures for chunk in chunks])
        drawn.append(Inputs(as_input(pictures), torch.cat([chunk.labels for chunk in chunks])))
    return Sets(*drawn)


def fit_steps(net: nn.Module, experiment: Experiment, inputs: Inputs, steps: int) -> Steps[None]:
    """Train a network for a number of steps, in batches of 32 or fewer.

    The order of the inputs depends on the experiment's seed only. The network ends in eval mode.

    Args:
        net: The network, or its later layers; parameters without gradients stay.
        experiment: Optimiser, learning rate, batch and seed.
        inputs: What it learns.
        steps: Number of steps.
    """
    random = torch.Generator().manual_seed(experiment.seed)
    optimiser = make_optimiser(experiment, net)
    count = len(inputs.labels)
    batch = min(experiment.batch, count)
    order = torch.empty(0, dtype=torch.long)
    net.train()
    for step in range(steps):
        if len(order) < batch:
            order = torch.randperm(count, generator=random)
        rows, order = order[:batch], order[batch:]
        loss = functional.cross_entropy(net(inputs.x[rows]), inputs.labels[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % REPORT_EVERY == 0:
            yield Progress(step, steps, note=f"training, step {step} of {steps}")
    net.eval()


def train_steps(experiment: Experiment, sets: Sets, steps: int) -> Steps[nn.Module]:
    """Build an experiment's network and train it; errors as for `networks.build`."""
    net = networks.build(experiment)
    yield from fit_steps(net, experiment, sets.training, steps)
    return net


def accuracy(net: nn.Module, inputs: Inputs) -> float:
    """Return the share of right answers."""
    with torch.no_grad():
        answers = torch.cat([net(part).argmax(1) for part in inputs.x.split(AT_ONCE)])
    return round((answers == inputs.labels).float().mean().item(), 4)
