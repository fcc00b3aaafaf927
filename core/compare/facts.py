"""What networks are built of, in words, so that one sees where two differ."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from core.anatomy import ACTIVATION_FUNCTIONS, Organ
from core.zoo import Card

# torch's and timm's modules that are norms, by how their classes' names begin: BatchNorm2d and
# BatchNormAct2d are of one kind. ConvNormAct and NormMlpClassifierHead hold one, and are none.
NORM = re.compile(
    r"(?:Frozen|Split|Sync)?((?:Batch|Layer|Group|Instance|RMS|Rms|Simple|Evo|FilterResponse"
    r"|GlobalResponse|LocalResponse)Norm)(?!Mlp)"
)
NONE = "none"


def facts(card: Card, organs: Sequence[Organ]) -> dict[str, str]:
    """What a network is built of, by the name of the fact.

    Args:
        card: Its card.
        organs: All its layers.
    """
    known = card.facts
    main = [organ for organ in organs if organ.main]
    wholes = {organ.name.rpartition(".")[0] for organ in organs}
    return {
        "family": known.family if known else "",
        "kind": known.kind if known else "",
        "input": " × ".join(map(str, card.input_size[1:])),
        "classes": f"{len(card.labels):,}",
        "weighted layers": str(len({organ.depth for organ in organs} - {0.0})),
        "main layers": str(len(main)),
        "commonest block": _most(organ.kind for organ in main if organ.name in wholes),
        "norms": _kinds(filter(None, (_norm(organ.kind) for organ in organs))),
        "activations": _kinds(one.kind for one in organs if one.kind in ACTIVATION_FUNCTIONS),
        "channels/reduction": known.stages if known else "",
        "weights": card.where,
    }


def facts_table(found: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """The facts of some networks: one row a fact, one column a network."""
    return pd.DataFrame({name: dict(own) for name, own in found.items()}).fillna("")


def differing(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table in which not all columns hold the same."""
    return table[table.nunique(axis=1, dropna=False) > 1]


def _norm(kind: str) -> str:
    """The kind of norm that a module's class is; empty where it is none."""
    found = NORM.match(kind)
    return found.group(1) if found else ""


def _kinds(kinds: Iterable[str]) -> str:
    """Each kind once, the commonest first."""
    return ", ".join(kind for kind, _ in Counter(kinds).most_common()) or NONE


def _most(kinds: Iterable[str]) -> str:
    return _kinds(kinds).partition(",")[0]
