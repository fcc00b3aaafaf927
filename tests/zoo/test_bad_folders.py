"""Bad model folders: each is refused for a reason of its own, and none disturbs the others."""

import importlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from benchmarks.hostile.folders import CONFIG, MANY, Write, kinds
from core import zoo
from core.errors import ZooscopeError
from core.settings import Settings
from core.zoo import folders
from core.zoo.folder_config import MAX_CLASSES, MAX_CONFIG_BYTES, MAX_LABEL_LENGTH, MAX_SIDE

KINDS = {name: write for name, write in kinds() if name != MANY}
# Strange values for any key of a config.
VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 3, 2.5, 10**6, 10**30, 10**400, -0.0, 1e300, "", "x", "cuda", [],
    {}, [1], [[1]], [None] * 3, [1, 2, 3], [0.5, 0.5, 0.5], ["a", "b", "c"], [{}, {}, {}],
    {"a": [1]}, {"0": "x"}, "\ud800", "\x00", "a" * 1000,
]  # fmt: skip
KEYS = ["architecture", "num_classes", "label_names", "label_descriptions", "model_args"]
PRETRAINED_KEYS = [
    "input_size", "mean", "std", "crop_pct", "crop_mode", "interpolation", "tag", "classifier",
    "first_conv", "num_classes", "label_names", "label_descriptions", "test_input_size",
    "fixed_input_size", "pool_size", "label_offset", "url", "architecture", "unknown",
]  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a folder of models in which one is good."""
    (tmp_path / "models").mkdir()
    _write(tmp_path / "models" / "good", CONFIG)
    return Settings(models=(tmp_path / "models",))


def _write(folder: Path, config: Any) -> None:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(b"")


def _listed(settings: Settings) -> set[str]:
    table = zoo.catalog(settings)
    return set(table["name"][table["where"] == "local"])


def _reasons(settings: Settings) -> dict[str, str]:
    table = zoo.refused_folders(settings)
    return dict(zip(table["name"], table["reason"], strict=True))


@pytest.mark.parametrize("write", KINDS.values(), ids=KINDS)
def test_a_hostile_folder_is_refused_and_the_good_one_is_listed(write: Write, settings: Settings):
    write(settings.models[0] / "bad")
    reasons = _reasons(settings)
    assert "local/good" in _listed(settings)
    if reasons:
        (name,) = reasons
        assert name not in _listed(settings)
        assert 10 < len(reasons[name]) < 1000
        reasons[name].encode()  # it can be sent to a browser
        assert str(settings.models[0]) not in reasons[name]
    # A folder whose config is good has bad weights, which are read when they are opened.
    with pytest.raises(ZooscopeError):
        zoo.build(zoo.describe("local/bad", settings), zoo.device("cpu"))


def test_hostile_folders_have_reasons_side_by_side(settings):
    chosen = {f"bad{index}": write for index, write in enumerate(KINDS.values()) if index % 3 == 0}
    for name, write in chosen.items():
        write(settings.models[0] / name)
    assert "local/good" in _listed(settings)
    assert len(_reasons(settings)) + len(_listed(settings)) == len(chosen) + 1


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value)[:20])
def test_any_value_of_a_key_gives_a_card_or_a_reason(key, value, settings):
    _write(settings.models[0] / "odd", CONFIG | {key: value})
    _assert_card_or_reason(settings)


@pytest.mark.parametrize("key", PRETRAINED_KEYS)
@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value)[:20])
def test_any_value_of_a_pretrained_key_gives_a_card_or_a_reason(key, value, settings, noise):
    pretrained = CONFIG["pretrained_cfg"] | {key: value}
    _write(settings.models[0] / "odd", CONFIG | {"pretrained_cfg": pretrained})
    card = _assert_card_or_reason(settings)
    if card is not None:
        x = card.preprocessing([noise])
        assert tuple(x.shape[1:]) == card.input_size
        assert bool(x.isfinite().all())


def _assert_card_or_reason(settings: Settings) -> zoo.Card | None:
    assert "local/good" in _listed(settings)
    if "local/odd" in _reasons(settings):
        with pytest.raises(ZooscopeError):
            zoo.describe("local/odd", settings)
        return None
    card = zoo.describe("local/odd", settings)
    assert all(isinstance(label, str) and label.encode() for label in card.labels)
    assert len(card.labels) <= MAX_CLASSES
    return card


def test_values_at_the_bounds_are_accepted(settings):
    labels = ["a" * MAX_LABEL_LENGTH, 7, "näme 名 🦉"]
    pretrained = CONFIG["pretrained_cfg"] | {"input_size": [3, MAX_SIDE, 1], "crop_pct": 0.25}
    config = CONFIG | {"label_names": labels, "pretrained_cfg": pretrained}
    _write(settings.models[0] / "odd", config)
    card = zoo.describe("local/odd", settings)
    assert card.labels == ("a" * MAX_LABEL_LENGTH, "7", "näme 名 🦉")
    assert card.input_size == (3, MAX_SIDE, 1)


def test_a_config_of_the_largest_size_is_read_and_a_larger_one_is_not(settings):
    text = json.dumps(CONFIG)
    for name, size in (("largest", MAX_CONFIG_BYTES), ("larger", MAX_CONFIG_BYTES + 1)):
        _write(settings.models[0] / name, CONFIG)
        (settings.models[0] / name / "config.json").write_text(text.ljust(size))
    assert _listed(settings) == {"local/good", "local/largest"}
    assert "larger than 3 MB" in _reasons(settings)["local/larger"]


def test_the_second_of_two_folders_with_equal_names_has_a_reason(settings, tmp_path):
    _write(tmp_path / "more" / "good", CONFIG)
    both = Settings(models=(*settings.models, tmp_path / "more"))
    assert _listed(both) == {"local/good"}
    assert "another folder of this name" in _reasons(both)["local/good"].lower()


def test_more_folders_than_are_listed_leave_a_reason(settings, monkeypatch):
    monkeypatch.setattr(folders, "MAX_FOLDERS", 3)
    for index in range(5):
        _write(settings.models[0] / f"a{index}", CONFIG)
    assert _listed(settings) == {"local/a0", "local/a1", "local/a2"}
    assert "6 entries" in _reasons(settings)["local/"]


def test_a_folder_is_read_once_until_it_changes(settings, monkeypatch):
    read = []
    module = importlib.import_module("core.zoo.catalog")  # zoo.catalog is its function
    original = module.describe_folder

    def count(folder):
        read.append(folder.name)
        return original(folder)

    monkeypatch.setattr(module, "describe_folder", count)
    for _ in range(3):
        zoo.catalog(settings)
        zoo.refused_folders(settings)
    assert read == ["local/good"]
    path = settings.models[0] / "good" / "config.json"
    path.write_text(json.dumps(CONFIG | {"input_size": []} | {"num_classes": -1}))
    assert _listed(settings) == set()
    assert read == ["local/good"] * 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
@pytest.mark.parametrize("file", ["", "config.json"])
def test_a_folder_without_permission_has_a_reason(file, settings):
    path = settings.models[0] / "bad"
    _write(path, CONFIG)
    (path / file).chmod(0)
    assert "Permission denied" in _reasons(settings)["local/bad"]
    (path / file).chmod(0o700)


def test_a_folder_that_may_not_be_looked_into_has_a_reason(settings, monkeypatch):
    _write(settings.models[0] / "bad", CONFIG)
    original = Path.lstat

    def refuse(path: Path) -> os.stat_result:
        if path.parent.name == "bad":
            raise PermissionError(13, "Permission denied", str(path))
        return original(path)

    monkeypatch.setattr(Path, "lstat", refuse)
    assert "Permission denied" in _reasons(settings)["local/bad"]
    assert _listed(settings) == {"local/good"}


def test_a_config_that_vanishes_while_it_is_read_has_a_reason(settings, monkeypatch):
    def vanish(path: Path, limit: int) -> bytes:
        raise FileNotFoundError(2, "No such file or directory", str(path))

    monkeypatch.setattr("core.zoo.folder_config.read_bounded", vanish)
    assert "No such file" in _reasons(settings)["local/good"]
    assert str(settings.models[0]) not in _reasons(settings)["local/good"]
