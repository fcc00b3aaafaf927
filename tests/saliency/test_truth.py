"""Methods held against the truth of scenes, and against noise that nobody sees."""

import numpy as np
import pytest
from PIL import Image

from core import images, saliency, scenes, zoo
from core.saliency import Maps, View, truth
from core.saliency.registry import _METHODS
from core.steps import Progress, Steps, drain

pytestmark = pytest.mark.usefixtures("bundled")


@pytest.fixture
def oracle(monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """A method that answers with whatever maps lie in the dictionary."""
    monkeypatch.setattr("core.saliency.registry._METHODS", dict(_METHODS))
    held: dict[str, np.ndarray] = {}

    @saliency.method("Oracle", "nobody", "gradient")
    def oracle(view: View) -> Steps[Maps]:
        yield Progress(0, 1)
        rows = held["maps"][: len(view.x)]
        held["maps"] = held["maps"][len(view.x) :]
        return Maps(view.x.new_tensor(rows))

    return held


@pytest.mark.parametrize(("right", "share"), [(True, 1.0), (False, 0.0)])
def test_who_knows_the_truth_is_always_right_and_who_turns_it_round_never(oracle, right, share):
    m = zoo.load("bundled/scenes-regnet")
    _, _, masks = truth._scenes(range(20), m.input_size[1])
    oracle["maps"] = (masks if right else ~masks).astype(np.float32)
    found = drain(saliency.truth_steps(m, "oracle", 20))
    assert found.pointed.mean() == share
    assert found.energy.mean() == pytest.approx(share)
    assert found.area == pytest.approx(masks.mean((1, 2)))
    assert len(found.inserted) == len(found.deleted) == 20


def test_a_mask_is_laid_on_the_grid_as_the_picture_is():
    m = zoo.load("untrained/test_resnet")
    scene = scenes.draw(class_="bus", seed=3, size=300)
    mask = saliency.on_grid(m.preprocessing, scene.mask("object"))
    assert mask.shape == m.input_size[1:]
    box = [int(edge) for edge in m.preprocessing.crop_box(scene.image.size)]
    inside = scene.mask("object")[box[1] : box[3], box[0] : box[2]]
    assert mask.mean() == pytest.approx(inside.mean(), abs=0.01)


def test_sensitivity_is_nought_for_a_map_that_never_moves_and_large_for_one_of_noise(oracle):
    m = zoo.load("untrained/test_resnet")
    imgs = [scenes.draw(class_="wolf", seed=seed).image for seed in (1, 2)]
    still = np.random.default_rng(0).normal(size=(2, *m.input_size[1:])).astype(np.float32)
    oracle["maps"] = np.concatenate([still] * 5)
    assert drain(saliency.sensitivity_steps(m, imgs, "oracle")).tolist() == [0, 0]
    noise = np.random.default_rng(1).normal(size=(10, *m.input_size[1:])).astype(np.float32)
    oracle["maps"] = noise
    assert drain(saliency.sensitivity_steps(m, imgs, "oracle")) == pytest.approx(
        [1.4, 1.4], abs=0.1
    )


def test_gradients_are_more_sensitive_than_their_mean_over_noise():
    m = zoo.load("bundled/scenes-regnet")
    imgs = [scenes.draw(class_=name, seed=1).image for name in ("wolf", "bus", "bear")]
    plain, smooth = (
        drain(saliency.sensitivity_steps(m, imgs, key)).mean()
        for key in ("gradient", "smooth_grad")
    )
    assert smooth < plain


def test_both_steps_of_the_curves_can_be_seen():
    m = zoo.load("untrained/test_resnet")
    img = scenes.draw(class_="wolf", seed=1, size=200).image
    side = m.input_size[1]
    one = np.zeros((side, side), np.float32)
    one[:, : side // 2] = 1
    come, gone = (np.asarray(shown).astype(int) for shown in
                  saliency.at_share(m.preprocessing, img, one, 0.5))  # fmt: skip
    whole = np.asarray(m.preprocessing.crop(img)).astype(int)
    half = side // 2
    assert np.abs(come[:, :half] - whole[:, :half]).max() <= 1
    assert np.abs(gone[:, half:] - whole[:, half:]).max() <= 1
    grey = [round(255 * value) for value in m.preprocessing.mean]
    assert np.abs(gone[:, :half] - grey).max() <= 1
    assert come[:, half:].std() < whole[:, half:].std()


@pytest.mark.parametrize("key", ["grad_cam", "stage_cam"])
def test_of_two_things_in_a_picture_each_has_a_map_of_its_own(key):
    m = zoo.load("bundled/scenes-resnet")
    size = m.input_size[1]
    right = []
    for index, pair in enumerate([(0, 9), (4, 17), (22, 6), (13, 26)]):
        both = Image.new("RGB", (2 * size, size))
        for place, class_ in enumerate(pair):
            name = scenes.CLASSES[class_]
            drawn = scenes.draw(class_=name, seed=70 + index, size=size, scale=0.7)
            both.paste(drawn.image, (place * size, 0))
        whole = Image.new("RGB", (2 * size, 2 * size), (128, 128, 128))
        whole.paste(both, (0, size // 2))
        maps = saliency.explain(m, [whole, whole], key, list(pair))
        right += [one.argmax() % size >= size // 2 for one in maps]
    wanted = [False, True] * 4
    assert np.mean(np.array(right) == wanted) >= 0.75


def test_the_method_of_our_own_lies_in_the_object_more_often_than_grad_cam():
    m = zoo.load("bundled/scenes-mobilenet")
    ours, theirs = (
        drain(saliency.truth_steps(m, key, 56)).pointed.mean() for key in ("stage_cam", "grad_cam")
    )
    assert ours > 0.9
    assert ours > theirs + 0.2


@pytest.mark.parametrize("name", ["mobilenetv2_100.coral", "mobilenetv1_100.coral"])
@pytest.mark.parametrize(
    ("key", "photo"),
    # Not Grad-CAM on the pigeon: no class is its own, and the peak lies beside it.
    [("grad_cam", "samoyed"), ("stage_cam", "samoyed"), ("stage_cam", "pigeon")],
)
def test_on_photographs_the_peak_lies_in_the_animal(
    shared_models, shared_photos, monkeypatch, name, key, photo
):
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(shared_models))
    m = zoo.load(f"local/{name}")
    img = images.read(shared_photos / f"{photo}.png")
    drawn = np.asarray(Image.open(shared_photos / f"{photo}_mask.png").convert("L")) > 127
    mask = saliency.on_grid(m.preprocessing, drawn)
    assert saliency.pointed(saliency.explain(m, [img], key), mask[None]).all()


def test_without_curves_the_rest_is_the_same():
    m = zoo.load("bundled/scenes-mobilenet")
    whole = drain(saliency.truth_steps(m, "grad_cam", 3))
    bare = drain(saliency.truth_steps(m, "grad_cam", 3, curves=False))
    assert np.array_equal(whole.pointed, bare.pointed)
    assert np.array_equal(whole.energy, bare.energy)
    assert np.isnan(bare.inserted).all()
    assert not np.isnan(whole.inserted).any()
