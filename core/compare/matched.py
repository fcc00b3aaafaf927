"""How units of different networks, or layers, resemble each other."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

from core.compare.cka import TooFewPictures

# Over two pictures any two units that change at all correlate by 1 or -1.
FEWEST = 3


@dataclass(frozen=True)
class Match:
    """A unit that responds as another does.

    Attributes:
        layer: Where it is.
        unit: Its number.
        r: Correlation of the two over the pictures, -1 to 1.
    """

    layer: str
    unit: int
    r: float


@dataclass(frozen=True)
class Pairs:
    """Units of two layers, each with another one, the most alike first.

    Attributes:
        units: Number of the one layer's unit, and of the other's.
        r: Correlation of each pair over the pictures, -1 to 1.
    """

    units: Int[np.ndarray, "k 2"]
    r: Float[np.ndarray, " k"]


def correlations(
    a: Float[np.ndarray, "n ca"], b: Float[np.ndarray, "n cb"]
) -> Float[np.ndarray, "ca cb"]:
    """Pearson's correlation of every unit with every other over the same pictures.

    A unit that never changes correlates with nothing: 0.
    """
    return (_standard(a).T @ _standard(b) / max(1, len(a))).astype(np.float32)


def pairs(a: Float[np.ndarray, "n ca"], b: Float[np.ndarray, "n cb"]) -> Pairs:
    """Units of two layers paired one to one, so that the pairs' correlations sum up to the most.

    Li et al. 2016 (arXiv 1511.07543), section 3.2: bipartite matching. Of the larger layer some
    units stay alone.

    Args:
        a: The one layer's responses to some pictures.
        b: The other's to the same.

    Raises:
        TooFewPictures: Fewer than 3.
    """
    if len(a) < FEWEST:
        raise TooFewPictures(
            f"Units are matched by their responses to {FEWEST} pictures at least; there are"
            f" {len(a)}. Choose more."
        )
    r = correlations(a, b)
    units = np.stack(linear_sum_assignment(r, maximize=True), axis=1)
    found = r[units[:, 0], units[:, 1]]
    order = np.argsort(-found, kind="stable")
    return Pairs(units[order], found[order])


def matched(unit: Float[np.ndarray, " n"], layers: Mapping[str, Float[np.ndarray, "n c"]]) -> Match:
    """The unit of another network that responds most alike (Li et al. 2016, arXiv 1511.07543).

    Args:
        unit: Responses to some pictures.
        layers: The other network's responses to the same pictures, by layer; at least one.
    """
    best = Match("", 0, -2.0)
    for layer, responses in layers.items():
        r = correlations(unit[:, None], responses)[0]
        index = int(r.argmax())
        if r[index] > best.r:
            best = Match(layer, index, float(r[index]))
    return best


def _standard(x: np.ndarray) -> np.ndarray:
    """Columns of mean 0 and standard deviation 1; constant ones are 0."""
    x = x.astype(np.float64)
    centred = x - x.mean(axis=0)
    spread = centred.std(axis=0)
    flat = spread <= 1e-9 * np.abs(x).max(axis=0, initial=0)
    return np.where(flat, 0, centred / np.where(flat, 1, spread))
