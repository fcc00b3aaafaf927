"""Constructing on trial: networks larger than their weights are refused before they are built."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import timm
import torch
from torch import nn

from core import zoo
from core.settings import Settings
from core.zoo import loading
from core.zoo.construction import NetworkTooLarge, check_construction
from core.zoo.weights_header import WeightsHeader

# Of each way in which timm's constructors make tensors: regular ones, hybrids with tables of
# positions, weights that are merged when used, and normalised weights.
ARCHITECTURES = [
    "test_resnet", "test_efficientnet", "test_convnext3", "test_nfnet", "test_byobnet",
    "mobilenetv3_small_050", "repvgg_a0", "regnetx_002", "efficientnet_b0", "densenet121",
    "levit_128s", "mobilevit_xxs", "coatnet_nano_rw_224", "maxvit_rmlp_pico_rw_256",
]  # fmt: skip
SMALL = WeightsHeader(tensors=100, values=1_000_000, parameters=1_000_000)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_network_fits_its_own_weights(architecture):
    with torch.device("meta"):
        state = timm.create_model(architecture).state_dict()
    values = sum(tensor.numel() for tensor in state.values())
    header = WeightsHeader(len(state), values, values)
    check_construction(partial(timm.create_model, architecture), header)


@pytest.mark.parametrize(
    ("architecture", "arguments"),
    [
        ("test_efficientnet", {"depth_multiplier": 1000}),
        ("test_efficientnet", {"channel_multiplier": 500}),
        ("test_resnet", {"layers": [4000] * 4}),
        ("test_resnet", {"stem_width": 100_000}),
        ("test_resnet", {"num_classes": 10**8}),
    ],
    ids=str,
)
def test_a_network_that_exceeds_its_weights_is_refused(architecture, arguments):
    with pytest.raises(NetworkTooLarge):
        check_construction(partial(timm.create_model, architecture, **arguments), SMALL)


@pytest.mark.parametrize("size", [1, 10**7], ids=["many tensors", "large tensors"])
def test_construction_stops_soon_after_the_limit(size):
    made = []

    def construct() -> nn.Module:
        while True:
            made.append(torch.empty(size))

    with pytest.raises(NetworkTooLarge):
        check_construction(construct, SMALL)
    assert len(made) < 2000
    assert sum(tensor.numel() for tensor in made) < 20_000_000
    assert all(tensor.device.type == "meta" for tensor in made)


# Folders


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    return tmp_path


def _write(folder: Path, **changes: Any) -> str:
    """Write a model folder with the weights of the unchanged architecture."""
    folder.mkdir()
    state = timm.create_model("test_efficientnet", num_classes=3).state_dict()
    safetensors.torch.save_file(state, folder / "model.safetensors")
    config = {
        "architecture": "test_efficientnet", "num_classes": 3,
        "pretrained_cfg": {"input_size": [3, 64, 64], "num_classes": 3, "classifier": "classifier"},
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config | changes))
    return f"local/{folder.name}"


@pytest.fixture
def never_built(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(card: zoo.Card) -> nn.Module:
        raise AssertionError(f"{card.name} was built")

    monkeypatch.setattr(loading, "_create_network", fail)


def test_a_folder_with_small_changes_of_its_architecture_loads(models):
    arguments = {"drop_rate": 0.1, "global_pool": "avg", "in_chans": 3, "num_classes": 3,
                 "pad_type": "same"}  # fmt: skip
    m = zoo.load(_write(models / "same", model_args=arguments))
    assert m.net(torch.zeros(1, 3, 64, 64)).shape == (1, 3)


@pytest.mark.usefixtures("never_built")
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"model_args": {"depth_multiplier": 1000}}, id="deep"),
        pytest.param({"model_args": {"channel_multiplier": 100.0}}, id="wide"),
        pytest.param({"num_classes": 50_000}, id="many classes"),
    ],
)
def test_a_folder_that_describes_a_larger_network_is_not_built(models, changes):
    name = _write(models / "large", **changes)
    with pytest.raises(zoo.WeightsUnavailable, match=r"larger network than the weights"):
        zoo.load(name)


@pytest.mark.usefixtures("never_built")
def test_a_folder_whose_header_is_refused_is_not_built(models):
    name = _write(models / "net")
    path = models / "net" / "model.safetensors"
    path.write_bytes(b"\xff" * 8 + path.read_bytes()[8:])
    with pytest.raises(zoo.WeightsUnavailable, match=r"header.*untrained/test_efficientnet"):
        zoo.load(name)


@pytest.mark.parametrize(
    "arguments",
    [
        {"depth_multiplier": 5000}, {"layers": [10**6]}, {"layers": [[1] * 1000]},
        {"layers": {"a": [10**400]}}, {"act_layer": "a" * 1000}, {"depth_multiplier": float("inf")},
        {"in_chans": 1}, {"num_classes": 4}, {"device": "cuda"}, {"dtype": "float16"},
        {"pretrained_strict": False}, {"pretrained_filter_fn": "x"}, {"features_only": True},
        {"checkpoint_path": "/etc/passwd"}, [1], "a", 1,
    ],
    ids=lambda arguments: str(arguments)[:40],
)  # fmt: skip
def test_arguments_out_of_bounds_are_refused_when_the_folder_is_listed(models, arguments):
    name = _write(models / "odd", model_args=arguments)
    reasons = zoo.refused_folders(Settings.from_environment())
    assert list(reasons["name"]) == [name]
    assert any(word in reasons["reason"][0] for word in ("model_args", "Infinity", "in_chans"))


def test_the_limit_holds_for_one_thread_and_ends_with_the_trial():
    def construct() -> nn.Module:
        raise ValueError("stop")

    check: Callable[[], None] = partial(check_construction, construct, WeightsHeader(0, 0, 0))
    with pytest.raises(ValueError, match="stop"):
        check()
    assert torch.empty(10).device.type == "cpu"
    assert sum(torch.empty(1).numel() for _ in range(5000)) == 5000
