"""Centred kernel alignment: how alike two layers arrange the same pictures, whatever their units.

Linear CKA (Kornblith et al. 2019, arXiv 1905.00414) is blind to rotation and scale of the features.
Two estimators of its HSIC (Hilbert-Schmidt independence criterion) are here:

- the plain one of that paper, for features that are at hand for all pictures (`cka`);
- Song's unbiased one (2012, JMLR 13, equation 5), averaged over mini-batches as Nguyen et al. do
  (2021, arXiv 2010.15327, equations 2 and 3), for which memory does not grow with the pictures
  (`cka` with a batch, `grams` and `between`).

Both are 1 for a layer with itself. The unbiased one may be a little below 0 for strangers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from core import sweep
from core.errors import ZooscopeError
from core.steps import Progress, Steps, drain
from core.zoo import Model

# Pictures in a mini-batch, the same for all networks, since only the same batches compare. Of 280
# scenes CKA strays by 0.03 with batches of 8 and by 0.02 with 16, for which a MobileNetV2 at
# 224 px takes more than 300 MB.
BATCH = 8
# The unbiased estimator divides by n - 3.
FEWEST = 4
# Features in one product of a Gram matrix. Of 800,000 at once, products took 12 ms and not 7, and
# lost eight times as much to float32's rounding.
SLICE = 2**15
# A layer whose centred Gram matrix is this small beside the matrix itself tells no picture from
# another: what is left is float32's rounding.
FLAT = 1e-5


class TooFewPictures(ZooscopeError):
    """There are not enough pictures for this figure."""


class OtherPictures(ZooscopeError):
    """Features of different pictures are no pair."""


@dataclass(frozen=True)
class Grams:
    """How alike each layer of a network finds each two pictures of a mini-batch.

    Attributes:
        layers: Dotted names, in the order of computing.
        entries: For each layer the upper triangles of its centred Gram matrices, all batches in one
            row, weighted so that the dot product of two rows is the sum over batches of HSIC₁.
        sizes: Pictures in each batch.
    """

    layers: tuple[str, ...]
    entries: Float[np.ndarray, "l pairs"]
    sizes: tuple[int, ...]


def cka(
    a: Float[np.ndarray, "na da"], b: Float[np.ndarray, "nb db"], batch: int | None = None
) -> float:
    """Linear CKA of two layers' features of the same pictures.

    Args:
        a: One layer's features.
        b: The other's, of the same pictures in the same order.
        batch: Rows of a mini-batch, for the unbiased estimator; None for the plain one.

    Returns:
        1 where features differ by rotation and scale only; NaN where a layer gives the same for all
        pictures, which are then arranged in no way at all. The plain estimate of two pictures is
        always 1, and it is too high where there are fewer pictures than features.

    Raises:
        OtherPictures: There are more rows in one than in the other.
        TooFewPictures: Fewer than 2; for the unbiased estimator fewer than 4.
    """
    if len(a) != len(b):
        raise OtherPictures(f"{len(a)} rows and {len(b)} are not of the same pictures.")
    if batch is None:
        return _plain(a, b)
    runs = even(np.arange(len(a)), batch)
    rows = [[_entries(_gram(x[run])) for run in runs] for x in (a, b)]
    return float(_cosines(*(np.concatenate(row)[None] for row in rows))[0, 0])


def grams(m: Model, imgs: Sequence[Image.Image], layers: Sequence[str], seed: int = 0) -> Grams:
    """The Gram matrices of some layers. See `grams_steps`."""
    batches = [[imgs[index] for index in run] for run in shuffled(len(imgs), seed)]
    return drain(grams_steps(m, sweep.inputs(m, batches), len(imgs), layers))


def grams_steps(
    m: Model, inputs: Iterable[Float[Tensor, "n c h w"]], total: int, layers: Sequence[str]
) -> Steps[Grams]:
    """The Gram matrices of some layers' flattened activations; a step is a mini-batch.

    An activation goes as soon as its Gram matrix is there: none is held for two layers at once.

    Args:
        m: The network.
        inputs: The pictures as it wants them (`sweep.inputs`), a mixed mini-batch at a time; for
            a network to compare with the same ones in this order.
        total: How many there are in all.
        layers: Their names.

    Raises:
        TooFewPictures: Fewer than 4 in a batch.
        UnknownLayer: No such layer.
    """
    parts: list[list[np.ndarray]] = [[] for _ in layers]
    sizes: list[int] = []
    for x in inputs:
        found = sweep.seen(m, x, layers, _products)
        for part, name in zip(parts, layers, strict=True):
            part.append(_entries(found[name].double().cpu().numpy()))
        sizes.append(len(x))
        yield Progress(sum(sizes), total)
    rows = [np.concatenate(part) for part in parts]
    return Grams(tuple(layers), np.stack(rows).astype(np.float32), tuple(sizes))


def between(a: Grams, b: Grams) -> Float[np.ndarray, "la lb"]:
    """CKA of every layer of one network with every layer of another, by the unbiased estimator.

    Args:
        a: Of the same mini-batches as b.
        b: Of another network, or the same.

    Raises:
        OtherPictures: The batches are others.
    """
    if a.sizes != b.sizes:
        raise OtherPictures("These Gram matrices are not of the same pictures.")
    return _cosines(a.entries, b.entries).astype(np.float32)


def shuffled(count: int, seed: int, size: int = BATCH) -> list[list[int]]:
    """Pictures in mini-batches, mixed: sets lie sorted by class, and HSIC₁ wants fair samples.

    Raises:
        TooFewPictures: Fewer than 4.
    """
    order = np.random.default_rng(seed).permutation(count)
    return [run.tolist() for run in even(order, size)]


def even(order: np.ndarray, size: int) -> list[np.ndarray]:
    """Runs of at most so many, none much smaller than another.

    Raises:
        TooFewPictures: Fewer than 4, or runs of fewer.
    """
    if len(order) < FEWEST or size < FEWEST:
        raise TooFewPictures(
            f"CKA by mini-batches needs {FEWEST} pictures at least, and takes {FEWEST} at once at"
            f" least; there are {len(order)} in batches of {size}. Choose more."
        )
    return np.array_split(order, -(-len(order) // size))


def centred(gram: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """A Gram matrix of which neither the diagonal nor what is common to a row is left.

    Székely and Rizzo 2014 (arXiv 1310.2926, definition 2). The dot product of two such matrices
    over n(n - 3) is HSIC₁ (Song 2012, equation 5), in fewer words.
    """
    n = len(gram)
    bare = gram - np.diag(np.diag(gram))
    rows = bare.sum(axis=1) / (n - 2)
    left = bare - rows[:, None] - rows + bare.sum() / ((n - 1) * (n - 2))
    return left - np.diag(np.diag(left))


def _products(values: Tensor) -> Float[Tensor, "n n"]:
    """The Gram matrix of flattened activations (n, c, ...), summed up slice by slice."""
    flat = values.flatten(1).float()
    total = flat.new_zeros(len(flat), len(flat))
    for part in flat.split(SLICE, dim=1):
        total.addmm_(part, part.T)
    return total


def _gram(x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n n"]:
    x = x.astype(np.float64)
    return x @ x.T


def _entries(gram: Float[np.ndarray, "n n"]) -> Float[np.ndarray, " pairs"]:
    """Upper triangle of the centred matrix, weighted so that dot products of two are HSIC₁."""
    n = len(gram)
    if n < FEWEST:
        raise TooFewPictures(f"A mini-batch needs {FEWEST} pictures at least; this one has {n}.")
    left = centred(gram)
    if np.abs(left).max() <= FLAT * np.abs(gram).max():
        left = np.zeros_like(left)
    return left[np.triu_indices(n, 1)] * np.sqrt(2 / (n * (n - 3)))


def _cosines(
    a: Float[np.ndarray, "la pairs"], b: Float[np.ndarray, "lb pairs"]
) -> Float[np.ndarray, "la lb"]:
    """Nguyen et al. 2021, equation 3: HSICs over their roots; NaN for rows that are nothing."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    lengths = np.linalg.norm(a, axis=1)[:, None] * np.linalg.norm(b, axis=1)
    return np.divide(a @ b.T, lengths, out=np.full(lengths.shape, np.nan), where=lengths > 0)


def _plain(a: np.ndarray, b: np.ndarray) -> float:
    """Kornblith et al. 2019, equation 4 and the linear kernel, the shorter way round."""
    if len(a) < 2:
        raise TooFewPictures("CKA needs two pictures at least; choose more.")
    a, b = _centred_columns(a), _centred_columns(b)
    if len(a) <= max(a.shape[1], b.shape[1]):
        k, other = a @ a.T, b @ b.T
        both, lengths = (k * other).sum(), np.linalg.norm(k) * np.linalg.norm(other)
    else:
        both = np.square(a.T @ b).sum()
        lengths = np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b)
    return float(both / lengths) if lengths else float("nan")


def _centred_columns(x: np.ndarray) -> np.ndarray:
    """Columns of mean 0; of constant ones nothing is left, also no rounding."""
    x = x.astype(np.float64)
    left = x - x.mean(axis=0)
    flat = np.abs(left).max(axis=0) <= 1e-9 * np.abs(x).max(axis=0)
    return np.where(flat, 0, left)
