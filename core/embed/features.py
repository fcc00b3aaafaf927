"""Pictures as points: what a layer makes of each, one row a picture."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import numpy as np
from jaxtyping import Float
from PIL import Image
from torch import Tensor
from torch.nn import functional

from core import predict, probe, sweep
from core.errors import ZooscopeError
from core.probe import Layer, Take
from core.steps import Progress, Steps, drain
from core.visualize import LOGITS
from core.zoo import Model

# How a layer's positions become one row.
POOLED, FLATTENED, POSITION = "pooled", "flattened", "position"
HOWS = (POOLED, FLATTENED, POSITION)
# The picture itself as a layer before the first: what the network sees of it, shrunk to this side.
PIXELS, SIDE = "pixels", 16
# Bytes that the rows of a call may take.
MOST = 1_000_000_000

Features = Float[np.ndarray, "n d"]
Place = tuple[int, int]


class BadFeatures(ZooscopeError):
    """These features are not to be had; the message says which are."""


def features(
    m: Model,
    imgs: Sequence[Image.Image],
    layer: str,
    how: str = POOLED,
    place: Place | None = None,
) -> Features:
    """What a layer makes of each picture. See `features_steps`.

    Args:
        m: The network.
        imgs: The pictures.
        layer: Dotted name; "logits" for the network's output, "pixels" for the picture itself.
        how: "pooled", "flattened" or "position".
        place: Row and column of the position on the layer's grid; the middle where None.

    Returns:
        (n, d), float32.
    """
    size = m.at_once
    batches = (imgs[start : start + size] for start in range(0, len(imgs), size))
    return drain(features_steps(m, batches, len(imgs), [layer], how, place))[layer]


def features_steps(
    m: Model,
    batches: Iterable[Sequence[Image.Image]],
    total: int,
    layers: Sequence[str],
    how: str = POOLED,
    place: Place | None = None,
) -> Steps[dict[str, Features]]:
    """What some layers make of each picture, in one pass over all; a step is a batch.

    Channels are pooled as a network's own head does: their mean over positions. Layers without
    positions are taken as they are, the picture itself ("pixels") shrunk to 16 × 16 colours.

    Args:
        m: The network.
        batches: The pictures, as many at once as should go through it together.
        total: How many there are in all.
        layers: Their names; "logits" for the network's output, "pixels" for the picture itself.
        how: "pooled" (mean over positions), "flattened" (all of them) or "position" (one).
        place: Row and column of the position on a layer's grid; the middle where None.

    Yields:
        With each batch's rows by layer, (pictures in it, d), as its preview.

    Raises:
        BadFeatures: No such way or position, or more rows than memory should hold.
        NoClassifier: The network gives no classes, and so no logits.
        UnknownLayer: No such layer.
    """
    return rows_steps(m, sweep.inputs(m, batches), total, layers, how, place)


def rows_steps(
    m: Model,
    inputs: Iterable[Float[Tensor, "n c h w"]],
    total: int,
    layers: Sequence[str],
    how: str = POOLED,
    place: Place | None = None,
) -> Steps[dict[str, Features]]:
    """As `features_steps`, of pictures that are the network's input already."""
    layers = list(dict.fromkeys(layers))
    lengths = {name: _length(m, name, how, place) for name in layers}
    _judge(lengths, total)
    take = partial(_taken, how=how, place=place)
    parts: dict[str, list[Features]] = {
        name: [np.empty((0, length), np.float32)] for name, length in lengths.items()
    }
    done = 0
    for x in inputs:
        rows = _rows(m, x, layers, take)
        for name, part in rows.items():
            parts[name].append(part)
        done += len(x)
        yield Progress(done, total, preview=rows)
    return {name: np.concatenate(some) for name, some in parts.items()}


def pixels(m: Model, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n d"]:
    """The network's input as colours, 0 to 1, shrunk: each the mean of what it covers."""
    return functional.adaptive_avg_pool2d(m.preprocessing.colours(x), SIDE).flatten(1)


def _rows(m: Model, x: Tensor, layers: Sequence[str], take: Take) -> dict[str, Features]:
    inner = [name for name in layers if name != PIXELS]
    found = sweep.seen(m, x, inner, take) if inner else {}
    if PIXELS in layers:
        found[PIXELS] = pixels(m, x)
    return {name: found[name].float().cpu().numpy() for name in layers}


def _taken(
    values: Float[Tensor, "n c *rest"], how: str, place: Place | None
) -> Float[Tensor, "n d"]:
    """One row a picture, a tensor of its own."""
    if values.ndim == 2 or how == FLATTENED:
        return values.flatten(1).clone()
    if how == POOLED:
        return values.flatten(2).mean(2)
    *_, height, width = (1, *values.shape[2:])
    y, x = place or (height // 2, width // 2)
    return values.flatten(2)[:, :, y * width + x].clone()


def _length(m: Model, name: str, how: str, place: Place | None) -> int:
    """Numbers in a row of a layer.

    Raises:
        BadFeatures: No such way or position.
        UnknownLayer: No such layer.
    """
    if how not in HOWS:
        raise BadFeatures(f"Features can't be {how!r}; they can be {', '.join(HOWS)}.")
    if name == PIXELS:
        return 3 * SIDE * SIDE
    if name == LOGITS:
        predict.require_classes(m.card)
        return len(m.labels)
    (layer,) = probe.find(m.layers, [name])
    if how == POSITION and place is not None:
        _check_place(layer, place)
    return int(np.prod(layer.shape)) if how == FLATTENED else layer.shape[0]


def _check_place(layer: Layer, place: Place) -> None:
    *_, height, width = (1, 1, *layer.shape[1:])
    if not (0 <= place[0] < height and 0 <= place[1] < width):
        raise BadFeatures(
            f"{layer.name} has no position {place}; its rows go from 0 to {height - 1}, its"
            f" columns from 0 to {width - 1}."
        )


def _judge(lengths: Mapping[str, int], total: int) -> None:
    needed = 4 * total * sum(lengths.values())
    if needed > MOST:
        raise BadFeatures(
            f"These features of {total} pictures take {needed / 1e9:.1f} GB; {MOST / 1e9:.0f} GB"
            " are set aside. Take pooled ones, a later layer, or fewer pictures."
        )
