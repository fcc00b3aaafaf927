"""Every CNN that timm has, and every other model here, as one table."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import pandas as pd

from core.settings import Settings
from core.zoo.card import describe, folders, known_architectures, pretrained_names
from core.zoo.errors import UnknownModel, WeightsUnavailable
from core.zoo.hub import Hub
from core.zoo.table import architectures

# Models that are here stand first, then those that can be fetched.
ORDER = ("bundled", "local", "cached", "hub", "untrained", "refused")


def catalog(settings: Settings | None = None) -> pd.DataFrame:
    """What can be opened, without loading or asking the network for anything.

    Returns:
        One row per name that `load` takes, those on this machine first. Columns: name,
        architecture, family, kind ("CNN", "hybrid"), parameters, multiply_adds (at timm's default
        size), stages, input_size (pixels), classes (0: no classifier), where (see `Card.where`).
    """
    rows = [*_folder_rows(settings or Settings.from_environment()), *_live_hub_rows()]
    table = pd.DataFrame(rows)
    table["where"] = pd.Categorical(table["where"], ORDER, ordered=True)
    return table.sort_values("where", kind="stable", ignore_index=True)


def _folder_rows(settings: Settings) -> Iterator[dict[str, Any]]:
    for name in folders(settings):
        try:
            card = describe(name, settings)
        except (UnknownModel, WeightsUnavailable):
            continue  # a folder that is no model of ours; asked for by name, it says why
        yield _row(name, card.architecture, card.input_size, len(card.labels), where=card.source)


def _live_hub_rows() -> Iterator[dict[str, Any]]:
    """timm's rows, which never change, with where the weights are, which does."""
    hub = Hub.from_environment()
    here = hub.cached_repositories()
    for row, repository in _hub_rows():
        if repository in here and hub.cached(repository):
            yield row | {"where": "cached"}
        else:
            yield row


@lru_cache(maxsize=1)
def _hub_rows() -> tuple[tuple[dict[str, Any], str], ...]:
    """Rows of timm's tags and of every architecture untrained, with their repositories."""
    return tuple(_timm_rows(sorted(known_architectures())))


def _timm_rows(names: Iterable[str]) -> Iterator[tuple[dict[str, Any], str]]:
    from timm.data import infer_imagenet_subset
    from timm.models import get_pretrained_cfg

    for name in names:
        for tagged in pretrained_names(name):
            config = get_pretrained_cfg(tagged)
            named = infer_imagenet_subset({"num_classes": config.num_classes}) is not None
            classes = config.num_classes if named or config.label_names else 0
            repository = config.hf_hub_id or ""
            where = "hub" if repository else "refused"
            yield _row(tagged, name, config.input_size, classes, where), repository
        config = get_pretrained_cfg(name)
        yield (
            _row(f"untrained/{name}", name, config.input_size, config.num_classes, "untrained"),
            "",
        )


def _row(
    name: str, architecture: str, input_size: tuple[int, ...], classes: int, where: str
) -> dict[str, Any]:
    facts = architectures().get(architecture)
    return {
        "name": name,
        "architecture": architecture,
        "family": facts.family if facts else "",
        "kind": facts.kind if facts else "",
        "parameters": facts.parameters if facts else 0,
        "multiply_adds": facts.multiply_adds if facts else 0,
        "stages": facts.stages if facts else "",
        "input_size": input_size[-1],
        "classes": classes,
        "where": where,
    }
