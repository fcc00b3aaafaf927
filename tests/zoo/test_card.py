"""From a name to a card: which names are models, and what is known of them without loading."""

import dataclasses
import json
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
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


class Watch:
    """Notes files opened, folders listed and hosts asked for, by Python's audit events."""

    def __init__(self) -> None:
        self.paths: list[Path] | None = None
        self.seen: list[Path] = []
        self.hosts: list[object] = []
        sys.addaudithook(self._hear)  # it can't be removed, only be deaf

    @contextmanager
    def listening(self) -> Iterator[None]:
        self.paths, self.hosts = [], []
        yield
        self.seen, self.paths = self.paths, None

    def _hear(self, event: str, args: tuple) -> None:
        if self.paths is None:
            return
        if event in ("open", "os.listdir", "os.scandir") and isinstance(args[0], str | bytes):
            self.paths.append(Path(args[0].decode() if isinstance(args[0], bytes) else args[0]))
        elif event.startswith("socket.") and event != "socket.__new__":
            self.hosts.append((event, args[1:]))


@pytest.fixture(scope="module")
def watch() -> Watch:
    return Watch()


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for local models, with a model beside it that is none of them."""
    folder = tmp_path / "models"
    folder.mkdir()
    _write(tmp_path / "secret", CONFIG)
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(folder))
    return folder


def _write(folder: Path, config: Any, weights: bytes | None = b"") -> str:
    """A folder in the hub's layout, of which only the names matter here; its model's name."""
    folder.mkdir(parents=True)
    text = config if isinstance(config, bytes) else json.dumps(config).encode()
    (folder / "config.json").write_bytes(text)
    if weights is not None:
        (folder / "model.safetensors").write_bytes(weights)
    return f"local/{folder.name}"


def _changed(**changes: Any) -> dict[str, Any]:
    """The good config with other values; `...` leaves a key out."""
    return {key: value for key, value in (CONFIG | changes).items() if value is not ...}


# Names


@pytest.mark.parametrize("name", NOT_A_MODEL, ids=lambda name: ascii(name[:30]))
def test_a_name_that_is_no_model_is_unknown_and_nothing_is_looked_up(name, models, watch):
    zoo.describe("resnet18")  # timm and the table are read once
    with watch.listening(), pytest.raises(zoo.UnknownModel):
        zoo.describe(name)
    assert not [path for path in watch.seen if not path.is_relative_to(models)]
    assert watch.hosts == []


def test_the_watch_sees_what_is_looked_up(models, watch):
    name = _write(models / "birds", CONFIG)
    with watch.listening():
        zoo.describe(name)
        with socket.socket() as client:
            client.connect_ex(("127.0.0.1", 9))
    assert models / "birds" / "config.json" in watch.seen
    assert watch.hosts


@pytest.mark.parametrize("name", NOT_A_MODEL, ids=lambda name: ascii(name[:30]))
def test_a_name_that_is_no_model_does_not_load_either(name, models):
    with pytest.raises(zoo.UnknownModel):
        zoo.load(name)


def test_the_folder_beside_the_models_is_a_model_to_whom_it_is_given(models, monkeypatch):
    # So that the names above which lead to it are unknown for their form, not for want of a model.
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
def test_a_misspelt_name_is_answered_with_the_nearest(wrong, right):
    with pytest.raises(zoo.UnknownModel, match=right):
        zoo.describe(wrong)


def test_a_misspelt_folder_is_answered_with_the_nearest(models):
    _write(models / "my_birds", CONFIG)
    with pytest.raises(zoo.UnknownModel, match="local/my_birds"):
        zoo.describe("local/my_brids")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("vit_base_patch16_224", "transformer"),
        ("vit_base_patch16_224.augreg_in21k", "transformer"),
        ("untrained/swin_tiny_patch4_window7_224", "transformer"),
        ("mixer_b16_224", "MLP"),
    ],
)
def test_what_is_no_cnn_is_refused_as_what_it_is(name, kind):
    with pytest.raises(zoo.UnknownModel, match=f"is an? {kind}"):
        zoo.describe(name)


def test_a_name_without_tag_is_timms_default():
    card = zoo.describe("resnet18")
    assert card.name == "resnet18.a1_in1k"
    assert card == zoo.describe("resnet18.a1_in1k")


def test_an_architecture_that_timm_has_no_weights_for_says_how_to_open_it():
    with pytest.raises(zoo.UnknownModel, match="untrained/test_mambaout"):
        zoo.describe("test_mambaout")
    assert zoo.describe("untrained/test_mambaout").where == "untrained"


# What a card says


def test_a_hub_card_says_what_it_is():
    card = zoo.describe("resnet18.tv_in1k")
    assert (card.architecture, card.source) == ("resnet18", "hub")
    assert (card.title, card.repository) == ("resnet18.tv_in1k", "timm/resnet18.tv_in1k")
    assert card.input_size == (3, 224, 224)
    assert card.facts is not None
    assert card.facts.family == "resnet"


def test_an_untrained_card_says_so_in_its_title():
    card = zoo.describe("untrained/resnet18", seed=4)
    assert (card.where, card.seed, card.weights) == ("untrained", 4, None)
    assert "untrained" in card.title
    assert "resnet18" in card.title


@pytest.mark.parametrize("name", ["legacy_seresnet18.in1k", "gcvit_tiny.in1k"])
def test_weights_that_are_pickled_only_are_refused_and_say_why(name):
    card = zoo.describe(name)
    assert card.where == "refused"
    with pytest.raises(zoo.WeightsUnavailable, match=rf"pickled.*untrained/{card.architecture}"):
        card.available_weights()
    with pytest.raises(zoo.WeightsUnavailable, match="pickled"):
        zoo.load(name)


def test_a_card_does_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        zoo.describe("resnet18").name = "another"  # type: ignore[misc]


# Labels


def test_imagenet_has_a_thousand_labels_in_their_order():
    labels = zoo.describe("resnet18.a1_in1k").labels
    assert len(labels) == 1000
    known = {0: "tench", 19: "chickadee", 258: "Samoyed", 319: "dragonfly", 934: "hotdog"}
    assert {index: labels[index] for index in known} == known


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
def test_labels_of_imagenets_subsets_stand_at_their_synsets(name, subset, count):
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
def test_embeddings_on_the_hub_are_no_classes(name):
    assert zoo.describe(name).labels == ()


def test_a_folder_names_its_classes(models):
    name = _write(models / "birds", _changed(label_names=["owl", "wren", "tit"]))
    assert zoo.describe(name).labels == ("owl", "wren", "tit")


def test_a_folder_describes_its_classes(models):
    described = {"n1": "owl", "n2": "wren"}
    config = _changed(label_names=["n1", "n2", "n3"], label_descriptions=described)
    assert zoo.describe(_write(models / "birds", config)).labels == ("owl", "wren", "n3")


@pytest.mark.parametrize("names", [..., [], ["only", "two"], ["one", "too", "many", "names"]])
def test_classes_without_a_name_each_are_numbered(models, names):
    name = _write(models / "birds", _changed(label_names=names))
    assert zoo.describe(name).labels == ("class 0", "class 1", "class 2")


def test_a_folder_with_imagenets_number_of_classes_has_its_labels(models):
    labels = zoo.describe(_write(models / "photos", _changed(num_classes=1000))).labels
    assert labels == zoo.describe("resnet18").labels


def test_a_folder_without_classifier_has_no_labels(models):
    assert zoo.describe(_write(models / "features", _changed(num_classes=0))).labels == ()


def test_an_untrained_network_has_a_label_for_each_output():
    assert len(zoo.describe("untrained/resnet18").labels) == 1000
    assert len(zoo.describe("untrained/resnet50_clip").labels) == 1024


# Folders


def test_a_folder_is_a_model_under_its_name(models):
    card = zoo.describe(_write(models / "birds", CONFIG))
    assert (card.name, card.architecture, card.source) == ("local/birds", "resnet18", "local")
    assert (card.title, card.where) == ("birds", "local")
    assert card.input_size == (3, 64, 96)
    assert card.weights == models / "birds" / "model.safetensors"


def test_whole_numbers_are_as_good_as_others(models):
    config = _changed(pretrained_cfg={"mean": [0, 0, 0], "std": [1, 1, 1], "crop_pct": 1})
    preprocessing = zoo.describe(_write(models / "plain", config)).preprocessing
    assert (preprocessing.mean, preprocessing.std) == ((0, 0, 0), (1, 1, 1))
    assert preprocessing.crop_pct == 1


@pytest.mark.parametrize("folder", ["a b", "a#b", "a?b=c", "100%", "näme", "resnet18.a1_in1k", "@"])
def test_a_folder_may_have_any_name(models, folder):
    assert zoo.describe(_write(models / folder, CONFIG)).folder == models / folder


def test_a_folder_without_safetensors_is_no_model(models):
    name = _write(models / "pickled", CONFIG, weights=None)
    (models / "pickled" / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(zoo.UnknownModel):
        zoo.describe(name)


def test_a_folder_without_config_is_no_model(models):
    (models / "bare").mkdir()
    (models / "bare" / "model.safetensors").write_bytes(b"")
    with pytest.raises(zoo.UnknownModel):
        zoo.describe("local/bare")


def test_of_two_folders_with_one_name_the_first_counts(tmp_path, monkeypatch):
    first, second = tmp_path / "first", tmp_path / "second"
    name = _write(first / "birds", _changed(architecture="resnet34"))
    _write(second / "birds", CONFIG)
    monkeypatch.setenv("ZOOSCOPE_MODELS", f"{first}:{second}")
    assert zoo.describe(name).architecture == "resnet34"
    monkeypatch.setenv("ZOOSCOPE_MODELS", f"{second}:{first}")
    assert zoo.describe(name).architecture == "resnet18"


def test_settings_given_count_more_than_the_environment(models, tmp_path):
    _write(models / "birds", CONFIG)
    name = _write(tmp_path / "others" / "fish", CONFIG)
    settings = Settings(models=(tmp_path / "others",))
    assert zoo.describe(name, settings).name == "local/fish"
    with pytest.raises(zoo.UnknownModel):
        zoo.describe("local/birds", settings)


@pytest.mark.parametrize("folders", ["/nowhere/at/all", "/etc/passwd", ":::"])
def test_a_models_folder_that_is_not_there_holds_no_models(folders, monkeypatch):
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
def test_a_config_in_another_layout_is_unavailable_and_says_why(models, config, reason):
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
def test_a_config_with_values_of_the_wrong_kind_is_unavailable(models, config):
    name = _write(models / "broken", config)
    with pytest.raises(zoo.WeightsUnavailable, match="local/broken"):
        zoo.describe(name)


def test_a_folder_of_an_unknown_architecture_says_so(models):
    with pytest.raises(zoo.UnknownModel, match="resnet18"):
        zoo.describe(_write(models / "typo", _changed(architecture="resnet81")))


def test_a_folder_of_a_transformer_says_so(models):
    config = _changed(architecture="vit_tiny_patch16_224")
    with pytest.raises(zoo.UnknownModel, match="transformer"):
        zoo.describe(_write(models / "vit", config))
