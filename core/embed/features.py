"""Features: the activations of a layer as one row of numbers per picture."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import numpy as np
from jaxtyping import Float
from PIL import Image
from torch import Tensor
from torch.nn import functional

from core import batched_reading, predict
from core.errors import ZooscopeError
from core.layers import LOGITS, PIXELS, Layer, find_layers
from core.probe import Take
from core.steps import Progress, Steps, drain
from core.zoo import Model
from core.zoo.precision import FLOAT32

# How the spatial positions of an activation become one row: their mean, all of them, or one.
POOLED, FLATTENED, POSITION = "pooled", "flattened", "position"
SPATIAL_MODES = (POOLED, FLATTENED, POSITION)
# Side in pixels to which the network's input is shrunk for the pseudo-layer "pixels".
PIXELS_SIDE = 16
# Largest size in bytes of all rows that one call may return.
MAX_BYTES = 1_000_000_000

Features = Float[np.ndarray, "n d"]
# Row and column on a layer's grid of spatial positions.
GridPosition = tuple[int, int]


class BadFeatures(ZooscopeError):
    """The requested features do not exist or are too large; the message names alternatives."""


def features(
    m: Model,
    imgs: Sequence[Image.Image],
    layer: str,
    how: str = POOLED,
    position: GridPosition | None = None,
    precision: str = FLOAT32,
) -> Features:
    """Compute the features of pictures at one layer. See `features_steps`.

    Args:
        m: The network.
        imgs: The pictures.
        layer: Dotted name; "logits" for the network's output, "pixels" for its input.
        how: "pooled", "flattened" or "position".
        position: Row and column on the layer's grid, for "position"; None for the centre.
        precision: Number format of the forward passes, "float32" or "bfloat16".

    Returns:
        One row per picture, float32.
    """
    size = m.batch_size
    batches = (imgs[start : start + size] for start in range(0, len(imgs), size))
    steps = features_steps(m, batches, len(imgs), [layer], how, position, precision)
    return drain(steps)[layer]


def features_steps(
    m: Model,
    batches: Iterable[Sequence[Image.Image]],
    total: int,
    layers: Sequence[str],
    how: str = POOLED,
    position: GridPosition | None = None,
    precision: str = FLOAT32,
) -> Steps[dict[str, Features]]:
    """Compute the features of pictures at several layers in one pass; a step is a batch.

    "pooled" is global average pooling, as in a network's own head. Layers without spatial positions
    are returned unchanged in every mode. "pixels" is the network's input, shrunk to 16 × 16 RGB.

    Args:
        m: The network.
        batches: The pictures, in batches that fit the device.
        total: Number of pictures in all batches.
        layers: Dotted names; "logits" for the network's output, "pixels" for its input.
        how: "pooled" (mean over positions), "flattened" (all positions) or "position" (one).
        position: Row and column on a layer's grid, for "position"; None for the centre.
        precision: Number format of the forward passes, "float32" or "bfloat16".

    Yields:
        Progress whose preview has the batch's features by layer name; without a preview while the
        pictures of a batch are being read.

    Returns:
        Features by layer name, float32.

    Raises:
        BadFeatures: There is no such mode or position, or the features would exceed 1 GB.
        NoClassifier: "logits" of a network without classes.
        UnknownLayer: The network has no such layer.
    """
    inputs = batched_reading.input_batches_in_turns(m, batches)
    return features_of_inputs_steps(m, inputs, total, layers, how, position, precision)


def features_of_inputs_steps(
    m: Model,
    inputs: Iterable[Float[Tensor, "n c h w"] | None],
    total: int,
    layers: Sequence[str],
    how: str = POOLED,
    position: GridPosition | None = None,
    precision: str = FLOAT32,
) -> Steps[dict[str, Features]]:
    """Compute features as `features_steps` does, from preprocessed network inputs.

    None among the inputs means that the next one is being read.
    """
    layers = list(dict.fromkeys(layers))
    lengths = {name: _row_length(m, name, how, position) for name in layers}
    _check_memory(lengths, total)
    take = partial(_to_rows, how=how, position=position)
    batch_rows: dict[str, list[Features]] = {
        name: [np.empty((0, length), np.float32)] for name, length in lengths.items()
    }
    done = 0
    for x in inputs:
        if x is None:
            yield Progress(done, total)
            continue
        rows = _read_rows(m, x, layers, take, precision)
        for name, layer_rows in rows.items():
            batch_rows[name].append(layer_rows)
        done += len(x)
        yield Progress(done, total, preview=rows)
    return {name: np.concatenate(parts) for name, parts in batch_rows.items()}


def _read_rows(
    m: Model, x: Tensor, layers: Sequence[str], take: Take, precision: str
) -> dict[str, Features]:
    """Compute the features of one batch at every layer, in one forward pass."""
    inner_layers = [name for name in layers if name != PIXELS]
    rows: dict[str, Tensor] = {}
    if inner_layers:
        rows = batched_reading.read_layers(m, x, inner_layers, take, precision)
    if PIXELS in layers:
        rows[PIXELS] = _shrink_input(m, x)
    return {name: rows[name].float().cpu().numpy() for name in layers}


def _shrink_input(m: Model, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n d"]:
    """Average-pool the network's input, as colours from 0 to 1, to 16 × 16."""
    return functional.adaptive_avg_pool2d(m.preprocessing.denormalised(x), PIXELS_SIDE).flatten(1)


def _to_rows(
    activation: Float[Tensor, "n c *rest"], how: str, position: GridPosition | None
) -> Float[Tensor, "n d"]:
    """Convert an activation to one row per picture; the result shares no memory with it."""
    if activation.ndim == 2 or how == FLATTENED:
        return activation.flatten(1).clone()
    if how == POOLED:
        return activation.flatten(2).mean(2)
    # Activations of tokens, (n, c, tokens), have a single row of positions.
    *_, height, width = (1, *activation.shape[2:])
    y, x = position or (height // 2, width // 2)
    return activation.flatten(2)[:, :, y * width + x].clone()


def _row_length(m: Model, name: str, how: str, position: GridPosition | None) -> int:
    """Return the number of features per picture at a layer.

    Raises:
        BadFeatures: There is no such mode or position.
        NoClassifier: "logits" of a network without classes.
        UnknownLayer: The network has no such layer.
    """
    if how not in SPATIAL_MODES:
        raise BadFeatures(
            f"There is no feature mode {how!r}; choose one of {', '.join(SPATIAL_MODES)}."
        )
    if name == PIXELS:
        return 3 * PIXELS_SIDE * PIXELS_SIDE
    if name == LOGITS:
        predict.require_classes(m.card)
        return len(m.labels)
    (layer,) = find_layers(m.layers, [name])
    if how == POSITION and position is not None:
        _check_position(layer, position)
    return int(np.prod(layer.shape)) if how == FLATTENED else layer.shape[0]


def _check_position(layer: Layer, position: GridPosition) -> None:
    """Raise BadFeatures if a layer has no such position."""
    # A layer of tokens has one row of positions, a layer without positions counts as one position.
    *_, height, width = (1, 1, *layer.shape[1:])
    if not (0 <= position[0] < height and 0 <= position[1] < width):
        raise BadFeatures(
            f"{layer.name} has no position {position}. Choose a row from 0 to {height - 1} and a"
            f" column from 0 to {width - 1}."
        )


def _check_memory(lengths: Mapping[str, int], total: int) -> None:
    """Raise BadFeatures if the float32 rows of all pictures would exceed `MAX_BYTES`."""
    needed = 4 * total * sum(lengths.values())
    if needed > MAX_BYTES:
        raise BadFeatures(
            f"These features of {total} pictures need {needed / 1e9:.1f} GB; the limit is"
            f" {MAX_BYTES / 1e9:.0f} GB. Choose pooled features, a later layer or fewer pictures."
        )
