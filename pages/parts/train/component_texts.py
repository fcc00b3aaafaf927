"""What each component of a network and of its training does, in two plain sentences."""

import math
from collections.abc import Mapping
from types import MappingProxyType

from core.train_lab.components import Component, Kind
from core.train_lab.experiment import Experiment

TEXTS: Mapping[Kind, str] = MappingProxyType({
    Kind.INPUT: "A picture of {width} × {height} pixels: for each pixel a number for red, one for"
    " green and one for blue. The numbers go from −1 (dark) to 1 (bright).",
    Kind.CONVOLUTION: "Each of its {after} filters slides a window of 3 × 3 over all {before}"
    " channels, and notes at each place how well the window matches what it looks for. Its"
    " {weights} weights are the windows themselves, and training changes them.",
    Kind.ACTIVATION: "ReLU keeps positive numbers and sets negative ones to 0. Without it, all"
    " convolutions together could do no more than a single one.",
    Kind.POOLING: "Of every 2 × 2 numbers it keeps the largest, so that the maps become {width} ×"
    " {height}. The next filters see twice as far, and it matters less where exactly something is.",
    Kind.DENSE: "Each class has a weight for each of the {numbers} numbers before it; their"
    " products are added up to a score, the logit. Its {weights} weights say what speaks for a"
    " class and what against it.",
    Kind.STEM: "The first convolution turns the picture into {after} maps of {width} × {height}."
    " Its filters look for edges and colours.",
    Kind.STAGE: "Several convolutions turn {before} maps into {after} maps of {width} × {height}."
    " The {weights} weights of this stage combine what the one before has found.",
    Kind.HEAD: "Every map is averaged to one number, and each of the {after} classes has a weight"
    " for each of these. The sums are the logits; the head has {weights} weights.",
    Kind.SOFTMAX: "It turns the {after} logits into probabilities, which are positive and add up to"
    " 1. The larger a logit is than the others, the nearer its probability is to 1.",
    Kind.LOSS: "Cross-entropy says how wrong the answer is: minus the logarithm of the probability"
    " of the right class. It is 0 for a right answer that is certain, and grows the surer the"
    " network is of a wrong one.",
    Kind.OPTIMISER: "{rule} It changes all {after} weights after every {batch} pictures; the"
    " learning rate, {rate:g}, says how far.",
})  # fmt: skip
RULES = {
    "sgd": "SGD moves every weight a small step against its gradient.",
    "momentum": "SGD moves every weight a small step against its gradient, and with momentum the"
    " weight also keeps nine tenths of its speed.",
    "adam": "Adam moves every weight a small step against the mean of its latest gradients, divided"
    " by their usual size, so that all weights move about equally fast.",
}


def shape_text(shape: tuple[int, ...]) -> str:
    """Return a shape as people write it, such as "8 × 48 × 48"."""
    return " × ".join(f"{length:,}" for length in shape)


def explain(component: Component, experiment: Experiment) -> str:
    """Return two sentences on what a component does, with its numbers.

    Args:
        component: The component.
        experiment: The experiment that it belongs to.
    """
    before, after = component.before or (0,), component.after
    return TEXTS[component.kind].format(
        before=before[0], after=f"{after[0]:,}", numbers=f"{math.prod(before):,}",
        width=after[-1], height=after[-1], weights=f"{component.weights:,}",
        rule=RULES[experiment.optimiser], batch=experiment.batch, rate=experiment.rate,
    )  # fmt: skip
