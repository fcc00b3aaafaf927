"""The components of a network in training, from the picture to the optimiser, with their shapes."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor, nn

from core.textbook import TEXTBOOK
from core.train_lab import networks
from core.train_lab.experiment import Experiment


class Kind(StrEnum):
    """What a component does."""

    INPUT = "input"
    CONVOLUTION = "convolution"
    ACTIVATION = "activation"
    POOLING = "pooling"
    DENSE = "dense"
    STEM = "stem"
    STAGE = "stage"
    HEAD = "head"
    SOFTMAX = "softmax"
    LOSS = "loss"
    OPTIMISER = "optimiser"


@dataclass(frozen=True)
class Component:
    """A component of a network, or of its training.

    Attributes:
        name: Its name, such as "conv1".
        kind: What it does.
        before: Shape of one picture's input to it, channels first; empty for the picture itself.
        after: Shape of one picture's output.
        weights: Number of its weights and biases.
    """

    name: str
    kind: Kind
    before: tuple[int, ...]
    after: tuple[int, ...]
    weights: int = 0


# The components of the textbook network, by the type of the layer. Flattening only reorders.
KINDS = {
    nn.Conv2d: Kind.CONVOLUTION,
    nn.ReLU: Kind.ACTIVATION,
    nn.MaxPool2d: Kind.POOLING,
    nn.Linear: Kind.DENSE,
}


def list_components(experiment: Experiment) -> tuple[Component, ...]:
    """Return the components of an experiment, in the order of computation.

    Every layer of the network of the textbooks is one. An architecture of timm has many layers;
    of it the stem, the stages, each with maps of one size, and the head are listed.

    Raises:
        NotTrainable: The network can't be trained.
    """
    picture = (3, experiment.size, experiment.size)
    with torch.device("meta"):  # shapes only: no weights, no arithmetic
        net = networks.build_unseeded(experiment)
        layers = _run(net, picture)
    inner = _layers if experiment.network == TEXTBOOK else _stages
    classes = (len(experiment.classes),)
    return (
        Component("picture", Kind.INPUT, (), picture),
        *inner(layers, net),
        Component("softmax", Kind.SOFTMAX, classes, classes),
        Component("loss", Kind.LOSS, classes, (1,)),
        Component("optimiser", Kind.OPTIMISER, (1,), (_count(net),)),
    )


@dataclass(frozen=True)
class _Layer:
    """A layer without inner layers, with the shapes of one picture's input and output."""

    name: str
    module: nn.Module
    before: tuple[int, ...]
    after: tuple[int, ...]


def _run(net: nn.Module, picture: tuple[int, ...]) -> list[_Layer]:
    """Return all layers that have no inner layers, in the order in which a picture passes them."""
    layers: list[_Layer] = []

    def note(name: str) -> object:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            layers.append(_Layer(name, module, _shape(inputs[0]), _shape(output)))

        return hook

    leaves = {name: each for name, each in net.named_modules() if not list(each.children())}
    hooks = [module.register_forward_hook(note(name)) for name, module in leaves.items()]
    try:
        with torch.no_grad():
            net.eval()(torch.zeros(1, *picture))
    finally:
        for hook in hooks:
            hook.remove()
    return layers


def _layers(layers: list[_Layer], net: nn.Module) -> Iterator[Component]:
    for layer in layers:
        kind = KINDS.get(type(layer.module))
        if kind:
            before = (math.prod(layer.before),) if kind is Kind.DENSE else layer.before
            yield Component(layer.name, kind, before, layer.after, _count(layer.module))


def _stages(layers: list[_Layer], net: nn.Module) -> Iterator[Component]:
    """Yield the first convolution, what has maps of one size together, and the rest."""
    maps = [layer for layer in layers if len(layer.after) == 3 and layer.after[1] > 1]
    stem, *others = maps
    groups: list[list[_Layer]] = []
    for layer in others:
        if not groups or layer.after[1] < groups[-1][-1].after[1]:
            groups.append([])
        groups[-1].append(layer)
    yield Component(stem.name, Kind.STEM, stem.before, stem.after, _count(stem.module))
    before, counted = stem.after, _count(stem.module)
    for number, group in enumerate(groups, start=1):
        weights = sum(_count(module) for module in {layer.module for layer in group})
        yield Component(f"stage {number}", Kind.STAGE, before, group[-1].after, weights)
        before, counted = group[-1].after, counted + weights
    yield Component("head", Kind.HEAD, before, layers[-1].after, _count(net) - counted)


def _count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _shape(tensor: Tensor) -> tuple[int, ...]:
    return tuple(tensor.shape[1:])
