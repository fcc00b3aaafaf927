"""Units of different layers or networks, matched by the correlation of their responses."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from core.arguments import require_some
from core.compare.cka import TooFewPictures, require_same_pictures

# Over two pictures, the correlation of any two units that are not constant is 1 or -1.
MIN_PICTURES = 3


@dataclass(frozen=True)
class Match:
    """The unit that is most similar to a given unit.

    Attributes:
        layer: Its layer.
        unit: Its index in the layer.
        r: Correlation of the two units over the pictures, -1 to 1.
    """

    layer: str
    unit: int
    r: float


@dataclass(frozen=True)
class UnitPairs:
    """Units of two layers, paired one to one, in order of decreasing correlation.

    Attributes:
        units: Index of the first layer's unit and of the second layer's unit, one row per pair.
        r: Correlation of each pair over the pictures, -1 to 1.
    """

    units: Int[np.ndarray, "k 2"]
    r: Float[np.ndarray, " k"]


def correlations(
    a: Float[np.ndarray, "na ca"], b: Float[np.ndarray, "nb cb"]
) -> Float[np.ndarray, "ca cb"]:
    """Compute Pearson's correlation of every unit of a with every unit of b over the same pictures.

    The correlation with a constant unit is 0.

    Raises:
        DifferentPictures: a and b have different numbers of rows.
    """
    require_same_pictures(a, b)
    return (_standardise(a).T @ _standardise(b) / max(1, len(a))).astype(np.float32)


def pair_units(a: Float[np.ndarray, "na ca"], b: Float[np.ndarray, "nb cb"]) -> UnitPairs:
    """Pair the units of two layers one to one so that the sum of correlations is maximal.

    Bipartite matching (Li et al. 2016, arXiv 1511.07543, section 3.2). If one layer has more units,
    some of them are in no pair.

    Args:
        a: The first layer's responses to some pictures.
        b: The second layer's responses to the same pictures.

    Raises:
        TooFewPictures: There are fewer than 3.
        DifferentPictures: a and b have different numbers of rows.
    """
    if len(a) < MIN_PICTURES:
        raise TooFewPictures(
            f"Matching channels needs at least {MIN_PICTURES} pictures; there are {len(a)}. Choose"
            " more."
        )
    from scipy.optimize import linear_sum_assignment  # 30 MB, which other pages do not need

    r = correlations(a, b)
    units = np.stack(linear_sum_assignment(r, maximize=True), axis=1)
    paired = r[units[:, 0], units[:, 1]]
    order = np.argsort(-paired, kind="stable")
    return UnitPairs(units[order], paired[order])


def best_match(
    unit: Float[np.ndarray, " n"], layers: Mapping[str, Float[np.ndarray, "n c"]]
) -> Match:
    """Find the unit of another network whose responses correlate most (Li et al. 2016).

    Args:
        unit: A unit's responses to some pictures.
        layers: The other network's responses to the same pictures, by layer; at least one layer.

    Raises:
        BadArgument: There are no layers.
    """
    require_some("layers", layers)
    best = Match("", 0, -2.0)
    for layer, responses in layers.items():
        r = correlations(unit[:, None], responses)[0]
        index = int(r.argmax())
        if r[index] > best.r:
            best = Match(layer, index, float(r[index]))
    return best


def _standardise(x: np.ndarray) -> np.ndarray:
    """Scale columns to mean 0 and standard deviation 1; constant columns become 0."""
    x = x.astype(np.float64)
    centred = x - x.mean(axis=0)
    deviation = centred.std(axis=0)
    constant = deviation <= 1e-9 * np.abs(x).max(axis=0, initial=0)
    return np.where(constant, 0, centred / np.where(constant, 1, deviation))
