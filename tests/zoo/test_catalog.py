"""The catalog: the table of every model that can be opened."""

import dataclasses
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import timm
from timm.models import save_for_hf

from core import compare, zoo
from core.settings import Settings
from core.zoo.catalog import WHERE_ORDER, _timm_rows
from tests.conftest import PROJECT

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
    """The catalog on a machine without local models and downloaded weights."""
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


def _add_to_cache(cache: Path, repository: str, file: str = "model.safetensors") -> Path:
    """Create the hub cache's files of a downloaded file; return the repository's folder."""
    folder = cache / f"models--{repository.replace('/', '--')}"
    snapshot = folder / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(COMMIT)
    (snapshot / file).write_bytes(b"")
    return folder


# Rows and columns


def test_columns_are_the_documented_ones(table):
    assert list(table.columns) == COLUMNS


def test_names_are_unique(table):
    assert table["name"].is_unique
    assert len(table) > 1500


def test_every_row_agrees_with_its_card(table, installed, bundled):
    for row in table.itertuples():
        card = zoo.describe(row.name)
        assert (card.name, card.architecture) == (row.name, row.architecture)
        assert (card.where, len(card.labels)) == (row.where, row.classes), row.name
        assert card.input_size[-1] == row.input_size, row.name


def test_every_architecture_of_timm_is_included(table):
    assert set(table["architecture"]) == set(timm.list_models())
    assert set(table["kind"]) == {"CNN", "hybrid", "transformer", "MLP"}


def test_every_architecture_is_included_untrained(table):
    untrained = table[table["where"] == "untrained"]
    assert set(untrained["name"]) == {f"untrained/{name}" for name in table["architecture"]}


def test_every_tag_with_weights_is_included(table):
    names = set(table["name"])
    for tag in timm.list_pretrained():
        if tag.partition(".")[0] in set(table["architecture"]):
            assert tag in names, tag


def test_a_row_has_the_known_facts_of_resnet18(table):
    row = table.set_index("name").loc["resnet18.a1_in1k"]
    assert (row["family"], row["kind"], row["parameters"]) == ("resnet", "CNN", 11689512)
    assert (row["input_size"], row["classes"], row["where"]) == (224, 1000, "hub")
    assert row["stages"].split()[-1] == "512/32"
    assert row["multiply_adds"] == pytest.approx(1.81e9, rel=0.01)


@pytest.mark.parametrize(
    ("name", "classes"),
    [("convnext_tiny.fb_in22k", 21841), ("resnet50_clip.openai", 0), ("untrained/resnet50", 1000)],
)
def test_only_classes_with_labels_are_counted(table, name, classes):
    assert table.set_index("name")["classes"][name] == classes


def test_numeric_columns_are_non_negative_integers(table):
    for column in ("parameters", "multiply_adds", "input_size", "classes"):
        assert pd.api.types.is_integer_dtype(table[column])
        assert (table[column] >= 0).all()
    assert (table["parameters"] > 0).all()


# Where the weights are


def test_networks_for_other_pictures_than_rgb_are_listed_as_refused(monkeypatch):
    get_pretrained_cfg = timm.models.get_pretrained_cfg

    def with_one_channel(name):
        return dataclasses.replace(get_pretrained_cfg(name), input_size=(1, 224, 224))

    monkeypatch.setattr(timm.models, "get_pretrained_cfg", with_one_channel)
    rows = [row for row, _ in _timm_rows(["resnet18"])]
    assert len(rows) > 1
    assert {row["where"] for row in rows} == {"refused"}


@pytest.mark.parametrize("channels", [1, 4])
def test_a_folder_for_other_pictures_than_rgb_is_refused_with_the_reason(models, channels):
    """timm writes such a folder well; the reason must not be its layout."""
    net = timm.create_model("test_resnet", in_chans=channels)
    save_for_hf(net, models / "grey", safe_serialization=True)
    assert "local/grey" not in _where()
    (reason,) = zoo.refused_folders()["reason"]
    assert f"{channels} channel" in reason
    assert "in_chans=3" in reason
    assert "layout" not in reason


def test_models_on_this_machine_come_first(models, cache):
    _add(models / "birds")
    _add_to_cache(cache, "timm/resnet18.tv_in1k")
    table = zoo.catalog()
    positions = [WHERE_ORDER.index(where) for where in table["where"]]
    assert positions == sorted(positions)
    assert list(table["name"][:2]) == ["local/birds", "resnet18.tv_in1k"]
    assert list(table.index) == list(range(len(table)))


def test_cnns_with_classes_come_first_of_what_can_be_downloaded():
    table = zoo.catalog()
    to_download = table[table["where"] == "hub"]
    wanted = (to_download["kind"] == "CNN") & (to_download["classes"] > 0)
    assert 0 < wanted.sum() < len(wanted)
    assert wanted[: wanted.sum()].all()


def test_the_readme_has_the_figures_of_the_catalog():
    table = zoo.catalog()
    architectures = table["architecture"].nunique()
    weights = table["where"].isin(["hub", "cached", "refused"]).sum()
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert f"{architectures:,} architectures, with their {weights:,} sets of weights" in readme


def test_added_and_removed_folders_are_noticed_at_once(models):
    assert "local/birds" not in _where()
    _add(models / "birds")
    assert _where()["local/birds"] == "local"
    shutil.rmtree(models / "birds")
    assert "local/birds" not in _where()


def test_downloaded_and_deleted_weights_are_noticed_at_once(cache):
    assert _where()["resnet18.a1_in1k"] == "hub"
    folder = _add_to_cache(cache, "timm/resnet18.a1_in1k")
    where = _where()
    assert where["resnet18.a1_in1k"] == "cached"
    assert where["resnet18.a2_in1k"] == "hub"
    shutil.rmtree(folder)
    assert _where()["resnet18.a1_in1k"] == "hub"


def test_a_cached_repository_without_safetensors_counts_as_not_downloaded(cache):
    _add_to_cache(cache, "timm/resnet18.a1_in1k", "pytorch_model.bin")
    assert _where()["resnet18.a1_in1k"] == "hub"


def test_other_contents_of_the_cache_are_ignored(cache):
    before = _where()
    _add_to_cache(cache, "someone/elses-model")
    (cache / "datasets--someone--pictures").mkdir()
    (cache / "version.txt").write_text("1")
    assert _where() == before


def test_changing_the_returned_table_does_not_change_the_next():
    table = zoo.catalog()
    table["name"] = "changed"
    assert "resnet18.a1_in1k" in set(zoo.catalog()["name"])


# Folders


def test_a_folders_row_has_the_facts_of_its_config(models):
    _add(models / "birds", CONFIG | {"label_names": ["owl", "wren", "tit"]})
    row = zoo.catalog().set_index("name").loc["local/birds"]
    assert (row["architecture"], row["input_size"], row["classes"]) == ("resnet18", 96, 3)


def test_passed_settings_take_precedence_over_the_environment(models, tmp_path):
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
        pytest.param(CONFIG | {"architecture": ["resnet18"]}, id="architecture a list"),
        pytest.param(CONFIG | {"architecture": 18}, id="architecture a number"),
        pytest.param(CONFIG | {"num_classes": "many"}, id="num_classes a word"),
        pytest.param(CONFIG | {"label_names": 3}, id="label_names a number"),
        pytest.param(CONFIG | {"pretrained_cfg": {"input_size": 224}}, id="input_size a number"),
    ],
)
def test_a_broken_folder_is_left_out_without_an_error(models, config):
    _add(models / "birds")
    _add(models / "broken", config)
    names = _where().keys()
    assert "local/birds" in names
    assert "local/broken" not in names
    assert "resnet18.a1_in1k" in names


def test_rows_of_bundled_networks_have_their_own_size_not_timms_default(bundled):
    """timm's default head has 1,000 classes, and its default input is larger."""
    table = zoo.catalog().set_index("name")
    for name in ("bundled/scenes-mobilenet", "bundled/scenes-resnet"):
        size = compare.network_size(zoo.load(name))
        assert table.loc[name, "parameters"] == size.parameters
        assert table.loc[name, "multiply_adds"] == pytest.approx(size.multiply_adds, rel=0.05)
