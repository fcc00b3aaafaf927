"""Maps for pictures: the method found, the targets set, in parts that fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from core import predict, probe
from core.errors import ZooscopeError
from core.recipes import Option
from core.saliency import registry
from core.saliency.view import View, last_layer, require_positions
from core.steps import Progress, Steps, drain, mapped
from core.zoo import Model


class NoSuchClass(ZooscopeError):
    """The network has no class of that number; the message says how many it has."""


@dataclass(frozen=True)
class Explanation:
    """What a method said of some pictures.

    Attributes:
        maps: On the model's input grid, raw.
        classes: What was explained.
        notes: Figures of the method's own, one a picture.
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
    **options: Option,
) -> Float[np.ndarray, "n h w"]:
    """Where a network looked. See `explain_steps`."""
    return drain(explain_steps(m, imgs, method, classes, layer, seed, against, **options)).maps


def explain_steps(
    m: Model,
    imgs: Sequence[Image.Image],
    method: str = "grad_cam",
    classes: Sequence[int] | None = None,
    layer: str | None = None,
    seed: int = 0,
    against: Sequence[int] | None = None,
    **options: Option,
) -> Steps[Explanation]:
    """Where a network looked for a class of each picture.

    Args:
        m: The network.
        imgs: The pictures.
        method: A key of `methods()`.
        classes: One a picture; each picture's own top class where None. The score is the logit.
        layer: For methods that look at one; the last with positions where None.
        seed: Of each picture's random numbers.
        against: A class for each picture whose logit is taken off the score: why this and not that.
        options: The method's own.

    Raises:
        UnknownMethod: No such method or option, with the nearest.
        UnknownLayer: No such layer, or it has no positions.
        NoSuchClass: With the range.
        NoClassifier: The network gives no classes.
        BadOption: With what the method takes.
    """
    chosen = registry.find(method, options)
    predict.require_classes(m.card)
    if layer or chosen.layered:
        (found,) = probe.find(m.layers, [layer or last_layer(m)])
        require_positions(found)
    for given in (classes, against):
        if given is not None and len(given) != len(imgs):
            raise NoSuchClass(f"{len(given)} classes for {len(imgs)} pictures; give one for each.")
        _check(m, given or ())
    parts: list[Explanation] = []
    at_once = m.at_once
    starts = range(0, len(imgs), at_once)
    for index, start in enumerate(starts):
        rows = slice(start, start + at_once)
        x = m.preprocess(list(imgs[rows]))
        own = classes[rows] if classes is not None else None
        other = against[rows] if against is not None else None
        made = explain_inputs_steps(m, x, method, own, layer, seed, other, **options)
        tell = partial(_within, part=index, parts=len(starts))
        parts.append((yield from mapped(made, tell)))
    return _joined(parts, m.input_size)


def explain_inputs_steps(
    m: Model,
    x: Float[Tensor, "n 3 h w"],
    method: str,
    classes: Sequence[int] | None,
    layer: str | None = None,
    seed: int = 0,
    against: Sequence[int] | None = None,
    **options: Option,
) -> Steps[Explanation]:
    """As `explain_steps`, of pictures that are model input already, all at once."""
    chosen = registry.find(method, options)
    own = target_classes(m, x, classes)
    target = _target(m, own, against)
    dice = tuple(torch.Generator().manual_seed(seed) for _ in own)
    layer = layer or (last_layer(m) if chosen.layered else "")
    view = View(m, x, target.to(x.device), layer, dice)
    found = yield from chosen.explain(view, **options)
    notes = {name: values.float().cpu().numpy() for name, values in found.notes.items()}
    return Explanation(found.values.float().cpu().numpy(), tuple(own), notes)


def target_classes(
    m: Model, x: Float[Tensor, "n 3 h w"], classes: Sequence[int] | None
) -> list[int]:
    """The classes that were asked for, or each picture's top class.

    Raises:
        NoSuchClass: With the range.
    """
    if classes is not None:
        _check(m, classes)
        return list(classes)
    with m.borrow() as net, torch.no_grad():
        return [int(index) for index in net(x).argmax(1)]


def _check(m: Model, classes: Sequence[int]) -> None:
    for index in classes:
        if not 0 <= index < len(m.labels):
            raise NoSuchClass(
                f"{m.name} has no class {index}; it goes from 0 to {len(m.labels) - 1}."
            )


def _target(
    m: Model, classes: Sequence[int], against: Sequence[int] | None
) -> Float[Tensor, "n classes"]:
    target = torch.zeros(len(classes), len(m.labels))
    rows = torch.arange(len(classes))
    target[rows, list(classes)] += 1
    if against is not None:
        target[rows, list(against)] -= 1
    return target


def _within(progress: Progress, part: int, parts: int) -> Progress:
    """A part's progress as the whole's."""
    return Progress(part * progress.total + progress.step, parts * progress.total)


def _joined(parts: Sequence[Explanation], size: tuple[int, ...]) -> Explanation:
    if not parts:
        return Explanation(np.zeros((0, *size[1:]), np.float32), (), {})
    notes = {name: np.concatenate([one.notes[name] for one in parts]) for name in parts[0].notes}
    classes = tuple(index for one in parts for index in one.classes)
    return Explanation(np.concatenate([one.maps for one in parts]), classes, notes)
