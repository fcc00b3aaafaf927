"""Mend a shortcut: learn the last layer again, on scenes in which every factor is balanced.

A network that uses a shortcut often computes what it needs to do without, and only its last layer
prefers the shortcut (Kirichenko et al. 2023, "Last layer re-training is sufficient for robustness
to spurious correlations", arXiv 2204.02937).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from safetensors.torch import load_file, save
from torch import Tensor, nn
from torch.nn import functional

from core import predict
from core.errors import ZooscopeError
from core.interventions.answers import DRAWN_AT_ONCE
from core.interventions.pairs import Pairs, scene_classes
from core.interventions.shortcuts import Shortcut, tested_scenes
from core.steps import Progress, Steps
from core.train_lab.network_file import NetworkFiles
from core.zoo import Card, Model
from core.zoo.folder_config import CONFIG
from core.zoo.hub import WEIGHTS

# Scenes of each class, and further ones of a class with a shortcut.
SCENES, MORE_SCENES = 24, 72
# Penalty on the change of the weights. Of 1e-4, 1e-3 and 1e-2, the first one mends the twin of
# scenes-mobilenet best: from 11 % to 77 % of swapped backgrounds, without MORE_SCENES.
PENALTY = 1e-4
MAX_ITERATIONS = 200
# Seed of the scenes: not those of the screening and the tests.
SEED = 900_000


class NotMendable(ZooscopeError):
    """The network has no last linear layer, or no folder with its weights."""


@dataclass(frozen=True)
class MendedLayer:
    """The last layer of a network, learned again.

    Attributes:
        name: The layer's name in the network.
        weight: Its weights.
        bias: Its biases.
        scenes: Number of scenes that it was learned on.
    """

    name: str
    weight: Float[np.ndarray, "classes features"]
    bias: Float[np.ndarray, " classes"]
    scenes: int


def mend_steps(m: Model, classes: Sequence[str]) -> Steps[MendedLayer]:
    """Learn the last layer again on balanced scenes; the progress counts scenes.

    Args:
        m: The network.
        classes: The classes with shortcuts. More scenes of these are drawn.

    Raises:
        UnknownClasses: The network knows other things than scenes.
        NotMendable: The last layer is not linear.
    """
    labels = scene_classes(m.labels)
    plans = [Pairs.plan(labels, SCENES * len(labels), SEED)]
    if classes:
        plans.append(Pairs.plan(tuple(classes), MORE_SCENES * len(classes), SEED + 1))
    total = sum(len(pairs.classes) for pairs in plans)
    features: list[Tensor] = []
    for pairs in plans:
        for start in range(0, len(pairs.classes), DRAWN_AT_ONCE):
            yield Progress(sum(map(len, features)), total)
            rows = range(start, min(start + DRAWN_AT_ONCE, len(pairs.classes)))
            features.append(_features(m, pairs.draw(rows, m.input_size[1])))
    shown = [name for pairs in plans for name in pairs.classes]
    targets = torch.tensor([labels.index(name) for name in shown])
    with m.borrow() as net:
        name, layer = _last_layer(net)
        weight, bias = layer.weight.detach().cpu().float(), layer.bias.detach().cpu().float()
    weight, bias = _learn(torch.cat(features), targets, weight, bias)
    return MendedLayer(name, weight.numpy(), bias.numpy(), total)


def retest_steps(
    m: Model, mended: MendedLayer, shortcuts: Sequence[Shortcut]
) -> Steps[list[tuple[float, float]]]:
    """Repeat the tests of shortcuts with the mended layer; a step is a shortcut.

    The layer has not learned the scenes of these tests.

    Args:
        m: The network as it was.
        mended: Its last layer, learned again.
        shortcuts: What the network used.

    Returns:
        For each shortcut: the mean probability of its class in the test's scenes with the level,
        and in those without it, 0 to 1.
    """
    labels = scene_classes(m.labels)
    after = []
    for step, shortcut in enumerate(shortcuts):
        yield Progress(step, len(shortcuts))
        what, count = shortcut.suspicion, len(shortcut.with_level)
        column = labels.index(what.class_)
        high, low = (
            predict.softmax(_features(m, imgs).numpy() @ mended.weight.T + mended.bias)[:, column]
            for imgs in tested_scenes(what, [what.class_], shortcut.seed, m.input_size[1], count)
        )
        after.append((float(high.mean()), float(low.mean())))
    return after


def mended_files(card: Card, mended: MendedLayer) -> NetworkFiles:
    """Return the files of the network with its mended layer.

    Args:
        card: The network's card.
        mended: The layer.

    Raises:
        NotMendable: The network has no folder with its weights.
    """
    if card.folder is None:
        raise NotMendable(f"{card.title} has no folder with its weights, so it can't be mended.")
    config = json.loads((card.folder / CONFIG).read_text(encoding="utf-8"))
    config["pretrained_cfg"] = dict(config.get("pretrained_cfg", {})) | {
        "description": f"{card.title}, last layer learned again"
    }
    weights = load_file(card.folder / WEIGHTS)
    for part, values in (("weight", mended.weight), ("bias", mended.bias)):
        key = f"{mended.name}.{part}"
        weights[key] = torch.from_numpy(values).to(weights[key].dtype).contiguous()
    return NetworkFiles(json.dumps(config, indent=1).encode(), save(weights, {"format": "pt"}))


def _features(m: Model, imgs: Sequence[Image.Image]) -> Float[Tensor, "n features"]:
    """Return what the last layer gets for scenes."""
    x = m.preprocess(imgs)
    inputs: list[Tensor] = []
    with m.borrow() as net, torch.no_grad():
        _, layer = _last_layer(net)
        hook = layer.register_forward_pre_hook(lambda _, given: inputs.append(given[0]))

        def features(batch: Tensor) -> Tensor:
            inputs.clear()
            net(batch)
            return inputs[0]

        try:
            return m.in_batches(features, x).cpu().float()
        finally:
            hook.remove()


def _last_layer(net: nn.Module) -> tuple[str, nn.Linear]:
    """Return the layer of the classes and its name."""
    linear = [(name, each) for name, each in net.named_modules() if isinstance(each, nn.Linear)]
    if not linear or linear[-1][1].bias is None:
        raise NotMendable("The last layer of this network is not linear, so it can't be mended.")
    return linear[-1]


def _learn(
    features: Float[Tensor, "n features"],
    targets: Tensor,
    first_weight: Float[Tensor, "classes features"],
    first_bias: Float[Tensor, " classes"],
) -> tuple[Tensor, Tensor]:
    """Fit the layer by L-BFGS, starting from its present weights and staying near them."""
    weight, bias = first_weight.clone().requires_grad_(), first_bias.clone().requires_grad_()
    optimiser = torch.optim.LBFGS(
        [weight, bias], max_iter=MAX_ITERATIONS, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        optimiser.zero_grad()
        error = functional.cross_entropy(features @ weight.T + bias, targets)
        total = error + PENALTY * (weight - first_weight).square().sum() / 2
        total.backward()
        return total

    with torch.enable_grad():
        optimiser.step(loss)
    return weight.detach(), bias.detach()
