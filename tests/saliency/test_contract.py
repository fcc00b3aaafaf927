"""The contract of every registered method: shape, finite values, seeding, an unchanged network."""

import numpy as np
import pytest
import torch
from PIL import Image

from core import saliency, scenes, zoo
from core.layers import UnknownLayer
from core.saliency import Maps, View
from core.saliency.registry import _METHODS
from core.steps import Progress, Steps

# Options that make methods with many passes quick.
QUICK_OPTIONS = {
    "smooth_grad": {"samples": 3},
    "var_grad": {"samples": 3},
    "integrated_gradients": {"steps": 4, "limit": 8},
    "occlusion": {"window": 60, "stride": 40},
    "rise": {"masks": 6},
    "superpixels": {"segments": 6, "samples": 8},
    "stage_cam": {"stages": 2},
}
KEYS = list(saliency.methods())


@pytest.fixture(scope="module")
def imgs() -> list[Image.Image]:
    return [scenes.draw(class_=name, seed=4, size=160).image for name in ("wolf", "sedan")]


def explain(m: zoo.Model, imgs: list[Image.Image], key: str, **arguments) -> np.ndarray:
    return saliency.explain(m, imgs, key, **QUICK_OPTIONS.get(key, {}), **arguments)


@pytest.mark.parametrize("key", KEYS)
def test_maps_have_the_input_size_and_are_finite(small_model, imgs, key):
    maps = explain(small_model, imgs, key)
    assert maps.shape == (2, *small_model.input_size[1:])
    assert maps.dtype == np.float32
    assert np.isfinite(maps).all()
    assert maps.std() > 0
    if not saliency.methods()[key].signed:
        assert maps.min() >= 0


@pytest.mark.parametrize("key", KEYS)
def test_the_same_seed_returns_the_same_maps_in_any_batch(small_model, imgs, key):
    both = explain(small_model, imgs, key, classes=[3, 5])
    assert np.array_equal(both, explain(small_model, imgs, key, classes=[3, 5]))
    alone = explain(small_model, imgs[1:], key, classes=[5])
    np.testing.assert_allclose(alone[0], both[1], atol=1e-4 * np.ptp(both[1]))


@pytest.mark.parametrize("raises", [False, True])
@pytest.mark.parametrize("key", KEYS)
def test_the_network_is_unchanged_also_after_an_error(small_model, imgs, key, raises):
    before = {name: value.clone() for name, value in small_model.net.state_dict().items()}
    if raises:
        hook = small_model.net.layer4.register_forward_pre_hook(lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            explain(small_model, imgs, key, classes=[3, 5])
        hook.remove()
    else:
        explain(small_model, imgs, key)
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks")
    assert not any(getattr(part, name) for part in small_model.net.modules() for name in hooks)
    after = small_model.net.state_dict()
    assert all(torch.equal(value, before[name]) for name, value in after.items())
    assert all(parameter.grad is None for parameter in small_model.net.parameters())


@pytest.mark.parametrize("key", ["gradient_x_input", "occlusion"])
def test_swapping_the_class_and_the_contrast_class_negates_the_map(small_model, imgs, key):
    first = explain(small_model, imgs, key, classes=[3, 3], against=[5, 5])
    swapped = explain(small_model, imgs, key, classes=[5, 5], against=[3, 3])
    np.testing.assert_allclose(first, -swapped, atol=1e-4 * np.ptp(first))


def test_stagecam_works_with_one_stage_and_with_the_widest_blur(small_model, imgs):
    """Networks of one resolution have one stage; the page allows a blur of 112."""
    one_stage = saliency.explain(small_model, imgs, "stage_cam", stages=1)
    grad_cam = saliency.explain(small_model, imgs, "grad_cam")
    assert saliency.rank_correlation(one_stage, grad_cam).min() > 0.5
    assert np.isfinite(saliency.explain(small_model, imgs, "stage_cam", blur=112.0)).all()


def test_an_empty_list_returns_no_maps(small_model):
    assert saliency.explain(small_model, []).shape == (0, *small_model.input_size[1:])


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"method": "grad_can"}, saliency.UnknownMethod, "grad_cam"),
        ({"method": "rise", "mask": 3}, saliency.UnknownMethod, "masks"),
        ({"classes": [0, 1000]}, saliency.NoSuchClass, "0 to 999"),
        ({"classes": [0]}, saliency.NoSuchClass, "one class per picture"),
        ({"layer": "layer5"}, UnknownLayer, "layer4"),
        ({"layer": "fc"}, UnknownLayer, "no spatial positions"),
        ({"method": "occlusion", "stride": 0}, saliency.BadOption, "stride"),
        ({"method": "integrated_gradients", "baseline": "red"}, saliency.BadOption, "black"),
        ({"method": "smooth_grad", "samples": 0}, saliency.BadOption, "at least 1"),
        ({"method": "rise", "kept": 1.0}, saliency.BadOption, "0 to 1"),
    ],
)
def test_errors_name_the_way_out(small_model, imgs, arguments, error, words):
    with pytest.raises(error, match=words):
        saliency.explain(small_model, imgs, **arguments)


def test_a_new_method_is_one_decorated_function(small_model, imgs, monkeypatch):
    monkeypatch.setattr("core.saliency.registry._METHODS", dict(_METHODS))

    @saliency.method("Brightness", "no paper", "gradient")
    def brightness(view: View, channel: int = 0) -> Steps[Maps]:
        yield Progress(0, 1)
        return Maps(view.x[:, channel])

    assert saliency.methods()["brightness"].options == {"channel": 0}
    assert explain(small_model, imgs, "brightness", channel=2).shape[0] == 2


def test_the_decorator_sets_the_version(monkeypatch):
    monkeypatch.setattr("core.saliency.registry._METHODS", dict(_METHODS))

    def brightness(view: View) -> Steps[Maps]:
        yield Progress(0, 1)
        return Maps(view.x[:, 0])

    saliency.method("Brightness", "no paper", "gradient")(brightness)
    assert saliency.methods()["brightness"].version == 1
    saliency.method("Brightness", "no paper", "gradient", version=2)(brightness)
    assert saliency.methods()["brightness"].version == 2
