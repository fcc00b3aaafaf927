"""The standard error of CKA over the choice of pictures, by the jackknife."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from core.compare.cka import Grams, cka_matrix


def standard_error(a: Grams, b: Grams) -> Float[np.ndarray, "la lb"]:
    """Estimate the standard error of CKA between all layers of two networks.

    The delete-one jackknife (Efron and Stein 1981, equation 1.3) computes the error from the
    changes of CKA when each mini-batch in turn is left out. It assumes shuffled pictures, so that
    each mini-batch is a random sample of them.

    Args:
        a: Gram matrices of one network.
        b: Gram matrices of another or the same network, of the same mini-batches.

    Returns:
        One row per layer of a, one column per layer of b; NaN where CKA is NaN, and everywhere if
        there is only one mini-batch.

    Raises:
        DifferentPictures: The mini-batches differ.
    """
    full = cka_matrix(a, b).astype(np.float64)
    batch_count = len(a.sizes)
    if batch_count == 1:
        return np.full(full.shape, np.nan, np.float32)
    # Accumulated one by one to save memory: 20,000 pictures have 2,500 mini-batches.
    total, squares = np.zeros_like(full), np.zeros_like(full)
    for cka in _leave_one_out(a, b):
        difference = cka - full
        total += difference
        squares += difference**2
    variance = (batch_count - 1) / batch_count * (squares - total**2 / batch_count)
    return np.sqrt(np.maximum(variance, 0)).astype(np.float32)


def _leave_one_out(a: Grams, b: Grams) -> Iterator[Float[np.ndarray, "la lb"]]:
    """Yield CKA of all mini-batches but one, for each mini-batch that is left out.

    CKA is a quotient of sums of HSIC over the mini-batches; the one left out is subtracted from
    each sum.
    """
    # A batch of n pictures has n (n - 1) / 2 entries, one per pair of pictures.
    edges = np.cumsum([size * (size - 1) // 2 for size in a.sizes])[:-1]
    x, y = a.entries.astype(np.float64), b.entries.astype(np.float64)
    cross, x_squares, y_squares = x @ y.T, (x**2).sum(axis=1), (y**2).sum(axis=1)
    x_batches, y_batches = np.split(x, edges, axis=1), np.split(y, edges, axis=1)
    for x_batch, y_batch in zip(x_batches, y_batches, strict=True):
        x_rest = x_squares - (x_batch**2).sum(axis=1)
        y_rest = y_squares - (y_batch**2).sum(axis=1)
        norms = np.sqrt(np.maximum(x_rest[:, None] * y_rest, 0))
        yield np.divide(
            cross - x_batch @ y_batch.T, norms, out=np.full(norms.shape, np.nan), where=norms > 0
        )
