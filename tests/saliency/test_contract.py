"""Every method of the registry keeps the contract: shape, finite, seeded, nothing left behind."""

import numpy as np
import pytest
import torch
from PIL import Image

from core import saliency, scenes, zoo
from core.saliency import Maps, View
from core.saliency.registry import _METHODS
from core.steps import Progress, Steps

# Methods that take many passes, made quick.
FEW = {
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


def explained(m: zoo.Model, imgs: list[Image.Image], key: str, **more) -> np.ndarray:
    return saliency.explain(m, imgs, key, **FEW.get(key, {}), **more)


@pytest.mark.parametrize("key", KEYS)
def test_maps_lie_on_the_input_grid_and_are_finite(small_model, imgs, key):
    maps = explained(small_model, imgs, key)
    assert maps.shape == (2, *small_model.input_size[1:])
    assert maps.dtype == np.float32
    assert np.isfinite(maps).all()
    assert maps.std() > 0
    if not saliency.methods()[key].signed:
        assert maps.min() >= 0


@pytest.mark.parametrize("key", KEYS)
def test_a_seed_gives_the_same_maps_and_a_batch_does_not_matter(small_model, imgs, key):
    both = explained(small_model, imgs, key, classes=[3, 5])
    assert np.array_equal(both, explained(small_model, imgs, key, classes=[3, 5]))
    alone = explained(small_model, imgs[1:], key, classes=[5])
    np.testing.assert_allclose(alone[0], both[1], atol=1e-4 * np.ptp(both[1]))


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("key", KEYS)
def test_the_network_is_left_as_it_was(small_model, imgs, key, fails, monkeypatch):
    before = {name: value.clone() for name, value in small_model.net.state_dict().items()}
    if fails:
        small_model.net.fc.register_forward_pre_hook(lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            explained(small_model, imgs, key, classes=[3, 5])
        small_model.net.fc._forward_pre_hooks.clear()
    else:
        explained(small_model, imgs, key)
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks")
    assert not any(getattr(one, name) for one in small_model.net.modules() for name in hooks)
    assert all(torch.equal(value, before[n]) for n, value in small_model.net.state_dict().items())
    assert all(parameter.grad is None for parameter in small_model.net.parameters())


@pytest.mark.parametrize("key", ["gradient_x_input", "occlusion"])
def test_why_this_and_not_that_is_the_opposite_of_why_that_and_not_this(small_model, imgs, key):
    this = explained(small_model, imgs, key, classes=[3, 3], against=[5, 5])
    that = explained(small_model, imgs, key, classes=[5, 5], against=[3, 3])
    np.testing.assert_allclose(this, -that, atol=1e-4 * np.ptp(this))


def test_our_own_method_goes_without_earlier_stages_and_with_a_wide_blur(small_model, imgs):
    """As in networks of one resolution, and as far as the page's options go."""
    one = saliency.explain(small_model, imgs, "stage_cam", stages=1)
    coarse = saliency.explain(small_model, imgs, "grad_cam")
    assert saliency.rank_correlation(one, coarse).min() > 0.5
    assert np.isfinite(saliency.explain(small_model, imgs, "stage_cam", blur=112.0)).all()


def test_no_pictures_give_no_maps(small_model):
    assert saliency.explain(small_model, []).shape == (0, *small_model.input_size[1:])


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"method": "grad_can"}, saliency.UnknownMethod, "grad_cam"),
        ({"method": "rise", "mask": 3}, saliency.UnknownMethod, "masks"),
        ({"classes": [0, 1000]}, saliency.NoSuchClass, "0 to 999"),
        ({"classes": [0]}, saliency.NoSuchClass, "one for each"),
        ({"layer": "layer5"}, ValueError, "layer4"),
        ({"layer": "fc"}, ValueError, "no positions"),
        ({"method": "occlusion", "stride": 0}, saliency.BadOption, "stride"),
        ({"method": "integrated_gradients", "baseline": "red"}, saliency.BadOption, "black"),
        ({"method": "smooth_grad", "samples": 0}, saliency.BadOption, "at least one"),
        ({"method": "rise", "kept": 1.0}, saliency.BadOption, "0 to 1"),
    ],
)
def test_bad_input_names_the_way_out(small_model, imgs, asked, error, words):
    with pytest.raises(error if error is not ValueError else Exception, match=words):
        saliency.explain(small_model, imgs, **asked)


def test_a_new_method_is_one_decorated_function(small_model, imgs, monkeypatch):
    monkeypatch.setattr("core.saliency.registry._METHODS", dict(_METHODS))

    @saliency.method("Brightness", "nobody", "gradient")
    def brightness(view: View, channel: int = 0) -> Steps[Maps]:
        yield Progress(0, 1)
        return Maps(view.x[:, channel])

    assert saliency.methods()["brightness"].options == {"channel": 0}
    assert explained(small_model, imgs, "brightness", channel=2).shape[0] == 2
