"""Facts about a network's architecture, as text for tables that compare networks."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from core.layer_info import ACTIVATION_FUNCTIONS, LayerInfo
from core.zoo import Card

# Matches the class names of torch's and timm's norm layers. Group 1 is the kind of norm, such as
# "BatchNorm" for BatchNorm2d and BatchNormAct2d. Modules that only contain a norm, such as
# ConvNormAct and NormMlpClassifierHead, do not match.
NORM = re.compile(
    r"(?:Frozen|Split|Sync)?((?:Batch|Layer|Group|Instance|RMS|Rms|Simple|Evo|FilterResponse"
    r"|GlobalResponse|LocalResponse)Norm)(?!Mlp)"
)
NONE = "none"


def facts(card: Card, layer_infos: Sequence[LayerInfo]) -> dict[str, str]:
    """Return facts about a network's architecture as texts, by the name of the fact.

    Args:
        card: The network's card.
        layer_infos: All layers of the network.
    """
    architecture = card.facts
    main_layers = [layer_info for layer_info in layer_infos if layer_info.main]
    parents = {layer_info.name.rpartition(".")[0] for layer_info in layer_infos}
    block_types = [layer_info.kind for layer_info in main_layers if layer_info.name in parents]
    norms = [norm for norm in (_norm_kind(layer_info.kind) for layer_info in layer_infos) if norm]
    activations = [
        layer_info.kind for layer_info in layer_infos if layer_info.kind in ACTIVATION_FUNCTIONS
    ]
    # Every layer with weights has a greater depth than the layers before it; other layers have the
    # depth of the layer before.
    weighted_depths = {layer_info.depth for layer_info in layer_infos} - {0.0}
    return {
        "family": architecture.family if architecture else "",
        "kind": architecture.kind if architecture else "",
        "input": " × ".join(map(str, card.input_size[1:])),
        "classes": f"{len(card.labels):,}",
        "weighted layers": str(len(weighted_depths)),
        "main layers": str(len(main_layers)),
        "main block type": _by_frequency(block_types).partition(",")[0],
        "norms": _by_frequency(norms),
        "activations": _by_frequency(activations),
        "channels/reduction": architecture.stages if architecture else "",
        "weights": card.where,
    }


def facts_table(facts_by_network: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """Return the facts of several networks as a table: one row per fact, one column per network."""
    columns = {name: dict(values) for name, values in facts_by_network.items()}
    return pd.DataFrame(columns).fillna("")


def differing_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table whose columns are not all equal."""
    return table[table.nunique(axis=1, dropna=False) > 1]


def _norm_kind(class_name: str) -> str:
    """Return the kind of a norm layer's class, such as "BatchNorm"; "" for other classes."""
    match = NORM.match(class_name)
    return match.group(1) if match else ""


def _by_frequency(names: Iterable[str]) -> str:
    """Return the distinct names, the most frequent first, with commas; "none" without names."""
    return ", ".join(name for name, _ in Counter(names).most_common()) or NONE
