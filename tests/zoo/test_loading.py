"""Loading: the public contract, weights ids, local folders, real models and devices."""

import copy
import csv
import json
import os
import pickle
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import timm
import torch
from PIL import Image
from timm.data import create_transform, resolve_data_config
from torch import nn

from core import images, predict, zoo
from core.settings import BadSetting

REAL = ["mobilenetv1_100.coral", "mobilenetv2_100.coral"]
# The photos whose top class both models get right.
RECOGNISED = {
    "chickadee.png",
    "cat.jpg",
    "samoyed.png",
    "dragonfly.png",
    "hot_dog.jpg",
    "parrot.jpg",
    "sunflower.png",
    "pets.jpg",
}

State = dict[str, torch.Tensor]


def _state(seed: int = 5, **options: int) -> State:
    torch.manual_seed(seed)
    return timm.create_model("test_resnet", **options).state_dict()


def _config(architecture: str = "test_resnet", num_classes: int = 1000) -> dict:
    pretrained = {"input_size": [3, 96, 96], "mean": [0.5] * 3, "std": [0.5] * 3}
    pretrained |= {"num_classes": num_classes, "classifier": "fc", "first_conv": "conv1.0"}
    return {
        "architecture": architecture,
        "num_classes": num_classes,
        "pretrained_cfg": pretrained,
    }


def _write(folder: Path, state: State, config: dict | None = None) -> str:
    """Write a model folder in the hub's layout; return the model's name."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config or _config()))
    safetensors.torch.save_file(state, folder / "model.safetensors")
    return f"local/{folder.name}"


def _weights_id(name: str, seed: int = 0) -> str:
    return zoo.weights_id(zoo.describe(name, seed=seed))


def _same(a: nn.Module, b: nn.Module | State) -> bool:
    """Return whether two networks, or a network and a state, have equal weights."""
    first, second = a.state_dict(), b if isinstance(b, dict) else b.state_dict()
    if first.keys() != second.keys():
        return False
    return all(torch.equal(first[key], second[key]) for key in first)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(folder))
    return folder


# The contract


def test_a_loaded_network_is_in_eval_mode_and_frozen(small_model):
    assert not any(module.training for module in small_model.net.modules())
    assert not any(parameter.requires_grad for parameter in small_model.net.parameters())


def test_a_loaded_model_has_the_attributes_of_its_card(small_model):
    assert small_model.name == "untrained/test_resnet"
    assert "untrained" in small_model.title
    assert small_model.input_size == (3, 160, 160)
    assert small_model.device.type in ("cpu", "cuda", "mps")
    assert small_model.weights_id == _weights_id("untrained/test_resnet")
    assert len(small_model.labels) == 1000


def test_layers_have_timms_names_in_the_order_of_the_forward_pass(small_model):
    names = list(small_model.layers)
    modules = dict(small_model.net.named_modules())
    assert set(names) <= set(modules)
    order = [names.index(name) for name in ("conv1", "bn1", "layer1", "layer2", "layer4", "fc")]
    assert order == sorted(order)
    assert names[0] == "conv1.0"
    assert names[-1] == "fc"


def test_layers_have_the_shapes_of_the_networks_activations(small_model):
    shapes = {}
    handles = [
        module.register_forward_hook(
            lambda module, inputs, output, name=name: shapes.update({name: tuple(output.shape[1:])})
        )
        for name, module in small_model.net.named_modules()
        if name
    ]
    small_model.net(torch.zeros(1, 3, 160, 160))
    for handle in handles:
        handle.remove()
    assert {name: layer.shape for name, layer in small_model.layers.items()} == shapes
    assert small_model.layers["fc"].shape == (1000,)


def test_listing_layers_leaves_the_network_unchanged(small_model):
    m = zoo.load("untrained/test_resnet")
    before = copy.deepcopy(m.net.state_dict())
    assert m.layers
    assert _same(m.net, before)
    assert not any(module._forward_hooks for module in m.net.modules())


def test_preprocess_returns_a_valid_input_of_the_network(small_model, noise):
    x = small_model.preprocess([noise, noise])
    assert (tuple(x.shape), x.dtype) == ((2, 3, 160, 160), torch.float32)
    assert x.device.type == small_model.device.type
    assert small_model.net(x).shape == (2, 1000)


def test_each_load_returns_a_new_network(small_model):
    second = zoo.load("untrained/test_resnet")
    assert second.net is not small_model.net
    assert _same(second.net, small_model.net)
    assert second.weights_id == small_model.weights_id


@pytest.mark.parametrize(
    "name", ["test_resnet", "test_resnet.r160_in1k", "untrained/test_resnet", "local/net"]
)
def test_pretrained_false_loads_the_architecture_untrained(models, small_model, name):
    _write(models / "net", _state())
    m = zoo.load(name, pretrained=False)
    assert (m.name, m.card.where) == ("untrained/test_resnet", "untrained")
    assert _same(m.net, small_model.net)
    assert m.weights_id == small_model.weights_id


def test_an_architecture_without_weights_loads_untrained():
    assert zoo.load("test_mambaout", pretrained=False).name == "untrained/test_mambaout"


# Untrained networks and their seed


def test_the_same_seed_draws_the_same_weights():
    first = zoo.load("test_resnet", pretrained=False, seed=3)
    torch.manual_seed(99)
    torch.rand(7)
    assert _same(first.net, zoo.load("untrained/test_resnet", seed=3).net)


def test_another_seed_draws_other_weights():
    first = zoo.load("untrained/test_resnet", seed=1)
    second = zoo.load("untrained/test_resnet", seed=2)
    assert not torch.equal(first.net.conv1[0].weight, second.net.conv1[0].weight)
    assert not torch.equal(first.net.fc.weight, second.net.fc.weight)
    assert first.weights_id != second.weights_id


def test_loading_leaves_the_random_generators_unchanged(models):
    name = _write(models / "net", _state())
    torch.manual_seed(1)
    np.random.seed(1)
    before = (torch.get_rng_state(), np.random.get_state()[1].tolist())
    zoo.load("untrained/test_resnet", seed=8)
    zoo.load(name)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no GPU")
def test_loading_leaves_the_gpus_random_generator_unchanged():
    torch.cuda.manual_seed_all(7)
    before = torch.cuda.get_rng_state()
    zoo.load("untrained/test_resnet", seed=8)
    assert torch.equal(torch.cuda.get_rng_state(), before)


def test_threads_that_draw_weights_at_once_do_not_mix():
    expected = [zoo.load("untrained/test_resnet", seed=seed).net for seed in range(4)]
    networks: dict[int, nn.Module] = {}
    start = threading.Barrier(4)

    def draw(seed: int) -> None:
        start.wait()
        networks[seed] = zoo.load("untrained/test_resnet", seed=seed).net

    threads = [threading.Thread(target=draw, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(_same(networks[seed], net) for seed, net in enumerate(expected))


# Weights ids


def test_an_untrained_networks_id_depends_on_architecture_and_seed():
    names = ("untrained/resnet18", "untrained/resnet34")
    ids = {_weights_id(name, seed) for name in names for seed in (0, 1)}
    assert len(ids) == 4
    assert _weights_id("untrained/resnet18", 1) == _weights_id("untrained/resnet18", 1)


@pytest.mark.parametrize("library", ["timm", "torch"])
def test_an_untrained_networks_id_depends_on_the_library_versions(library, monkeypatch):
    before = _weights_id("untrained/resnet18")
    monkeypatch.setattr(f"{library}.__version__", "0.0.1")
    assert _weights_id("untrained/resnet18") != before


def test_a_weights_id_is_a_sha256_in_hex(models):
    for name in ("untrained/resnet18", _write(models / "net", _state())):
        weights_id = _weights_id(name)
        assert len(weights_id) == 64
        assert set(weights_id) <= set("0123456789abcdef")


def test_equal_folders_have_the_same_id(models):
    state = _state()
    first, second = _write(models / "first", state), _write(models / "second", state)
    assert _weights_id(first) == _weights_id(second) == zoo.load(first).weights_id


@pytest.mark.parametrize("file", ["model.safetensors", "config.json"])
def test_a_single_different_byte_changes_the_id(models, file):
    state = _state()
    original, changed = _write(models / "original", state), _write(models / "changed", state)
    _change_last_byte(models / "changed" / file)
    assert _weights_id(changed) != _weights_id(original)


@pytest.mark.parametrize("file", ["model.safetensors", "config.json"])
def test_changing_a_file_in_place_changes_the_id(models, file):
    name = _write(models / "net", _state())
    before = _weights_id(name)
    time.sleep(0.05)  # file systems record times of change to some milliseconds
    _change_last_byte(models / "net" / file)
    assert _weights_id(name) != before


def _change_last_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    # A space after a config's closing brace is valid JSON; the last byte of weights is a value.
    if path.suffix == ".json":
        content += b" "
    else:
        content[-1] ^= 1
    path.write_bytes(content)


def test_deleted_weights_have_no_id(models):
    card = zoo.describe(_write(models / "net", _state()))
    (models / "net" / "model.safetensors").unlink()
    with pytest.raises(zoo.WeightsUnavailable, match="local/net"):
        zoo.weights_id(card)


def test_weights_that_are_not_downloaded_have_no_id():
    with pytest.raises(zoo.WeightsUnavailable, match=r"resnet18\.a1_in1k.*untrained"):
        _weights_id("resnet18.a1_in1k")


# Local folders


def test_load_returns_the_weights_of_the_folder(models):
    state = _state()
    m = zoo.load(_write(models / "net", state))
    assert _same(m.net, state)
    assert (m.name, m.input_size, len(m.labels)) == ("local/net", (3, 96, 96), 1000)


def test_a_folder_with_its_own_classes_loads_with_them(models):
    config = _config(num_classes=3) | {"label_names": ["owl", "wren", "tit"]}
    m = zoo.load(_write(models / "birds", _state(num_classes=3), config))
    assert m.labels == ("owl", "wren", "tit")
    assert m.net(torch.zeros(1, 3, 96, 96)).shape == (1, 3)


def test_a_folder_without_classifier_loads(models):
    m = zoo.load(_write(models / "features", _state(num_classes=0), _config(num_classes=0)))
    assert m.labels == ()
    assert m.net(torch.zeros(1, 3, 96, 96)).shape == (1, m.net.num_features)


@pytest.mark.parametrize("folder", ["a b", "a#b", "a?b=c", "100%25", "näme", "a:b", "@main"])
def test_a_folder_loads_with_any_name(models, folder):
    state = _state()
    assert _same(zoo.load(_write(models / folder, state)).net, state)


def test_a_folder_with_a_relative_path_loads(models, monkeypatch):
    name = _write(models / "net", _state())
    monkeypatch.chdir(models.parent)
    monkeypatch.setenv("ZOOSCOPE_MODELS", "models")
    assert zoo.load(name).name == name


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_any_precision_load_as_float32(models, dtype):
    state = {
        key: value.to(dtype) if value.is_floating_point() else value
        for key, value in _state().items()
    }
    m = zoo.load(_write(models / "net", state))
    loaded = m.net.state_dict()
    assert {value.dtype for value in loaded.values() if value.is_floating_point()} == {
        torch.float32
    }
    assert all(torch.equal(loaded[key], state[key].to(loaded[key].dtype)) for key in loaded)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: content[:7], id="cut in the length"),
        pytest.param(lambda content: content[:500], id="cut in the header"),
        pytest.param(lambda content: content[: len(content) // 2], id="cut in the values"),
        pytest.param(lambda content: content[:-1], id="a byte short"),
        pytest.param(lambda content: b"\xff" * 8 + content[8:], id="a header of 2**64 bytes"),
        pytest.param(
            lambda content: content[:8] + b"[" + content[9:], id="a header that is no JSON"
        ),
        pytest.param(lambda content: b"<!DOCTYPE html>" + content, id="a web page"),
    ],
)
def test_the_error_for_damaged_weights_names_the_file_and_the_way_out(models, damage):
    name = _write(models / "net", _state())
    path = models / "net" / "model.safetensors"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(zoo.WeightsUnavailable) as error:
        zoo.load(name)
    assert name in str(error.value)
    assert "model.safetensors" in str(error.value)
    assert "untrained/test_resnet" in str(error.value)


def test_damaged_weights_of_a_local_folder_are_not_deleted(models):
    name = _write(models / "net", _state())
    path = models / "net" / "model.safetensors"
    path.write_bytes(b"damaged")
    with pytest.raises(zoo.WeightsUnavailable):
        zoo.load(name)
    assert path.read_bytes() == b"damaged"


@pytest.mark.parametrize(
    ("state", "config"),
    [
        pytest.param(_state(num_classes=7), _config(), id="another number of classes"),
        pytest.param({"weight": torch.zeros(3)}, _config(), id="another network"),
        pytest.param(_state(), _config("test_convnext"), id="another architecture"),
        pytest.param(
            {key: value for key, value in _state().items() if key != "fc.bias"},
            _config(),
            id="one tensor missing",
        ),
        pytest.param(_state() | {"more": torch.zeros(1)}, _config(), id="one tensor too many"),
    ],
)
def test_weights_that_do_not_fit_the_architecture_are_unavailable(models, state, config):
    name = _write(models / "net", state, config)
    with pytest.raises(zoo.WeightsUnavailable, match=f"do not fit {config['architecture']}"):
        zoo.load(name)


class _Trap:
    """Creates a folder when it is unpickled."""

    def __init__(self, folder: Path):
        self._folder = folder

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self._folder),)


@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin", "model.pth"])
def test_no_file_of_a_folder_is_unpickled(models, tmp_path, file):
    trap = tmp_path / "sprung"
    name = _write(models / "net", _state())
    (models / "net" / "model.safetensors").write_bytes(b"damaged")
    (models / "net" / file).write_bytes(pickle.dumps(_Trap(trap)))
    with pytest.raises(zoo.WeightsUnavailable):
        zoo.load(name)
    assert not trap.exists()


@pytest.mark.parametrize("key", ["file", "url", "hf_hub_id"])
def test_a_folders_config_cannot_point_to_other_weights(models, tmp_path, key):
    trap = tmp_path / "sprung"
    pickle_file = tmp_path / "other.pth"
    pickle_file.write_bytes(pickle.dumps(_Trap(trap)))
    targets = {"file": str(pickle_file), "url": pickle_file.as_uri(), "hf_hub_id": "timm/other"}
    config, state = _config(), _state()
    config["pretrained_cfg"] |= {key: targets[key], "custom_load": True, "source": "file"}
    assert _same(zoo.load(_write(models / "net", state, config)).net, state)
    assert not trap.exists()


# The real models


@pytest.fixture
def real_models(shared_models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(shared_models))
    return shared_models


@pytest.fixture(scope="module")
def photos(shared_photos: Path) -> dict[str, Image.Image]:
    return {row["file"]: images.read(shared_photos / row["file"]) for row in _rows(shared_photos)}


@pytest.fixture(scope="module")
def classes(shared_photos: Path) -> dict[str, set[int]]:
    """The correct classes of each photo."""
    return {
        row["file"]: {int(number) for number in row["imagenet_classes"].split("|") if number}
        for row in _rows(shared_photos)
    }


def _rows(shared_photos: Path) -> list[dict[str, str]]:
    with (shared_photos / "labels.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("folder", REAL)
def test_a_real_model_has_the_same_outputs_as_in_timm(real_models, photos, folder):
    m = zoo.load(f"local/{folder}")
    net = timm.create_model(f"local-dir:{real_models / folder}", pretrained=True).eval()
    transform = create_transform(**resolve_data_config(pretrained_cfg=net.pretrained_cfg))
    assert len(photos) == 11
    for name, photo in photos.items():
        with torch.inference_mode():
            actual = m.net(m.preprocess([photo])).softmax(1)[0]
            expected = net(transform(photo)[None]).softmax(1)[0]
        assert torch.allclose(actual, expected, rtol=0, atol=1e-5), name


@pytest.mark.parametrize("folder", REAL)
def test_a_real_model_recognises_the_known_photos(real_models, photos, classes, folder):
    m = zoo.load(f"local/{folder}")
    rankings = predict.top_classes(m, list(photos.values()), k=1)
    top = {name: best.index for name, (best,) in zip(photos, rankings, strict=True)}
    assert {name for name in RECOGNISED if top[name] in classes[name]} == RECOGNISED


@pytest.mark.parametrize("folder", REAL)
def test_a_real_model_has_the_facts_of_its_config(real_models, folder):
    m = zoo.load(f"local/{folder}")
    assert m.input_size == (3, 224, 224)
    assert (m.preprocessing.mean, m.preprocessing.std) == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    assert m.labels[19] == "chickadee"
    assert list(m.layers)[-1] == "classifier"
    assert m.card.architecture == folder.partition(".")[0]


# Devices


@pytest.mark.parametrize("setting", ["auto", "cpu"])
def test_auto_and_cpu_are_valid_on_every_machine(setting):
    assert zoo.device(setting).type in ({"cpu"} if setting == "cpu" else {"cpu", "cuda", "mps"})


@pytest.mark.parametrize(
    "setting", ["nonsense", "", "gpu", "CPU ", "cuda:7", "cuda:x", "cuda:-1", "mps", "meta", "cpu:"]
)
def test_an_unknown_or_missing_device_is_a_bad_setting(setting):
    with pytest.raises(BadSetting, match=r"ZOOSCOPE_DEVICE.*auto"):
        zoo.device(setting)


def pretend_gpus(monkeypatch: pytest.MonkeyPatch, cuda: int, mps: bool) -> None:
    """Make torch report GPUs of NVIDIA and of Apple."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


def test_without_a_gpu_auto_is_the_cpu_and_gpus_are_bad_settings(monkeypatch):
    pretend_gpus(monkeypatch, cuda=0, mps=False)
    assert zoo.device("auto") == torch.device("cpu")
    for setting in ("cuda", "mps"):
        with pytest.raises(BadSetting, match=r"no such GPU.*auto"):
            zoo.device(setting)


@pytest.mark.parametrize(
    ("cuda", "mps", "chosen"),
    [(1, True, "cuda"), (2, False, "cuda"), (0, True, "mps"), (0, False, "cpu")],
)
def test_auto_prefers_cuda_to_mps_and_mps_to_the_cpu(monkeypatch, cuda, mps, chosen):
    pretend_gpus(monkeypatch, cuda, mps)
    assert zoo.device("auto") == torch.device(chosen)


def test_apples_gpu_can_be_chosen_and_there_is_only_one(monkeypatch):
    pretend_gpus(monkeypatch, cuda=1, mps=True)
    assert zoo.device("mps") == torch.device("mps")
    with pytest.raises(BadSetting, match="no such GPU"):
        zoo.device("mps:1")
    with pytest.raises(BadSetting, match="mps"):
        zoo.device("meta")


def test_the_network_is_on_the_device_of_the_settings(monkeypatch):
    monkeypatch.setenv("ZOOSCOPE_DEVICE", "cpu")
    m = zoo.load("untrained/test_resnet")
    assert m.device == torch.device("cpu")
    assert {parameter.device.type for parameter in m.net.parameters()} == {"cpu"}


def test_loading_with_a_bad_device_is_an_error(monkeypatch):
    monkeypatch.setenv("ZOOSCOPE_DEVICE", "cuda:7")
    with pytest.raises(BadSetting):
        zoo.load("untrained/test_resnet")
