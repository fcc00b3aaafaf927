"""Centred kernel alignment (CKA): how similarly two layers arrange the same pictures.

Linear CKA (Kornblith et al. 2019, arXiv 1905.00414) does not change when features are rotated or
scaled. It is computed from HSIC (the Hilbert-Schmidt independence criterion), for which this module
has two estimators:

- the biased estimator of that paper, for features of all pictures in memory (`cka`);
- the unbiased estimator HSIC₁ (Song et al. 2012, JMLR 13, equation 5), averaged over mini-batches
  (Nguyen et al. 2021, arXiv 2010.15327, equations 2 and 3), whose working memory does not grow with
  the number of pictures (`cka` with a batch size, `grams` and `cka_matrix`).

Both are 1 for a layer with itself. The unbiased estimator may be slightly negative for unrelated
layers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from core import batched_reading, memory
from core.arguments import require_some
from core.errors import ZooscopeError
from core.steps import Progress, Steps, drain
from core.zoo import Model

# Pictures in a mini-batch, the same for all networks, because Gram matrices are compared batch by
# batch. Over 280 scenes the error of CKA is 0.03 with batches of 8 and 0.02 with batches of 16; but
# with 16, a MobileNetV2 at 224 px needs more than 300 MB.
BATCH_SIZE = 8
# The unbiased estimator divides by n - 3.
MIN_BATCH_SIZE = 4
# Features per matrix product when a Gram matrix is computed. With 800,000 features, one product of
# all of them took 12 ms instead of 7 ms, and its float32 rounding error was eight times as large.
FEATURES_PER_PRODUCT = 2**15
# A layer counts as constant over a batch if no entry of the centred Gram matrix exceeds this share
# of the largest entry of the Gram matrix: such entries are float32's rounding errors.
CONSTANT_TOLERANCE = 1e-5


class TooFewPictures(ZooscopeError):
    """There are not enough pictures for a measure."""


class DifferentPictures(ZooscopeError):
    """Two layers cannot be compared, because their features are of different pictures."""


@dataclass(frozen=True)
class Grams:
    """Centred Gram matrices of a network's layers: the similarity of each pair of pictures.

    Attributes:
        layers: Dotted names, in the order of computation.
        entries: One row per layer: the upper triangles of its centred Gram matrices of all batches,
            weighted so that the dot product of two rows is the sum of HSIC₁ over the batches.
        sizes: Number of pictures in each batch.
    """

    layers: tuple[str, ...]
    entries: Float[np.ndarray, "l pairs"]
    sizes: tuple[int, ...]


def cka(
    a: Float[np.ndarray, "na da"],
    b: Float[np.ndarray, "nb db"],
    batch: int | None = None,
    seed: int = 0,
) -> float:
    """Compute linear CKA between two layers from their features of the same pictures.

    Args:
        a: Features at one layer.
        b: Features at the other layer, of the same pictures in the same order.
        batch: Pictures per mini-batch, for the unbiased estimator; None for the biased estimator.
        seed: Seed of the mini-batches, which are random samples of the pictures.

    Returns:
        1 if the features differ by rotation and scale only; NaN if a layer is constant over all
        pictures. The biased estimate is always 1 for two pictures, and too high if there are fewer
        pictures than features.

    Raises:
        DifferentPictures: a and b have different numbers of rows.
        TooFewPictures: There are fewer than 2 pictures; for the unbiased estimator fewer than 4.
    """
    require_same_pictures(a, b)
    if batch is None:
        return _biased_cka(a, b)
    batches = shuffled_batches(len(a), seed, batch)
    rows = [np.concatenate([_entries(_gram(x[indices])) for indices in batches]) for x in (a, b)]
    return float(_cosines(rows[0][None], rows[1][None])[0, 0])


def grams(m: Model, imgs: Sequence[Image.Image], layers: Sequence[str], seed: int = 0) -> Grams:
    """Compute the centred Gram matrices of several layers. See `grams_steps`."""
    batches = [[imgs[index] for index in indices] for indices in shuffled_batches(len(imgs), seed)]
    return drain(grams_steps(m, batched_reading.input_batches(m, batches), len(imgs), layers))


def grams_steps(
    m: Model, inputs: Iterable[Float[Tensor, "n c h w"] | None], total: int, layers: Sequence[str]
) -> Steps[Grams]:
    """Compute the centred Gram matrices of several layers' activations; a step is a mini-batch.

    Each activation is replaced by its Gram matrix during the forward pass, so that no two layers'
    activations are in memory at once.

    Args:
        m: The network.
        inputs: Preprocessed pictures (`batched_reading.input_batches`), by shuffled mini-batch.
            Networks can be compared only if they get the same batches in the same order. None
            means that the next batch is being read (`batched_reading.input_batches_in_turns`).
        total: Number of pictures in all batches.
        layers: Dotted names.

    Raises:
        TooFewPictures: A batch has fewer than 4 pictures.
        UnknownLayer: The network has no such layer.
        BadArgument: There are no layers, or no batches.
    """
    require_some("layers", layers)
    rows: list[list[np.ndarray]] = [[] for _ in layers]
    sizes: list[int] = []
    for x in inputs:
        if x is None:
            yield Progress(sum(sizes), total)
            continue
        gram_matrices = _gram_matrices(m, x, layers)
        for row, name in zip(rows, layers, strict=True):
            row.append(_entries(gram_matrices[name].cpu().double().numpy()))
        sizes.append(len(x))
        yield Progress(sum(sizes), total)
    require_some("pictures", sizes)
    entries = np.stack([np.concatenate(row) for row in rows])
    return Grams(tuple(layers), entries.astype(np.float32), tuple(sizes))


def cka_matrix(a: Grams, b: Grams) -> Float[np.ndarray, "la lb"]:
    """Compute CKA between all layers of two networks with the unbiased estimator.

    Args:
        a: Gram matrices of one network.
        b: Gram matrices of another or the same network, of the same mini-batches.

    Returns:
        One row per layer of a, one column per layer of b; NaN where a layer is constant.

    Raises:
        DifferentPictures: The mini-batches differ in size.
    """
    if a.sizes != b.sizes:
        raise DifferentPictures(
            "These Gram matrices are of different mini-batches; compute both from the same pictures"
            " with the same seed."
        )
    return _cosines(a.entries, b.entries).astype(np.float32)


def shuffled_batches(count: int, seed: int, size: int = BATCH_SIZE) -> list[list[int]]:
    """Split the indices of `count` pictures into shuffled mini-batches.

    Picture sets are sorted by class, but HSIC₁ needs batches that are random samples.

    Raises:
        TooFewPictures: The count or the size is less than 4.
    """
    order = np.random.default_rng(seed).permutation(count)
    return [indices.tolist() for indices in split_evenly(order, size)]


def split_evenly(order: np.ndarray, size: int) -> list[np.ndarray]:
    """Split indices into batches of nearly equal length, at most `size`.

    Raises:
        TooFewPictures: The number of indices or the size is less than 4.
    """
    if len(order) < MIN_BATCH_SIZE or size < MIN_BATCH_SIZE:
        raise TooFewPictures(
            f"CKA by mini-batches needs {MIN_BATCH_SIZE} pictures at least, in batches of"
            f" {MIN_BATCH_SIZE} at least; there are {len(order)} in batches of {size}. Choose more."
        )
    return np.array_split(order, -(-len(order) // size))


def u_centred(gram: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """Return the U-centred Gram matrix: its diagonal and the sums of its rows are 0.

    Székely and Rizzo 2014 (arXiv 1310.2926, definition 2). The dot product of two U-centred
    matrices divided by n(n - 3) is HSIC₁: Song et al. 2012, equation 5, in a shorter form.
    """
    n = len(gram)
    off_diagonal = gram - np.diag(np.diag(gram))
    rows = off_diagonal.sum(axis=1) / (n - 2)
    total = off_diagonal.sum() / ((n - 1) * (n - 2))
    centred = off_diagonal - rows[:, None] - rows + total
    return centred - np.diag(np.diag(centred))


def require_same_pictures(a: np.ndarray, b: np.ndarray) -> None:
    """Raise DifferentPictures unless two arrays of features have a row for each picture."""
    if len(a) != len(b):
        raise DifferentPictures(
            f"The features have {len(a)} rows and {len(b)} rows; compute both from the same"
            " pictures."
        )


def _gram_matrices(
    m: Model, x: Float[Tensor, "n c h w"], layers: Sequence[str]
) -> dict[str, Float[Tensor, "n n"]]:
    """Compute the Gram matrix of each layer's activation.

    A Gram matrix compares all pictures of the batch, so the batch can't just be halved when memory
    runs out: then the halves of each layer's activation are brought together on the CPU.
    """
    try:
        return batched_reading.read_layers_at_once(m, x, layers, _activation_gram)
    except RuntimeError as error:
        if not memory.is_out_of_memory(error):
            raise
    memory.release_freed_memory()
    return {
        name: _activation_gram(batched_reading.read_layers(m, x, [name], _copy_to_cpu)[name])
        for name in layers
    }


def _copy_to_cpu(activation: Tensor) -> Tensor:
    return activation.to("cpu", copy=True)


def _activation_gram(activation: Tensor) -> Float[Tensor, "n n"]:
    """Compute the Gram matrix of a flattened activation (n, c, ...), a slice of features a time."""
    flat = activation.flatten(1).float()
    gram = flat.new_zeros(len(flat), len(flat))
    for part in flat.split(FEATURES_PER_PRODUCT, dim=1):
        gram.addmm_(part, part.T)
    return gram


def _gram(x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n n"]:
    x = x.astype(np.float64)
    return x @ x.T


def _entries(gram: Float[np.ndarray, "n n"]) -> Float[np.ndarray, " pairs"]:
    """Return the weighted upper triangle of the U-centred matrix; dot products are HSIC₁."""
    n = len(gram)
    if n < MIN_BATCH_SIZE:
        raise TooFewPictures(
            f"A mini-batch needs at least {MIN_BATCH_SIZE} pictures; this one has {n}."
        )
    centred = u_centred(gram)
    if np.abs(centred).max() <= CONSTANT_TOLERANCE * np.abs(gram).max():
        centred = np.zeros_like(centred)
    return centred[np.triu_indices(n, 1)] * np.sqrt(2 / (n * (n - 3)))


def _cosines(
    a: Float[np.ndarray, "la pairs"], b: Float[np.ndarray, "lb pairs"]
) -> Float[np.ndarray, "la lb"]:
    """Compute Nguyen et al. 2021, equation 3: cosines between rows; NaN for rows of zeros."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    norms = np.linalg.norm(a, axis=1)[:, None] * np.linalg.norm(b, axis=1)
    return np.divide(a @ b.T, norms, out=np.full(norms.shape, np.nan), where=norms > 0)


def _biased_cka(a: np.ndarray, b: np.ndarray) -> float:
    """Compute Kornblith et al. 2019, equation 4, with the linear kernel.

    HSIC is computed from pictures × pictures matrices or from features × features matrices,
    whichever are smaller; both give the same value.
    """
    if len(a) < 2:
        raise TooFewPictures("CKA needs at least two pictures; choose more.")
    a, b = _centre_columns(a), _centre_columns(b)
    if len(a) <= max(a.shape[1], b.shape[1]):
        gram_a, gram_b = a @ a.T, b @ b.T
        hsic, norms = (gram_a * gram_b).sum(), np.linalg.norm(gram_a) * np.linalg.norm(gram_b)
    else:
        hsic = np.square(a.T @ b).sum()
        norms = np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b)
    return float(hsic / norms) if norms else float("nan")


def _centre_columns(x: np.ndarray) -> np.ndarray:
    """Subtract the mean of each column; constant columns become exactly 0, without rounding."""
    x = x.astype(np.float64)
    centred = x - x.mean(axis=0)
    constant = np.abs(centred).max(axis=0) <= 1e-9 * np.abs(x).max(axis=0)
    return np.where(constant, 0, centred)
