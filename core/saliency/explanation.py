"""Compute saliency maps of pictures: look up the method, set the targets, work in batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from core import predict
from core.errors import ZooscopeError
from core.layers import find_layers
from core.options import Option
from core.saliency import registry
from core.saliency.view import View, last_layer, require_positions
from core.steps import Progress, Steps, drain, map_progress
from core.zoo import Model
from core.zoo.precision import FLOAT32


class NoSuchClass(ZooscopeError):
    """The network has no class of this index; the message has the range."""


@dataclass(frozen=True)
class Explanation:
    """The saliency maps of a batch of pictures.

    Attributes:
        maps: One map per picture on the network's input grid, not normalised.
        classes: The class that each map explains.
        notes: Further numbers of the method by name, one per picture.
    """

    maps: Float[np.ndarray, "n h w"]
    classes: tuple[int, ...]
    notes: dict[str, Float[np.ndarray, " n"]]


def explain(
    m: Model,
    imgs: Sequence[Image.Image],
    method: str = "grad_cam",
    classes: Sequence[int] | None = None,
    layer: str | None = None,
    seed: int = 0,
    against: Sequence[int] | None = None,
    precision: str = FLOAT32,
    **options: Option,
) -> Float[np.ndarray, "n h w"]:
    """Compute a saliency map of each picture. See `explain_steps` for arguments and errors."""
    steps = explain_steps(m, imgs, method, classes, layer, seed, against, precision, **options)
    return drain(steps).maps


def explain_steps(
    m: Model,
    imgs: Sequence[Image.Image],
    method: str = "grad_cam",
    classes: Sequence[int] | None = None,
    layer: str | None = None,
    seed: int = 0,
    against: Sequence[int] | None = None,
    precision: str = FLOAT32,
    **options: Option,
) -> Steps[Explanation]:
    """Compute a saliency map for one class of each picture.

    Args:
        m: The network.
        imgs: The pictures.
        method: A key of `methods()`.
        classes: One class per picture, whose logit is the score to explain. None: each picture's
            own top class.
        layer: The layer, for methods that use one. None: the last layer with spatial positions.
        seed: Seed of each picture's random numbers.
        against: One class per picture, whose logit is subtracted from the score, so that the map
            shows why the network prefers the one class to the other.
        precision: Number format of the forward passes whose scores make the map, "float32" or
            "bfloat16"; gradients and the choice of the class always use float32. Only methods that
            are `forward_only` follow it.
        options: Options of the method.

    Raises:
        UnknownMethod: There is no such method or option; the message has the nearest names.
        UnknownLayer: There is no such layer, or it has no spatial positions.
        NoSuchClass: A class is out of range, or there is not one class per picture.
        NoClassifier: The network has no classes.
        BadOption: The method can't use the value; the message has the accepted values.
    """
    uses_layer = registry.find(method, options).uses_layer
    predict.require_classes(m.card)
    if layer or uses_layer:
        (used_layer,) = find_layers(m.layers, [layer or last_layer(m)])
        require_positions(used_layer)
    for indices in (classes, against):
        _check_count(indices, len(imgs))
        _check_range(m, indices or ())
    parts: list[Explanation] = []
    batch_size = m.batch_size
    starts = range(0, len(imgs), batch_size)
    for part, start in enumerate(starts):
        rows = slice(start, start + batch_size)
        x = m.preprocess(list(imgs[rows]))
        part_classes = classes[rows] if classes is not None else None
        part_against = against[rows] if against is not None else None
        steps = explain_inputs_steps(
            m, x, method, part_classes, layer, seed, part_against, precision, **options
        )
        change = partial(_progress_of_part, part=part, parts=len(starts))
        parts.append((yield from map_progress(steps, change)))
    return _concatenate(parts, m.input_size)


def explain_inputs_steps(
    m: Model,
    x: Float[Tensor, "n 3 h w"],
    method: str,
    classes: Sequence[int] | None,
    layer: str | None = None,
    seed: int = 0,
    against: Sequence[int] | None = None,
    precision: str = FLOAT32,
    **options: Option,
) -> Steps[Explanation]:
    """Compute saliency maps of preprocessed pictures, all in one batch. See `explain_steps`."""
    method_ = registry.find(method, options)
    targets = target_classes(m, x, classes)
    weights = _logit_weights(m, targets, against)
    generators = tuple(torch.Generator().manual_seed(seed) for _ in targets)
    layer = layer or (last_layer(m) if method_.uses_layer else "")
    used = precision if method_.forward_only else FLOAT32
    view = View(m, x, weights.to(x.device), layer, generators, used)
    maps = yield from method_.explain(view, **options)
    notes = {name: values.float().cpu().numpy() for name, values in maps.notes.items()}
    return Explanation(maps.values.float().cpu().numpy(), tuple(targets), notes)


def target_classes(
    m: Model, x: Float[Tensor, "n 3 h w"], classes: Sequence[int] | None
) -> list[int]:
    """Return the given classes, or each picture's top class where none are given.

    Raises:
        NoSuchClass: A class is out of range; the message has the range.
    """
    if classes is not None:
        _check_range(m, classes)
        return list(classes)
    with m.borrow() as net, torch.no_grad():
        return [int(index) for index in m.in_batches(net, x).argmax(1)]


def _check_count(classes: Sequence[int] | None, count: int) -> None:
    """Raise NoSuchClass unless there is one class per picture, or no classes at all."""
    if classes is not None and len(classes) != count:
        raise NoSuchClass(
            f"There are {len(classes)} classes for {count} pictures; give one class per picture."
        )


def _check_range(m: Model, classes: Sequence[int]) -> None:
    """Raise NoSuchClass if the network lacks one of the classes."""
    for index in classes:
        if not 0 <= index < len(m.labels):
            raise NoSuchClass(
                f"{m.name} has no class {index}; choose one from 0 to {len(m.labels) - 1}."
            )


def _logit_weights(
    m: Model, classes: Sequence[int], against: Sequence[int] | None
) -> Float[Tensor, "n classes"]:
    """Return the weight of each logit in the score: 1 for the class, -1 for the other class."""
    weights = torch.zeros(len(classes), len(m.labels))
    rows = torch.arange(len(classes))
    weights[rows, list(classes)] += 1
    if against is not None:
        weights[rows, list(against)] -= 1
    return weights


def _progress_of_part(progress: Progress, part: int, parts: int) -> Progress:
    """Convert the progress of one part into that of all parts."""
    return Progress(part * progress.total + progress.step, parts * progress.total)


def _concatenate(parts: Sequence[Explanation], input_size: tuple[int, ...]) -> Explanation:
    """Join the explanations of several batches."""
    if not parts:
        return Explanation(np.zeros((0, *input_size[1:]), np.float32), (), {})
    notes = {name: np.concatenate([part.notes[name] for part in parts]) for name in parts[0].notes}
    classes = tuple(index for part in parts for index in part.classes)
    return Explanation(np.concatenate([part.maps for part in parts]), classes, notes)
