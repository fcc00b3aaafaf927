"""Model cards: which names are models, and what a card states without loading the model."""

import dataclasses
import json
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from timm.data import ImageNetInfo

from core import zoo
from core.settings import Settings

CONFIG = {
    "architecture": "resnet18",
    "num_classes": 3,
    "pretrained_cfg": {"input_size": [3, 64, 96], "mean": [0.5, 0.5, 0.5], "classifier": "fc"},
}

NOT_A_MODEL = [
    "hf-hub:timm/resnet18",
    "hf_hub:timm/resnet18.a1_in1k",
    "local-dir:/etc",
    "local-dir:resnet18",
    "timm/resnet18.a1_in1k",
    "https://example.com/resnet18",
    "file:///etc/passwd",
    "local/../../etc",
    "local/..",
    "local/.",
    "local/",
    "local//etc",
    "bundled/../x",
    "bundled/../weights",
    "hub/resnet18",
    "Local/secret",
    "/etc/passwd",
    "/",
    "./resnet18",
    "../resnet18",
    "~/resnet18",
    "C:\\resnet18",
    "resnet18.nosuchtag",
    "resnet18.A1_IN1K",
    "resnet18.a1_in1k.a1_in1k",
    "resnet18.a1_in1k@main",
    "resnet18.../../etc",
    "nosucharchitecture",
    "ResNet18",
    "untrained/",
    "untrained/nosucharchitecture",
    "untrained/resnet18.a1_in1k",
    "untrained/../resnet18",
    "",
    " ",
    ".",
    " resnet18",
    "resnet18\n",
    "x" * 100_000,
    "resnet18." + "x" * 100_000,
    "local/" + "../" * 10_000 + "etc",
    "résnet18",
    "гesnet18",
    "残差网络",
    "\U0001f99c",
    "\u202eresnet18",
    "\ud800",
    "resnet18\0",
    "\0",
    "resnet18.a1_in1k\0.bin",
    "local/\0",
    "local/secret\0",
]


class AuditLog:
    """Records opened files, listed folders and contacted hosts through Python's audit events."""

    def __init__(self) -> None:
        self.paths: list[Path] = []
        self.hosts: list[object] = []
        self._recording = False
        sys.addaudithook(self._record)  # an audit hook can't be removed

    @contextmanager
    def recording(self) -> Iterator[None]:
        self.paths, self.hosts = [], []
        self._recording = True
        yield
        self._recording = False

    def _record(self, event: str, args: tuple) -> None:
        if not self._recording:
            return
        if event in ("open", "os.listdir", "os.scandir") and isinstance(args[0], str | bytes):
            self.paths.append(Path(args[0].decode() if isinstance(args[0], bytes) else args[0]))
        elif event.startswith("socket.") and event != "socket.__new__":
            self.hosts.append((event, args[1:]))


@pytest.fixture(scope="module")
def audit_log() -> AuditLog:
    return AuditLog()


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for local models; a model beside it is not one of them."""
    folder = tmp_path / "models"
    folder.mkdir()
    _write(tmp_path / "secret", CONFIG)
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(folder))
    return folder


def _write(folder: Path, config: Any, weights: bytes | None = b"") -> str:
    """Write a model folder, by default with an empty weights file; return the model's name."""
    folder.mkdir(parents=True)
    text = config if isinstance(config, bytes) else json.dumps(config).encode()
    (folder / "config.json").write_bytes(text)
    if weights is not None:
        (folder / "model.safetensors").write_bytes(weights)
    return f"local/{folder.name}"


def _changed(**changes: Any) -> dict[str, Any]:
    """Return a valid config with changed values; `...` removes a key."""
    return {key: value for key, value in (CONFIG | changes).items() if value is not ...}


# Names


@pytest.mark.parametrize("name", NOT_A_MODEL, ids=lambda name: ascii(name[:30]))
def test_an_unknown_name_reads_no_file_and_contacts_no_host(name, models, audit_log):
    zoo.describe("resnet18")  # timm and the table are read on first use
    Settings.from_environment()  # as is the size of the host's memory
    with audit_log.recording(), pytest.raises(zoo.UnknownModel):
        zoo.describe(name)
    assert not [path for path in audit_log.paths if not path.is_relative_to(models)]
    assert audit_log.hosts == []


def test_the_audit_log_records_files_and_hosts(models, audit_log):
    name = _write(models / "birds", CONFIG)
    with audit_log.recording():
        zoo.describe(name)
        with socket.socket() as client:
            client.connect_ex(("127.0.0.1", 9))
    assert models / "birds" / "config.json" in audit_log.paths
    assert audit_log.hosts


@pytest.mark.parametrize("name", NOT_A_MODEL, ids=lambda name: ascii(name[:30]))
def test_an_unknown_name_does_not_load(name, models):
    with pytest.raises(zoo.UnknownModel):
        zoo.load(name)


def test_the_folder_beside_the_models_would_be_a_valid_model(models, monkeypatch):
    # This shows that the names above that lead to it are refused for their form.
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(models.parent))
    assert zoo.describe("local/secret").architecture == "resnet18"


@pytest.mark.parametrize("name", ["local/../secret", "local/{models}/../secret", "local/{secret}"])
def test_no_name_leads_out_of_the_model_folders(name, models):
    name = name.format(models=models, secret=models.parent / "secret")
    with pytest.raises(zoo.UnknownModel):
        zoo.describe(name)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("resnet81", "resnet18"),
        ("mobilnetv2_100", "mobilenetv2_100"),
        ("untrained/convnext_atoo", "convnext_atto"),
        ("resnet18.a1_in2k", "resnet18.a1_in1k"),
    ],
)
def test_the_error_for_a_misspelt_name_lists_the_nearest(wrong, right):
    with pytest.raises(zoo.UnknownModel, match=right):
        zoo.describe(wrong)


def test_the_error_for_a_misspelt_folder_lists_the_nearest(models):
    _write(models / "my_birds", CONFIG)
    with pytest.raises(zoo.UnknownModel, match="local/my_birds"):
        zoo.describe("local/my_brids")


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("vit_base_patch16_224.augreg_in21k", "hub"),
        ("untrained/swin_tiny_patch4_window7_224", "untrained"),
        ("untrained/mixer_b16_224", "untrained"),
    ],
)
def test_transformers_and_mlps_are_described_like_cnns(name, where):
    card = zoo.describe(name)
    assert (card.where, card.input_size) == (where, (3, 224, 224))


def test_a_name_without_tag_means_timms_default_weights():
    card = zoo.describe("resnet18")
    assert card.name == "resnet18.a1_in1k"
    assert card == zoo.describe("resnet18.a1_in1k")


def test_the_error_for_an_architecture_without_weights_suggests_untrained():
    with pytest.raises(zoo.UnknownModel, match="untrained/test_mambaout"):
        zoo.describe("test_mambaout")
    assert zoo.describe("untrained/test_mambaout").where == "untrained"


# Facts of a card


def test_a_hub_card_has_source_title_and_facts():
    card = zoo.describe("resnet18.tv_in1k")
    assert (card.architecture, card.source) == ("resnet18", "hub")
    assert (card.title, card.repository) == ("resnet18.tv_in1k", "timm/resnet18.tv_in1k")
    assert card.input_size == (3, 224, 224)
    assert card.facts is not None
    assert card.facts.family == "resnet"


def test_an_untrained_card_states_it_in_the_title():
    card = zoo.describe("untrained/resnet18", seed=4)
    assert (card.where, card.seed, card.weights) == ("untrained", 4, None)
    assert "untrained" in card.title
    assert "resnet18" in card.title


@pytest.mark.parametrize("name", ["legacy_seresnet18.in1k", "gcvit_tiny.in1k"])
def test_weights_that_exist_only_as_pickle_are_refused_with_the_reason(name):
    card = zoo.describe(name)
    assert card.where == "refused"
    with pytest.raises(zoo.WeightsUnavailable, match=rf"pickled.*untrained/{card.architecture}"):
        card.available_weights()
    with pytest.raises(zoo.WeightsUnavailable, match="pickled"):
        zoo.load(name)


@pytest.mark.parametrize("name", ["resnet18.tv_in1k", "untrained/resnet18"])
@pytest.mark.parametrize("channels", [1, 4])
def test_networks_for_other_pictures_than_rgb_are_refused_with_the_reason(name, channels):
    card = zoo.describe(name)
    statistics = {"mean": (0.5,) * channels, "std": (0.5,) * channels}
    config = {**card.config, "input_size": (channels, 224, 224)} | statistics
    card = dataclasses.replace(card, config=config)
    assert card.where == "refused"
    with pytest.raises(zoo.WeightsUnavailable, match=f"{channels} channel.*in_chans=3"):
        zoo.build(card, torch.device("cpu"))


def test_a_card_is_immutable():
    with pytest.raises(dataclasses.FrozenInstanceError):
        zoo.describe("resnet18").name = "another"  # type: ignore[misc]


# Labels


def test_imagenet_has_a_thousand_labels_in_order():
    labels = zoo.describe("resnet18.a1_in1k").labels
    assert len(labels) == 1000
    expected = {0: "tench", 19: "chickadee", 258: "Samoyed", 319: "dragonfly", 934: "hotdog"}
    assert {index: labels[index] for index in expected} == expected


@pytest.mark.parametrize(
    ("name", "subset", "count"),
    [
        ("resnet50.a1_in1k", "imagenet-1k", 1000),
        ("mobilenetv3_large_100.miil_in21k", "imagenet-21k-miil", 11221),
        ("convnext_nano.in12k", "imagenet-12k", 11821),
        ("convnext_tiny.fb_in22k", "imagenet-22k", 21841),
        ("focalnet_large_fl3.ms_in22k", "imagenet-22k-ms", 21842),
        ("resnetv2_50x1_bit.goog_in21k", "imagenet-21k-goog", 21843),
    ],
)
def test_labels_of_imagenets_subsets_are_at_the_indices_of_their_synsets(name, subset, count):
    labels = zoo.describe(name).labels
    assert len(labels) == count
    synsets = ImageNetInfo(subset).label_names()
    for synset, label in {"n01592084": "chickadee", "n02391049": "zebra"}.items():
        assert labels[synsets.index(synset)] == label


@pytest.mark.parametrize(
    "name",
    [
        "resnet50_clip.openai",
        "resnet101_clip.yfcc15m",
        "convnext_base.clip_laion2b",
        "convnext_xxlarge.clip_laion2b_soup",
        "fastvit_mci0.apple_mclip",
        "convnext_tiny.dinov3_lvd1689m",
    ],
)
def test_embedding_outputs_of_hub_models_have_no_labels(name):
    assert zoo.describe(name).labels == ()


def test_label_names_of_a_folder_are_its_labels(models):
    name = _write(models / "birds", _changed(label_names=["owl", "wren", "tit"]))
    assert zoo.describe(name).labels == ("owl", "wren", "tit")


def test_label_descriptions_of_a_folder_replace_its_label_names(models):
    descriptions = {"n1": "owl", "n2": "wren"}
    config = _changed(label_names=["n1", "n2", "n3"], label_descriptions=descriptions)
    assert zoo.describe(_write(models / "birds", config)).labels == ("owl", "wren", "n3")


@pytest.mark.parametrize("names", [..., [], ["only", "two"], ["one", "too", "many", "names"]])
def test_classes_are_numbered_unless_each_has_a_name(models, names):
    name = _write(models / "birds", _changed(label_names=names))
    assert zoo.describe(name).labels == ("class 0", "class 1", "class 2")


def test_a_folder_with_a_thousand_classes_has_imagenets_labels(models):
    labels = zoo.describe(_write(models / "photos", _changed(num_classes=1000))).labels
    assert labels == zoo.describe("resnet18").labels


def test_a_folder_without_classifier_has_no_labels(models):
    assert zoo.describe(_write(models / "features", _changed(num_classes=0))).labels == ()


def test_an_untrained_network_has_a_label_for_each_output():
    assert len(zoo.describe("untrained/resnet18").labels) == 1000
    assert len(zoo.describe("untrained/resnet50_clip").labels) == 1024


# Folders


def test_a_folder_is_a_model_named_after_it(models):
    card = zoo.describe(_write(models / "birds", CONFIG))
    assert (card.name, card.architecture, card.source) == ("local/birds", "resnet18", "local")
    assert (card.title, card.where) == ("birds", "local")
    assert card.input_size == (3, 64, 96)
    assert card.weights == models / "birds" / "model.safetensors"


def test_a_config_may_have_integers_instead_of_floats(models):
    config = _changed(pretrained_cfg={"mean": [0, 0, 0], "std": [1, 1, 1], "crop_pct": 1})
    preprocessing = zoo.describe(_write(models / "plain", config)).preprocessing
    assert (preprocessing.mean, preprocessing.std) == ((0, 0, 0), (1, 1, 1))
    assert preprocessing.crop_pct == 1


@pytest.mark.parametrize("folder", ["a b", "a#b", "a?b=c", "100%", "näme", "resnet18.a1_in1k", "@"])
def test_a_folder_may_have_any_name(models, folder):
    assert zoo.describe(_write(models / folder, CONFIG)).folder == models / folder


def test_a_folder_without_safetensors_is_not_a_model(models):
    name = _write(models / "pickled", CONFIG, weights=None)
    (models / "pickled" / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(zoo.UnknownModel):
        zoo.describe(name)


def test_a_folder_without_config_is_not_a_model(models):
    (models / "bare").mkdir()
    (models / "bare" / "model.safetensors").write_bytes(b"")
    with pytest.raises(zoo.UnknownModel):
        zoo.describe("local/bare")


def test_the_first_of_two_folders_with_equal_names_counts(tmp_path, monkeypatch):
    first, second = tmp_path / "first", tmp_path / "second"
    name = _write(first / "birds", _changed(architecture="resnet34"))
    _write(second / "birds", CONFIG)
    monkeypatch.setenv("ZOOSCOPE_MODELS", f"{first}:{second}")
    assert zoo.describe(name).architecture == "resnet34"
    monkeypatch.setenv("ZOOSCOPE_MODELS", f"{second}:{first}")
    assert zoo.describe(name).architecture == "resnet18"


def test_passed_settings_take_precedence_over_the_environment(models, tmp_path):
    _write(models / "birds", CONFIG)
    name = _write(tmp_path / "others" / "fish", CONFIG)
    settings = Settings(models=(tmp_path / "others",))
    assert zoo.describe(name, settings).name == "local/fish"
    with pytest.raises(zoo.UnknownModel):
        zoo.describe("local/birds", settings)


@pytest.mark.parametrize("folders", ["/nowhere/at/all", "/etc/passwd", ":::"])
def test_a_missing_models_folder_has_no_models(folders, monkeypatch):
    monkeypatch.setenv("ZOOSCOPE_MODELS", folders)
    with pytest.raises(zoo.UnknownModel):
        zoo.describe("local/birds")


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        pytest.param(b"", "JSONDecodeError", id="empty"),
        pytest.param(b"{'architecture':", "JSONDecodeError", id="not JSON"),
        pytest.param(b"\xff\xfe\x00", "UnicodeDecodeError", id="not UTF-8"),
        pytest.param(_changed(architecture=...), "architecture", id="no architecture"),
        pytest.param(_changed(pretrained_cfg=...), "pretrained_cfg", id="no pretrained_cfg"),
        pytest.param([CONFIG], "TypeError", id="a list"),
        pytest.param("resnet18", "TypeError", id="a string"),
        pytest.param(None, "TypeError", id="null"),
        pytest.param(_changed(pretrained_cfg=[1]), "TypeError", id="pretrained_cfg a list"),
        pytest.param(_changed(pretrained_cfg=None), "TypeError", id="pretrained_cfg null"),
    ],
)
def test_a_config_in_another_layout_is_unavailable_with_the_reason(models, config, reason):
    name = _write(models / "broken", config)
    with pytest.raises(zoo.WeightsUnavailable, match=f"(?s)local/broken.*config.json.*{reason}"):
        zoo.describe(name)


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(_changed(architecture=["resnet18"]), id="architecture a list"),
        pytest.param(_changed(architecture={"resnet18": 1}), id="architecture a mapping"),
        pytest.param(_changed(architecture=18), id="architecture a number"),
        pytest.param(_changed(architecture=None), id="architecture null"),
        pytest.param(_changed(num_classes="many"), id="num_classes a word"),
        pytest.param(_changed(num_classes=[3]), id="num_classes a list"),
        pytest.param(_changed(label_names=3), id="label_names a number"),
        pytest.param(
            _changed(label_names=["a", "b", "c"], label_descriptions=["x"]),
            id="label_descriptions a list",
        ),
        pytest.param(_changed(pretrained_cfg={"input_size": "large"}), id="input_size a word"),
        pytest.param(_changed(pretrained_cfg={"input_size": [224]}), id="input_size too short"),
        pytest.param(_changed(pretrained_cfg={"mean": "grey"}), id="mean a word"),
    ],
)
def test_a_config_with_values_of_the_wrong_type_is_unavailable(models, config):
    name = _write(models / "broken", config)
    with pytest.raises(zoo.WeightsUnavailable, match="local/broken"):
        zoo.describe(name)


def test_the_error_for_a_folder_of_an_unknown_architecture_lists_the_nearest(models):
    with pytest.raises(zoo.UnknownModel, match="resnet18"):
        zoo.describe(_write(models / "typo", _changed(architecture="resnet81")))
