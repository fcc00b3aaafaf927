"""Saliency methods against the ground truth of scenes, and their sensitivity to weak noise."""

import numpy as np
import pytest
from PIL import Image

from core import images, saliency, scenes, zoo
from core.dissect import reference_scenes
from core.saliency import Maps, View, truth
from core.saliency.registry import _METHODS
from core.scenes import PARTS
from core.steps import Progress, Steps, drain

pytestmark = pytest.mark.usefixtures("bundled")


@pytest.fixture
def oracle(monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """A registered method that returns the maps stored in this dictionary, in order."""
    monkeypatch.setattr("core.saliency.registry._METHODS", dict(_METHODS))
    stored: dict[str, np.ndarray] = {}

    @saliency.method("Oracle", "no paper", "gradient")
    def oracle(view: View) -> Steps[Maps]:
        yield Progress(0, 1)
        rows = stored["maps"][: len(view.x)]
        stored["maps"] = stored["maps"][len(view.x) :]
        return Maps(view.x.new_tensor(rows))

    return stored


@pytest.mark.parametrize(("correct", "score"), [(True, 1.0), (False, 0.0)])
def test_the_true_mask_scores_1_and_its_inverse_0(oracle, correct, score):
    m = zoo.load("bundled/scenes-regnet")
    _, _, masks = truth._draw_scenes(range(6), m.preprocessing)
    oracle["maps"] = (masks if correct else ~masks).astype(np.float32)
    scores = drain(saliency.ground_truth_steps(m, "oracle", 6))
    assert scores.pointed.mean() == score
    assert scores.energy.mean() == pytest.approx(score)
    assert scores.area == pytest.approx(masks.mean((1, 2)))
    assert len(scores.inserted) == len(scores.deleted) == 6


def test_maps_are_scored_on_the_networks_crop_of_a_scene(oracle):
    """The network sees half of the height and of the width, on an input that is not square."""
    m = zoo.load("untrained/test_resnet")
    m.card.config.update(crop_pct=0.5, input_size=(3, 64, 192))
    vars(m.card).pop("preprocessing", None)
    left, top, right, bottom = map(round, m.preprocessing.crop_box((192, 192)))
    assert (right - left, bottom - top) == (96, 32)
    facts = [{"class_": reference_scenes.class_of(index)} for index in range(4)]
    drawn = scenes.batch(truth.SEED, range(4), 192, facts)
    objects = (drawn.parts > PARTS.index("occluder")).numpy()[:, top:bottom, left:right]
    oracle["maps"] = objects.repeat(2, axis=1).repeat(2, axis=2).astype(np.float32)
    scores = drain(saliency.ground_truth_steps(m, "oracle", 4, curves=False))
    assert (scores.energy > 0.97).all()
    assert scores.area == pytest.approx(objects.mean((1, 2)), abs=0.01)


def test_a_mask_is_cropped_like_its_picture():
    m = zoo.load("untrained/test_resnet")
    scene = scenes.draw(class_="bus", seed=3, size=300)
    mask = saliency.mask_on_grid(m.preprocessing, scene.mask("object"))
    assert mask.shape == m.input_size[1:]
    box = [int(edge) for edge in m.preprocessing.crop_box(scene.image.size)]
    inside = scene.mask("object")[box[1] : box[3], box[0] : box[2]]
    assert mask.mean() == pytest.approx(inside.mean(), abs=0.01)


def test_sensitivity_is_0_for_constant_maps_and_large_for_random_ones(oracle):
    m = zoo.load("untrained/test_resnet")
    imgs = [scenes.draw(class_="wolf", seed=seed).image for seed in (1, 2)]
    constant = np.random.default_rng(0).normal(size=(2, *m.input_size[1:])).astype(np.float32)
    oracle["maps"] = np.concatenate([constant] * 5)
    assert drain(saliency.sensitivity_steps(m, imgs, "oracle")).tolist() == [0, 0]
    noise = np.random.default_rng(1).normal(size=(10, *m.input_size[1:])).astype(np.float32)
    oracle["maps"] = noise
    assert drain(saliency.sensitivity_steps(m, imgs, "oracle")) == pytest.approx(
        [1.4, 1.4], abs=0.1
    )


def test_the_gradient_is_more_sensitive_than_smoothgrad():
    m = zoo.load("bundled/scenes-regnet")
    imgs = [scenes.draw(class_=name, seed=1).image for name in ("wolf", "bus", "bear")]
    gradient, smooth_grad = (
        drain(saliency.sensitivity_steps(m, imgs, key)).mean()
        for key in ("gradient", "smooth_grad")
    )
    assert smooth_grad < gradient


def test_changed_pictures_insert_and_delete_the_strongest_half():
    m = zoo.load("untrained/test_resnet")
    img = scenes.draw(class_="wolf", seed=1, size=200).image
    side = m.input_size[1]
    left_half = np.zeros((side, side), np.float32)
    left_half[:, : side // 2] = 1
    inserted, deleted = (
        np.asarray(picture).astype(int)
        for picture in saliency.changed_pictures(m.preprocessing, img, left_half, 0.5)
    )
    whole = np.asarray(m.preprocessing.crop(img)).astype(int)
    half = side // 2
    assert np.abs(inserted[:, :half] - whole[:, :half]).max() <= 1
    assert np.abs(deleted[:, half:] - whole[:, half:]).max() <= 1
    grey = [round(255 * value) for value in m.preprocessing.mean]
    assert np.abs(deleted[:, :half] - grey).max() <= 1
    assert inserted[:, half:].std() < whole[:, half:].std()


@pytest.mark.parametrize("key", ["grad_cam", "stage_cam"])
def test_two_objects_in_a_picture_have_different_maps(key):
    m = zoo.load("bundled/scenes-resnet")
    size = m.input_size[1]
    on_the_right = []
    for index, pair in enumerate([(0, 9), (4, 17), (22, 6), (13, 26)]):
        both = Image.new("RGB", (2 * size, size))
        for place, class_ in enumerate(pair):
            name = scenes.CLASSES[class_]
            scene = scenes.draw(class_=name, seed=70 + index, size=size, scale=0.7)
            both.paste(scene.image, (place * size, 0))
        picture = Image.new("RGB", (2 * size, 2 * size), (128, 128, 128))
        picture.paste(both, (0, size // 2))
        maps = saliency.explain(m, [picture, picture], key, list(pair))
        on_the_right += [each.argmax() % size >= size // 2 for each in maps]
    expected = [False, True] * 4
    assert np.mean(np.array(on_the_right) == expected) >= 0.75


def test_stagecam_peaks_in_the_object_more_often_than_grad_cam():
    m = zoo.load("bundled/scenes-mobilenet")
    stage_cam, grad_cam = (
        drain(saliency.ground_truth_steps(m, key, 56, curves=False)).pointed.mean()
        for key in ("stage_cam", "grad_cam")
    )
    assert stage_cam > 0.9
    assert stage_cam > grad_cam + 0.2


@pytest.mark.parametrize("name", ["mobilenetv2_100.coral", "mobilenetv1_100.coral"])
@pytest.mark.parametrize(
    ("key", "photo"),
    # Not Grad-CAM on the pigeon: ImageNet has no class for it, and the peak is beside it.
    [("grad_cam", "samoyed"), ("stage_cam", "samoyed"), ("stage_cam", "pigeon")],
)
def test_maps_of_photographs_peak_in_the_animal(
    shared_models, shared_photos, monkeypatch, name, key, photo
):
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(shared_models))
    m = zoo.load(f"local/{name}")
    img = images.read(shared_photos / f"{photo}.png")
    true_mask = np.asarray(Image.open(shared_photos / f"{photo}_mask.png").convert("L")) > 127
    mask = saliency.mask_on_grid(m.preprocessing, true_mask)
    assert saliency.peak_in_mask(saliency.explain(m, [img], key), mask[None]).all()


def test_without_curves_the_other_scores_are_the_same():
    m = zoo.load("bundled/scenes-mobilenet")
    with_curves = drain(saliency.ground_truth_steps(m, "grad_cam", 3))
    without = drain(saliency.ground_truth_steps(m, "grad_cam", 3, curves=False))
    assert np.array_equal(with_curves.pointed, without.pointed)
    assert np.array_equal(with_curves.energy, without.energy)
    assert np.isnan(without.inserted).all()
    assert not np.isnan(with_curves.inserted).any()
