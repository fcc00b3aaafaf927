"""Trained networks are networks like any others: private, complete, safe to open from a file."""

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from benchmarks.coverage.checks import CHECKS, Subject
from core import dissect, predict, saliency, zoo
from core.errors import ZooscopeError
from core.settings import Settings
from core.steps import drain
from core.train_lab import networks
from core.train_lab.experiment import Difficulty, Experiment
from core.train_lab.kept_weights import kept_steps
from core.train_lab.network_file import (
    MAX_ZIP_BYTES,
    BadNetworkFile,
    NetworkFiles,
    network_files,
    pack,
    unpack,
)
from core.train_lab.one_step import load_weights
from core.train_lab.run import run_steps
from core.training.augmentation import as_input
from core.workbench.trained_networks import delete_network, keep_network

EXPERIMENT = Experiment(
    ("dog", "fir"), pictures=16, size=32, blocks=2, difficulty=Difficulty(0, 0, 0, 0), epochs=1
)
TIMM = replace(EXPERIMENT, network="test_resnet")
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The folders of a finished run of each experiment."""
    folders = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.train_lab.pictures.VALIDATION_PICTURES", 20)
        for experiment in (EXPERIMENT, TIMM):
            folders[experiment] = tmp_path_factory.mktemp("run")
            drain(run_steps(experiment, folders[experiment]))
    return folders


@pytest.fixture
def kept(tmp_path):
    return Settings(networks=tmp_path / "networks")


def files_of(runs, experiment=EXPERIMENT, which=-1) -> NetworkFiles:
    return network_files(runs[experiment], experiment, kept_steps(runs[experiment])[which])


@pytest.mark.parametrize("experiment", [EXPERIMENT, TIMM], ids=["textbook", "timm"])
@pytest.mark.parametrize("which", [0, -1], ids=["first", "last"])
def test_a_kept_network_is_the_one_of_that_step(runs, kept, noise, experiment, which):
    m = zoo.build(zoo.describe(keep_network(files_of(runs, experiment, which), kept), kept), CPU)
    step = kept_steps(runs[experiment])[which]
    net = load_weights(runs[experiment], experiment, step).eval()
    pixels = torch.from_numpy(np.array(noise.resize((32, 32)))).permute(2, 0, 1)[None]
    x = m.preprocess([noise.resize((32, 32))])
    torch.testing.assert_close(x, as_input(pixels))
    with m.borrow() as own, torch.no_grad():
        torch.testing.assert_close(own(x), net(x))
    assert m.labels == ("dog", "fir")
    assert m.title == f"dog, fir · step {step}"
    assert m.card.trained_on == "drawn scenes"


def test_every_capability_works_for_a_textbook_network(runs, kept, noise):
    m = zoo.build(zoo.describe(keep_network(files_of(runs), kept), kept), CPU)
    subject = Subject("textbook")
    subject.__dict__["card"], subject.__dict__["m"] = m.card, m
    for name, check in CHECKS.items():
        check(subject)
        assert name
    votes = dissect.votes(m, noise)
    top = predict.scores(m, [noise]).logits[0].max()
    assert votes.logit == pytest.approx(float(top), rel=1e-4)
    assert saliency.last_layer(m) == "pool2"


def test_only_who_knows_the_name_finds_a_network(runs, kept):
    name = keep_network(files_of(runs), kept)
    assert name not in set(zoo.catalog(kept)["name"])
    row = zoo.catalog(kept, [name]).iloc[0]
    parameters = sum(p.numel() for p in networks.build(EXPERIMENT).parameters())
    assert (row["name"], row["where"], row["parameters"]) == (name, "trained", parameters)
    with pytest.raises(ZooscopeError) as error:
        zoo.describe(name[:-1], kept)
    assert name not in str(error.value)


@pytest.mark.parametrize("name", ["", "..", "../networks", "0" * 16, "ABCDEF0123456789", "0" * 99])
def test_a_name_that_is_no_digest_is_no_path(runs, kept, name):
    keep_network(files_of(runs), kept)
    with pytest.raises(zoo.UnknownModel, match="Train it again"):
        zoo.describe(f"trained/{name}", kept)


def test_a_deleted_network_is_gone_and_can_be_deleted_again(runs, kept):
    name = keep_network(files_of(runs), kept)
    delete_network(name, kept)
    delete_network(name, kept)
    with pytest.raises(zoo.UnknownModel):
        zoo.describe(name, kept)
    assert zoo.catalog(kept, [name])["name"].iloc[0] != name


def test_old_networks_make_room(runs, kept, monkeypatch):
    monkeypatch.setattr("core.workbench.trained_networks.MAX_NETWORKS", 1)
    first = keep_network(files_of(runs, which=0), kept)
    last = keep_network(files_of(runs), kept)
    assert zoo.describe(last, kept)
    with pytest.raises(zoo.UnknownModel):
        zoo.describe(first, kept)


@pytest.mark.parametrize("experiment", [EXPERIMENT, TIMM], ids=["textbook", "timm"])
def test_a_downloaded_zip_opens_as_the_same_network(runs, kept, experiment):
    files = files_of(runs, experiment)
    assert keep_network(unpack(pack(files)), kept) == keep_network(files, kept)


def test_an_unpacked_download_is_a_local_model(runs, tmp_path):
    with zipfile.ZipFile(io.BytesIO(pack(files_of(runs)))) as archive:
        archive.extractall(tmp_path / "mine")
    card = zoo.describe("local/mine", Settings(models=(tmp_path,)))
    assert zoo.build(card, CPU).labels == ("dog", "fir")


def test_weights_that_are_not_kept_are_no_download(runs):
    with pytest.raises(BadNetworkFile, match="not kept"):
        network_files(runs[EXPERIMENT], EXPERIMENT, 999)


def zipped(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a zip"),
        (b"PK\x03\x04 and no more", "not a zip"),
        (b"0" * (MAX_ZIP_BYTES + 1), "MB are opened here"),
        (zipped(("a.txt", b"")), "0 files config.json"),
        (zipped(("config.json", b"{}")), "0 files model.safetensors"),
        (zipped(("config.json", b"{}"), ("pytorch_model.bin", b"")), "model.safetensors"),
        (zipped(("a/config.json", b"{}"), ("b/config.json", b"{}")), "2 files config.json"),
        (zipped(*[(f"{i}.txt", b"") for i in range(30)], ("config.json", b"{}")), "among 31"),
        (zipped(("config.json", b" " * 4_000_000), ("model.safetensors", b"")), "larger than"),
        (zipped(("config.json", b"{}"), ("model.safetensors", b"\0" * 40_000_000)), "larger than"),
    ],
)  # fmt: skip
def test_a_zip_of_something_else_is_refused_with_the_reason(data, reason):
    with pytest.raises(BadNetworkFile, match=reason):
        unpack(data)


def _changed(files: NetworkFiles, **changes: object) -> NetworkFiles:
    return replace(files, config=json.dumps(json.loads(files.config) | changes).encode())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda files: replace(files, config=b"{}"),
        lambda files: replace(files, config=b"\x80\x04 pickled"),
        lambda files: replace(files, weights=b"\x80\x04 pickled"),
        lambda files: replace(files, weights=b""),
        lambda files: _changed(files, model_args={"blocks": 3}),
        lambda files: _changed(files, model_args={"blocks": 10**6}),
        lambda files: _changed(files, model_args={"blocks": "2"}),
        lambda files: _changed(files, model_args={}),
        lambda files: _changed(files, num_classes=50_000, label_names=[]),
        lambda files: _changed(files, architecture="vit_tiny_patch16_224"),
        lambda files: _changed(files, architecture="resnet50"),
        lambda files: _changed(files, architecture="../../etc"),
        lambda files: replace(
            files,
            weights=save({key: x * float("nan") for key, x in load(files.weights).items()}),
        ),
    ],
)  # fmt: skip
def test_spoilt_files_are_refused_and_not_kept(runs, kept, spoil):
    with pytest.raises(ZooscopeError) as error:
        keep_network(spoil(files_of(runs)), kept)
    assert str(kept.networks) not in str(error.value)
    assert not list((kept.networks / "trained").iterdir())


@pytest.mark.parametrize("description", ["a/b", "", "x" * 101, "\u202e", 7, None])
def test_a_description_that_is_no_title_is_not_shown(runs, kept, description):
    config = json.loads(files_of(runs).config)
    config["pretrained_cfg"]["description"] = description
    name = keep_network(replace(files_of(runs), config=json.dumps(config).encode()), kept)
    assert zoo.describe(name, kept).title == name.partition("/")[2]


def test_the_textbook_network_has_the_same_random_weights_as_its_experiment(runs):
    first = load_weights(runs[EXPERIMENT], EXPERIMENT, 0).state_dict()
    for name, values in networks.build(EXPERIMENT).state_dict().items():
        torch.testing.assert_close(first[name], values.half().float())
