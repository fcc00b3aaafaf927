"""How far CKA might lie elsewhere, had other pictures of the same kind been chosen."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from core.compare.cka import Grams, between


def standard_error(a: Grams, b: Grams) -> Float[np.ndarray, "la lb"]:
    """Standard error of CKA of every layer of one network with every layer of another.

    The delete-one jackknife over mini-batches (Efron and Stein 1981, equation 1.3): how far CKA
    moves when one of them is left out. Batches are mixed, so that each is a fair draw of pictures.

    Args:
        a: Of the same mini-batches as b.
        b: Of another network, or the same.

    Returns:
        NaN where there is no CKA, and where there is but one mini-batch.

    Raises:
        OtherPictures: The batches are others.
    """
    whole = between(a, b).astype(np.float64)
    count = len(a.sizes)
    if count == 1:
        return np.full(whole.shape, np.nan, np.float32)
    # Summed up one by one: of 20,000 pictures there are 2,500 tables.
    total, squares = np.zeros_like(whole), np.zeros_like(whole)
    for without in _without_each(a, b):
        moved = without - whole
        total += moved
        squares += moved**2
    variance = (count - 1) / count * (squares - total**2 / count)
    return np.sqrt(np.maximum(variance, 0)).astype(np.float32)


def _without_each(a: Grams, b: Grams) -> Iterator[Float[np.ndarray, "la lb"]]:
    """CKA without each mini-batch, from HSICs of all batches less that one's."""
    edges = np.cumsum([size * (size - 1) // 2 for size in a.sizes])[:-1]
    x, y = a.entries.astype(np.float64), b.entries.astype(np.float64)
    both, own, theirs = x @ y.T, (x**2).sum(axis=1), (y**2).sum(axis=1)
    for part, other in zip(np.split(x, edges, axis=1), np.split(y, edges, axis=1), strict=True):
        left = (own - (part**2).sum(axis=1))[:, None] * (theirs - (other**2).sum(axis=1))
        roots = np.sqrt(np.maximum(left, 0))
        yield np.divide(
            both - part @ other.T, roots, out=np.full(roots.shape, np.nan), where=roots > 0
        )
