"""The table of everything that can be opened."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import timm

from core import zoo
from core.settings import Settings
from core.zoo.catalog import ORDER
from core.zoo.table import architectures

COMMIT = "0" * 40
COLUMNS = [
    "name",
    "architecture",
    "family",
    "kind",
    "parameters",
    "multiply_adds",
    "stages",
    "input_size",
    "classes",
    "where",
]
CONFIG = {
    "architecture": "resnet18",
    "num_classes": 3,
    "pretrained_cfg": {"input_size": [3, 64, 96]},
}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """What can be opened where nothing lies on the machine but what ships with Zooscope."""
    return zoo.catalog(Settings())


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(folder))
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("HF_HUB_CACHE", str(folder))
    return folder


def _where() -> dict[str, str]:
    table = zoo.catalog()
    return dict(zip(table["name"], table["where"].astype(str), strict=True))


def _add(folder: Path, config: object = CONFIG) -> None:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(b"")


def _fetched(cache: Path, repository: str, file: str = "model.safetensors") -> Path:
    """What the hub's cache looks like after a file was fetched; the repository's folder."""
    folder = cache / f"models--{repository.replace('/', '--')}"
    snapshot = folder / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(COMMIT)
    (snapshot / file).write_bytes(b"")
    return folder


# What stands in it


def test_columns_are_those_documented(table):
    assert list(table.columns) == COLUMNS


def test_there_is_one_row_for_a_name(table):
    assert table["name"].is_unique
    assert len(table) > 1500


def test_every_name_can_be_described_and_its_card_agrees(table, bundled):
    for row in table.itertuples():
        card = zoo.describe(row.name)
        assert (card.name, card.architecture) == (row.name, row.architecture)
        assert (card.where, len(card.labels)) == (row.where, row.classes), row.name
        assert card.input_size[-1] == row.input_size, row.name


def test_every_architecture_that_is_no_transformer_is_there(table):
    opened = {name for name, facts in architectures().items() if facts.kind in ("CNN", "hybrid")}
    assert set(table["architecture"]) == opened & set(timm.list_models())


def test_every_architecture_is_there_untrained(table):
    untrained = table[table["where"] == "untrained"]
    assert set(untrained["name"]) == {f"untrained/{name}" for name in table["architecture"]}


def test_every_tag_with_weights_is_there(table):
    names = set(table["name"])
    for tag in timm.list_pretrained():
        if tag.partition(".")[0] in set(table["architecture"]):
            assert tag in names, tag


@pytest.mark.parametrize(
    "name",
    [
        "vit_base_patch16_224",
        "swin_tiny_patch4_window7_224",
        "deit_small_patch16_224",
        "mixer_b16_224",
        "eva02_base_patch14_224",
    ],
)
def test_no_transformer_is_there(table, name):
    assert timm.is_model(name)
    assert name not in set(table["architecture"])
    assert set(table["kind"]) == {"CNN", "hybrid"}


def test_a_row_says_what_is_known_of_a_model(table):
    row = table.set_index("name").loc["resnet18.a1_in1k"]
    assert (row["family"], row["kind"], row["parameters"]) == ("resnet", "CNN", 11689512)
    assert (row["input_size"], row["classes"], row["where"]) == (224, 1000, "hub")
    assert row["stages"].split()[-1] == "512/32"
    assert row["multiply_adds"] == pytest.approx(1.81e9, rel=0.01)


@pytest.mark.parametrize(
    ("name", "classes"),
    [("convnext_tiny.fb_in22k", 21841), ("resnet50_clip.openai", 0), ("untrained/resnet50", 1000)],
)
def test_classes_are_those_that_have_names(table, name, classes):
    assert table.set_index("name")["classes"][name] == classes


def test_numbers_are_numbers(table):
    for column in ("parameters", "multiply_adds", "input_size", "classes"):
        assert pd.api.types.is_integer_dtype(table[column])
        assert (table[column] >= 0).all()
    assert (table["parameters"] > 0).all()


# Where weights are


def test_what_is_here_stands_first(models, cache):
    _add(models / "birds")
    _fetched(cache, "timm/resnet18.tv_in1k")
    table = zoo.catalog()
    places = [ORDER.index(where) for where in table["where"]]
    assert places == sorted(places)
    assert list(table["name"][:2]) == ["local/birds", "resnet18.tv_in1k"]
    assert list(table.index) == list(range(len(table)))


def test_a_new_folder_is_seen_at_once_and_its_going_too(models):
    assert "local/birds" not in _where()
    _add(models / "birds")
    assert _where()["local/birds"] == "local"
    shutil.rmtree(models / "birds")
    assert "local/birds" not in _where()


def test_fetched_weights_are_seen_at_once_and_their_going_too(cache):
    assert _where()["resnet18.a1_in1k"] == "hub"
    folder = _fetched(cache, "timm/resnet18.a1_in1k")
    found = _where()
    assert found["resnet18.a1_in1k"] == "cached"
    assert found["resnet18.a2_in1k"] == "hub"
    shutil.rmtree(folder)
    assert _where()["resnet18.a1_in1k"] == "hub"


def test_a_cached_repository_without_safetensors_is_still_to_be_fetched(cache):
    _fetched(cache, "timm/resnet18.a1_in1k", "pytorch_model.bin")
    assert _where()["resnet18.a1_in1k"] == "hub"


def test_what_others_keep_in_the_cache_is_no_model_of_ours(cache):
    before = _where()
    _fetched(cache, "someone/elses-model")
    (cache / "datasets--someone--pictures").mkdir()
    (cache / "version.txt").write_text("1")
    assert _where() == before


def test_the_table_given_out_is_its_callers_own():
    table = zoo.catalog()
    table["name"] = "changed"
    assert "resnet18.a1_in1k" in set(zoo.catalog()["name"])


# Folders


def test_a_folders_row_says_what_its_config_says(models):
    _add(models / "birds", CONFIG | {"label_names": ["owl", "wren", "tit"]})
    row = zoo.catalog().set_index("name").loc["local/birds"]
    assert (row["architecture"], row["input_size"], row["classes"]) == ("resnet18", 96, 3)


def test_settings_given_count_more_than_the_environment(models, tmp_path):
    _add(models / "birds")
    (tmp_path / "others").mkdir()
    _add(tmp_path / "others" / "fish")
    names = set(zoo.catalog(Settings(models=(tmp_path / "others",)))["name"])
    assert "local/fish" in names
    assert "local/birds" not in names


@pytest.mark.parametrize(
    "config",
    [
        pytest.param([], id="a list"),
        pytest.param({}, id="empty"),
        pytest.param(CONFIG | {"architecture": "resnet81"}, id="unknown architecture"),
        pytest.param(CONFIG | {"architecture": "vit_tiny_patch16_224"}, id="transformer"),
        pytest.param(CONFIG | {"architecture": ["resnet18"]}, id="architecture a list"),
        pytest.param(CONFIG | {"architecture": 18}, id="architecture a number"),
        pytest.param(CONFIG | {"num_classes": "many"}, id="num_classes a word"),
        pytest.param(CONFIG | {"label_names": 3}, id="label_names a number"),
        pytest.param(CONFIG | {"pretrained_cfg": {"input_size": 224}}, id="input_size a number"),
    ],
)
def test_a_broken_folder_is_left_out_and_breaks_nothing(models, config):
    _add(models / "birds")
    _add(models / "broken", config)
    found = _where()
    assert "local/birds" in found
    assert "local/broken" not in found
    assert "resnet18.a1_in1k" in found
