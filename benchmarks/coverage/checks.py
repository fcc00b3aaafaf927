"""Checks of the capabilities of one network. A check that returns has passed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from PIL import Image
from timm.data import create_transform, resolve_data_config

from benchmarks.coverage import networks
from core import embed, predict, probe, saliency, visualize, zoo
from core.dissect.fields import receptive_fields
from core.layer_info import LayerInfo, list_layers, nearest_layer
from core.options import Option
from core.steps import drain

# Depths of the layers whose channels are rendered and whose fields are measured.
DEPTHS = (0.15, 0.5, 0.85)
# Options that keep a method short.
SHORT: Mapping[str, Mapping[str, Option]] = MappingProxyType(
    {"integrated_gradients": {"steps": 2, "limit": 2}}
)


class CheckFailed(Exception):
    """A capability gives a wrong result; the message says what is wrong."""


@dataclass
class Subject:
    """One architecture under test. The network is built at its first use.

    Attributes:
        architecture: timm's name.
    """

    architecture: str

    @cached_property
    def card(self) -> zoo.Card:
        """The card, with the network's own input size."""
        return networks.card_of(self.architecture)

    @cached_property
    def m(self) -> zoo.Model:
        """The network with the smallest input that works."""
        return networks.with_smallest_input(networks.build(self.card))

    @cached_property
    def pictures(self) -> list[Image.Image]:
        """Two pictures."""
        return networks.pictures()

    @cached_property
    def layers(self) -> list[LayerInfo]:
        """Main layers at three depths, with positions where the network has such layers."""
        main = [layer for layer in list_layers(self.m) if layer.main]
        with_positions = [layer for layer in main if layer.is_spatial]
        chosen = [nearest_layer(with_positions or main, depth) for depth in DEPTHS]
        return list(dict.fromkeys(chosen))


Check = Callable[[Subject], object]


def load(subject: Subject) -> None:
    """Build the network."""
    _require(networks.is_finite(subject.m.net), "a weight is not finite")


def preprocessing(subject: Subject) -> None:
    """Compare the network's input with that of timm's own transform, at its own input size."""
    config = resolve_data_config(pretrained_cfg=dict(subject.card.config))
    transform = create_transform(**config, is_training=False)
    expected = torch.stack([transform(picture) for picture in subject.pictures])
    found = subject.card.preprocessing(subject.pictures)
    _require(torch.equal(found, expected), "the input differs from that of timm's transform")


def layers(subject: Subject) -> None:
    """Compare the shapes of all layers for one and for two pictures with those that are listed."""
    m = subject.m
    _require(bool(m.spatial_layers), "no layer has positions")
    _require(any(layer.main for layer in list_layers(m)), "there is no main layer")
    for count in (1, 2):
        found: dict[str, tuple[int, ...]] = {}

        def take(name: str, tensor: torch.Tensor, found: dict = found) -> torch.Tensor:
            found[name] = tuple(tensor.shape)
            return tensor

        changes = {layer: partial(take, name) for name, layer in m.layers.items()}
        with m.borrow() as net, torch.no_grad(), probe.change_activations(net, changes):
            net(m.preprocess(subject.pictures[:count]))
        for name, layer in m.layers.items():
            expected = (count, *layer.shape)
            _require(
                found.get(name) == expected,
                f"the layer {name} has the shape {found.get(name)}, not {expected}",
            )


def predictions(subject: Subject) -> None:
    """Predict the classes of two pictures."""
    logits = predict.scores(subject.m, subject.pictures).logits
    _require(logits.shape == (2, len(subject.m.labels)), f"the logits have shape {logits.shape}")
    _require(bool(np.isfinite(logits).all()), "a logit is not finite")


def saliency_map(subject: Subject, method: str) -> None:
    """Compute a method's maps of a picture with its default layer."""
    options: Mapping[str, Any] = SHORT.get(method, {})
    maps = saliency.explain(subject.m, subject.pictures[:1], method, **options)
    _require(maps.shape == (1, *subject.m.input_size[1:]), f"the maps have shape {maps.shape}")
    _require(bool(np.isfinite(maps).all()), "a value of the map is not finite")
    if method == "gradient":
        _require(bool(maps.any()), "the gradient is 0 everywhere")


def first_step_of_map(subject: Subject, method: str) -> None:
    """Compute the first step of a slow method: one batch of masks."""
    steps = saliency.explain_steps(subject.m, subject.pictures[:1], method)
    next(steps)
    steps.close()


def channels(subject: Subject) -> None:
    """Render a channel at three depths with one step of ascent."""
    objectives = [visualize.channel(layer.name, 0) for layer in subject.layers]
    _render(subject.m, objectives)


def classes(subject: Subject) -> None:
    """Render a class with one step of ascent."""
    _render(subject.m, [visualize.class_logit(0)])


def fields(subject: Subject) -> None:
    """Measure receptive fields at three depths."""
    for name, side in receptive_fields(subject.m, [layer.name for layer in subject.layers]).items():
        _require(side > 0, f"the layer {name} does not depend on the input")


def features(subject: Subject) -> None:
    """Compute the features of two pictures at three depths."""
    for layer in subject.layers:
        rows = embed.features(subject.m, subject.pictures, layer.name)
        _require(rows.shape == (2, layer.shape[0]), f"the features have shape {rows.shape}")
        _require(bool(np.isfinite(rows).all()), "a feature is not finite")


def _saliency_checks() -> Iterator[tuple[str, Check]]:
    for key in ("gradient", "integrated_gradients", "guided_backprop"):
        yield key, partial(saliency_map, method=key)
    for key, method in saliency.methods().items():
        if method.uses_layer:
            yield key, partial(first_step_of_map if method.slow else saliency_map, method=key)


# In the order of `core.zoo.coverage.CAPABILITIES`.
CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "load": load,
        "preprocessing": preprocessing,
        "layers": layers,
        "predict": predictions,
        **dict(_saliency_checks()),
        "channels": channels,
        "classes": classes,
        "fields": fields,
        "features": features,
    }
)


def _render(m: zoo.Model, objectives: list[visualize.Objective]) -> None:
    rendering = drain(visualize.render_steps(m, objectives, steps=1))
    _require(len(rendering.pictures) == len(objectives), "pictures are missing")
    _require(bool(np.isfinite(rendering.scores).all()), "a score is not finite")
    _require(bool(np.isfinite(rendering.importance).all()), "a gradient is not finite")
    _require(bool(rendering.importance.any()), "the score does not depend on the picture")


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise CheckFailed(otherwise)
