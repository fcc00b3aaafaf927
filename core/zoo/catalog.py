"""The catalog: every CNN of timm and every installed, bundled or local model, as one table."""

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

import pandas as pd

from core.errors import ZooscopeError
from core.settings import Settings
from core.zoo.card import (
    Card,
    describe_folder,
    installed_card,
    model_folders,
)
from core.zoo.errors import UnknownModel
from core.zoo.folder_config import CONFIG, RGB
from core.zoo.folders import ModelFolder
from core.zoo.hub import WEIGHTS, Hub
from core.zoo.installed import installed_networks
from core.zoo.table import architectures
from core.zoo.timm_names import architecture_names, pretrained_config, pretrained_names
from core.zoo.trained import find_trained
from core.zoo.weights_header import read_weights_header

# The values of `Card.where` in the order of the rows: models on this machine first, then those
# that can be downloaded.
WHERE_ORDER = (
    "trained", "installed", "bundled", "local", "cached", "hub", "untrained", "refused",
)  # fmt: skip


def catalog(settings: Settings | None = None, trained: Sequence[str] = ()) -> pd.DataFrame:
    """Return a table of every model that can be opened, without loading or network access.

    Args:
        settings: The settings with the model folders; by default those of the environment.
        trained: Names of trained networks ("trained/DIGEST"), which only who knows them can list;
            those that the server no longer holds are left out.

    Returns:
        One row per name that `load` takes: models on this machine first, and of those in the same
        place, CNNs that have classes before all others. Columns: name,
        architecture, family, kind ("CNN", "hybrid", "transformer" or "MLP"), parameters,
        multiply_adds, stages, input_size (pixels), classes (0: no classifier), where (see
        `Card.where`). The parameters of a model
        folder are those of its weights file, and its multiply-adds are scaled to its input size.
        Other rows have the figures of the architecture with timm's default head and input size;
        `compare.network_size` has those of a loaded network.
    """
    settings = settings or Settings.from_environment()
    rows = [
        *_trained_rows(trained, settings),
        *_installed_rows(settings),
        *_folder_rows(settings),
        *_hub_rows(),
    ]
    table = pd.DataFrame(rows)
    table["where"] = pd.Categorical(table["where"], WHERE_ORDER, ordered=True)
    no_cnn, no_classes = table["kind"] != "CNN", table["classes"] == 0
    table = table.assign(rank=2 * no_cnn + no_classes)
    table = table.sort_values(["where", "rank"], kind="stable", ignore_index=True)
    return table.drop(columns="rank")


def refused_folders(settings: Settings | None = None) -> pd.DataFrame:
    """Return a table of the model folders that are not opened, with the reasons.

    Args:
        settings: The settings with the model folders; by default those of the environment.

    Returns:
        One row per folder. Columns: name, reason.
    """
    rows = [
        {"name": folder.name, "reason": verdict}
        for folder, verdict in _judged(model_folders(settings or Settings.from_environment()))
        if isinstance(verdict, str)
    ]
    return pd.DataFrame(rows, columns=["name", "reason"])


def _installed_rows(settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield the rows of the networks whose packages are installed."""
    for name in installed_networks():
        card = installed_card(name, settings)
        yield _row(card.name, card.architecture, card.input_size, len(card.labels), card.source)


def _trained_rows(names: Sequence[str], settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield the rows of trained networks that the server still holds."""
    for name in names:
        with suppress(UnknownModel):
            yield from _rows_of([find_trained(name.partition("/")[2], settings)])


def _folder_rows(settings: Settings) -> Iterator[dict[str, Any]]:
    yield from _rows_of(model_folders(settings))


def _rows_of(folders: Iterable[ModelFolder]) -> Iterator[dict[str, Any]]:
    """Yield the rows of the folders that can be opened."""
    for _, verdict in _judged(folders):
        if not isinstance(verdict, str):
            yield dict(verdict)


def _judged(
    folders: Iterable[ModelFolder],
) -> Iterator[tuple[ModelFolder, dict[str, Any] | str]]:
    """Yield each model folder with its row of the catalog, or with the reason why it has none."""
    for folder in folders:
        yield folder, _judge(folder, _file_state(folder, CONFIG), _file_state(folder, WEIGHTS))


@lru_cache(maxsize=4096)
def _judge(folder: ModelFolder, config: object, weights: object) -> dict[str, Any] | str:
    """Return a folder's row, or the reason why it has none.

    The catalog is made in every run of a page, so a verdict is kept until a file changes.

    Args:
        folder: The folder.
        config: The state of its config file.
        weights: The state of its weights file.
    """
    try:
        card = describe_folder(folder)
    except ZooscopeError as error:
        return str(error)
    row = _row(folder.name, card.architecture, card.input_size, len(card.labels), card.source)
    return row | _folder_size(card)


def _folder_size(card: Card) -> dict[str, int]:
    """Return the columns of a folder's own size, as far as it is known without loading."""
    size = {}
    if card.facts:
        default = pretrained_config(card.architecture).get("input_size", card.input_size)
        area = math.prod(card.input_size[1:]) / math.prod(default[1:])
        size["multiply_adds"] = round(card.facts.multiply_adds * area)
    try:
        return size | {"parameters": read_weights_header(card.available_weights()).parameters}
    except (OSError, ValueError):
        return size  # loading the network states the reason


def _file_state(folder: ModelFolder, name: str) -> tuple[int, ...] | None:
    """Return what changes with a file: its inode, size, and times of change; None without one."""
    try:
        status = os.stat(folder.path / name)
    except OSError:
        return None  # `describe_folder` states the reason
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _hub_rows() -> Iterator[dict[str, Any]]:
    """Yield timm's rows, with "cached" for weights that have been downloaded by now."""
    hub = Hub.from_environment()
    cached = hub.cached_repositories()
    for row, repository in _all_timm_rows():
        # `cached` reads several files, so it is called only for repositories that have a folder.
        if repository in cached and hub.cached(repository):
            yield row | {"where": "cached"}
        else:
            yield row


@lru_cache(maxsize=1)
def _all_timm_rows() -> tuple[tuple[dict[str, Any], str], ...]:
    """Return the rows of all supported architectures; they don't change while a process runs."""
    return tuple(_timm_rows(sorted(architecture_names())))


def _timm_rows(names: Iterable[str]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield a row and its repository for each pretrained tag and each untrained architecture."""
    from timm.data import infer_imagenet_subset
    from timm.models import get_pretrained_cfg

    for name in names:
        for pretrained_name in pretrained_names(name):
            config = get_pretrained_cfg(pretrained_name)
            subset = infer_imagenet_subset({"num_classes": config.num_classes})
            has_labels = subset is not None or config.label_names
            classes = config.num_classes if has_labels else 0
            repository = config.hf_hub_id or ""
            where = "hub" if repository and config.input_size[0] == RGB else "refused"
            yield _row(pretrained_name, name, config.input_size, classes, where), repository
        config = get_pretrained_cfg(name)
        where = "untrained" if config.input_size[0] == RGB else "refused"
        yield _row(f"untrained/{name}", name, config.input_size, config.num_classes, where), ""


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
