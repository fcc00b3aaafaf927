"""The architectures that can be trained: small CNNs, with words for those that are refused."""

from dataclasses import replace

import pytest

from core.steps import drain
from core.train_lab import reports
from core.train_lab.choices import SUGGESTED, all_networks, check_trainable
from core.train_lab.experiment import Difficulty, Experiment
from core.train_lab.networks import NotTrainable, build
from core.train_lab.run import run_steps
from core.train_lab.trainer import MAX_SHOWN_LAYERS

SHORT = Experiment(
    ("dog", "fir"), pictures=8, size=32, batch=15, epochs=1, difficulty=Difficulty(0, 0, 0, 0)
)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("resnet50", "25.6 million parameters"),
        ("mobilevit_xxs", "hybrid of a CNN and a transformer"),
        ("vit_tiny_patch16_224", "a transformer"),
        ("mobilenetv3_smal_050", "mobilenetv3_small_050"),
    ],
)
def test_a_refused_architecture_has_a_reason(name, words):
    with pytest.raises(NotTrainable, match=words):
        check_trainable(name)


def test_suggested_networks_are_found_and_trainable():
    assert set(SUGGESTED) <= set(all_networks())
    for name in SUGGESTED:
        check_trainable(name)


@pytest.mark.parametrize("name", SUGGESTED)
def test_a_suggested_network_trains_also_with_a_last_step_of_one_picture(
    name, tmp_path, monkeypatch
):
    monkeypatch.setattr("core.train_lab.pictures.VALIDATION_PICTURES", 20)
    experiment = replace(SHORT, network=name)
    drain(run_steps(experiment, tmp_path))
    found, _ = reports.read(tmp_path)
    setup = reports.read_setup(tmp_path)
    assert found[-1].step == 2
    assert found[-1].end
    assert len(found[-1].gradients) == len(setup.layers) <= MAX_SHOWN_LAYERS
    assert all(tiles.shape[1] > 1 for tiles in found[-1].maps)


def test_random_weights_depend_on_the_seed_only():
    one, same, other = (
        build(replace(SHORT, network="test_resnet", seed=seed)).state_dict() for seed in (1, 1, 2)
    )
    name = "stem.0.weight" if "stem.0.weight" in one else next(iter(one))
    assert one[name].equal(same[name])
    assert not one[name].equal(other[name])
