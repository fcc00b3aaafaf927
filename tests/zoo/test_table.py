"""The committed table of timm's architectures."""

import pytest
import timm

from core.zoo.table import Architecture, architectures, measure_architecture

UPDATE = "run `python -m core.zoo.table` and commit the file"


def test_the_table_has_exactly_the_architectures_of_the_installed_timm():
    table, installed = set(architectures()), set(timm.list_models())
    assert not installed - table, f"timm has more than the table; {UPDATE}"
    assert not table - installed, f"the table has more than timm; {UPDATE}"


@pytest.mark.parametrize(
    "name",
    [
        "resnet18",
        "mobilenetv3_small_100",
        "convnext_atto",
        "test_resnet",
        "mobilevit_xxs",
        "test_vit",
        "mixer_s32_224",
    ],
)
def test_measuring_again_returns_the_committed_row(name):
    assert measure_architecture(name) == architectures()[name], UPDATE


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("resnet50", "CNN"),
        ("convnext_tiny", "CNN"),
        ("resnet50_clip", "CNN"),
        ("vgg11", "CNN"),
        ("densenet121", "CNN"),
        ("efficientnet_b0", "CNN"),
        ("mobilenetv2_100", "CNN"),
        ("poolformer_s12", "CNN"),
        ("seresnet50", "CNN"),
        ("skresnet18", "CNN"),
        ("resnest14d", "CNN"),
        ("hrnet_w18", "CNN"),
        ("coatnet_0_rw_224", "hybrid"),
        ("mobilevit_s", "hybrid"),
        ("botnet26t_256", "hybrid"),
        ("vit_base_patch16_224", "transformer"),
        ("swin_tiny_patch4_window7_224", "transformer"),
        ("deit_small_patch16_224", "transformer"),
        ("mixer_b16_224", "MLP"),
    ],
)
def test_well_known_architectures_have_the_right_kind(name, kind):
    assert architectures()[name].kind == kind


def test_resnet18_has_its_published_figures():
    row = architectures()["resnet18"]
    assert row.parameters == 11_689_512
    assert row.multiply_adds == pytest.approx(1.81e9, rel=0.01)
    assert row.stages == "64/2 64/4 128/8 256/16 512/32"
    assert row.family == "resnet"


@pytest.mark.parametrize(
    ("name", "millions", "billions"),
    [  # published in the models' papers, and repeated in timm's and torchvision's tables
        ("resnet50", 25.56, 4.1),
        ("vgg16", 138.36, 15.5),
        ("densenet121", 7.98, 2.87),
        ("convnext_tiny", 28.59, 4.5),
        ("mobilenetv2_100", 3.50, 0.3),
    ],
)
def test_well_known_networks_have_their_published_figures(name, millions, billions):
    row = architectures()[name]
    assert row.parameters / 1e6 == pytest.approx(millions, abs=0.006)
    assert row.multiply_adds / 1e9 == pytest.approx(billions, rel=0.05)


def test_every_cnn_has_parameters_and_multiply_adds():
    supported = [row for row in architectures().values() if row.kind in ("CNN", "hybrid")]
    assert not [row.name for row in supported if row.parameters <= 0 or row.multiply_adds <= 0]


def test_every_row_has_its_name_a_kind_and_a_family():
    for name, row in architectures().items():
        assert isinstance(row, Architecture)
        assert row.name == name
        assert row.kind in ("CNN", "hybrid", "transformer", "MLP")
        assert row.family


def test_the_table_is_immutable():
    with pytest.raises(TypeError):
        architectures()["resnet18"] = architectures()["resnet50"]  # type: ignore[index]
