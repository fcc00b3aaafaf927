"""The committed table of what works for each architecture, as `benchmarks.coverage` counted it."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

TABLE = Path(__file__).with_name("coverage.csv")

# What is counted, in the order in which it is checked: keys, and what pages call them. The keys of
# saliency methods are those of the registry.
CAPABILITIES: Mapping[str, str] = MappingProxyType(
    {
        "load": "loading",
        "preprocessing": "timm's own preprocessing",
        "layers": "layers",
        "predict": "predictions",
        "gradient": "gradients",
        "integrated_gradients": "integrated gradients",
        "guided_backprop": "guided backpropagation",
        "grad_cam": "Grad-CAM",
        "grad_cam_plus_plus": "Grad-CAM++",
        "xgrad_cam": "XGrad-CAM",
        "layer_cam": "LayerCAM",
        "score_cam": "Score-CAM",
        "eigen_cam": "Eigen-CAM",
        "stage_cam": "StageCAM",
        "channels": "pictures of channels",
        "classes": "pictures of classes",
        "fields": "receptive fields",
        "features": "features",
    }
)
# The codes of the table. A cell has a code and the seconds of computing that the check took.
WORKS, FAILS, NOT_APPLICABLE, NOT_COUNTED = "1", "0", "-", "?"
# Between the reasons of one architecture, and between a capability and its reason.
NEXT_REASON, REASON_FOLLOWS = " | ", ": "


@dataclass(frozen=True)
class Coverage:
    """What works for an architecture with random weights.

    Attributes:
        works: Keys of `CAPABILITIES` that work.
        fails: The reason by key of each capability that does not work.
        not_applicable: The reason by key of each capability that makes no sense for the network,
            such as predictions of a network without classes.
        not_counted: The reason by key of each capability that was not checked, because the network
            takes too much memory or time.
    """

    works: frozenset[str]
    fails: dict[str, str] = field(default_factory=dict)
    not_applicable: dict[str, str] = field(default_factory=dict)
    not_counted: dict[str, str] = field(default_factory=dict)


def coverage(architecture: str) -> Coverage | None:
    """Return what works for an architecture; None if it was never counted.

    Args:
        architecture: timm's name of it.
    """
    return table().get(architecture)


@cache
def table() -> Mapping[str, Coverage]:
    """Return the committed table, by architecture name."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        return MappingProxyType({row["architecture"]: _read(row) for row in csv.DictReader(file)})


def reasons(row: Mapping[str, str]) -> dict[str, str]:
    """Return the reason by key of every capability of a row that does not work."""
    pairs = [item.split(REASON_FOLLOWS, 1) for item in row["reasons"].split(NEXT_REASON) if item]
    return {key: reason for keys, reason in pairs for key in keys.split(" ")}


def _read(row: Mapping[str, str]) -> Coverage:
    why = reasons(row)

    def with_code(code: str) -> dict[str, str]:
        return {key: why.get(key, "") for key in CAPABILITIES if row[key].split()[0] == code}

    return Coverage(
        works=frozenset(with_code(WORKS)),
        fails=with_code(FAILS),
        not_applicable=with_code(NOT_APPLICABLE),
        not_counted=with_code(NOT_COUNTED),
    )
