"""The committed table of timm's architectures."""

import pytest
import timm

from core.zoo.table import Architecture, architectures, measure

REMAKE = "run `python -m core.zoo.table` and commit what it writes"


def test_the_table_has_every_architecture_of_the_installed_timm_and_no_other():
    table, installed = set(architectures()), set(timm.list_models())
    assert not installed - table, f"timm has more than the table; {REMAKE}"
    assert not table - installed, f"the table has more than timm; {REMAKE}"


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
def test_a_row_measured_again_is_the_committed_one(name):
    assert measure(name) == architectures()[name], REMAKE


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
def test_known_architectures_are_of_their_kind(name, kind):
    assert architectures()[name].kind == kind


def test_resnet18_has_its_published_figures():
    row = architectures()["resnet18"]
    assert row.parameters == 11_689_512
    assert row.multiply_adds == pytest.approx(1.81e9, rel=0.01)
    assert row.stages == "64/2 64/4 128/8 256/16 512/32"
    assert row.family == "resnet"


@pytest.mark.parametrize(
    ("name", "millions", "billions"),
    [  # published in the models' papers, as timm's and torchvision's tables repeat them
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
    opened = [row for row in architectures().values() if row.kind in ("CNN", "hybrid")]
    assert not [row.name for row in opened if row.parameters <= 0 or row.multiply_adds <= 0]


def test_every_row_stands_under_its_own_name_and_kind():
    for name, row in architectures().items():
        assert isinstance(row, Architecture)
        assert row.name == name
        assert row.kind in ("CNN", "hybrid", "transformer", "MLP")
        assert row.family


def test_the_table_can_not_be_changed():
    with pytest.raises(TypeError):
        architectures()["resnet18"] = architectures()["resnet50"]  # type: ignore[index]
