"""CKA: as the papers have it, 1 with itself however turned, honest where pictures are few."""

import numpy as np
import pytest

from core import compare, embed, zoo
from core.compare.cka import centred, even
from tests.held_set import drawn

RANDOM = np.random.default_rng(0)
LAYERS = ["layer1", "layer3", "fc"]


def turned(x: np.ndarray) -> np.ndarray:
    """The same features in other directions, of another scale, about another middle."""
    q, _ = np.linalg.qr(RANDOM.normal(size=(x.shape[1], x.shape[1])))
    return 3.7 * x @ q + 5


def slow_cka(a: np.ndarray, b: np.ndarray) -> float:
    """Kornblith et al. 2019, equations 3 and 4, with HSIC's centring matrix written out."""
    n = len(a)
    h = np.eye(n) - np.ones((n, n)) / n

    def hsic(k: np.ndarray, other: np.ndarray) -> float:
        return np.trace(k @ h @ other @ h) / (n - 1) ** 2

    k, other = a @ a.T, b @ b.T
    return hsic(k, other) / np.sqrt(hsic(k, k) * hsic(other, other))


def slow_hsic(k: np.ndarray, other: np.ndarray) -> float:
    """Song et al. 2012, equation 5, in its own words."""
    n, one = len(k), np.ones(len(k))
    k, other = (matrix * (1 - np.eye(n)) for matrix in (k, other))
    first = np.trace(k @ other)
    second = (one @ k @ one) * (one @ other @ one) / ((n - 1) * (n - 2))
    third = 2 / (n - 2) * (one @ k @ other @ one)
    return (first + second - third) / (n * (n - 3))


def slow_batches(a: np.ndarray, b: np.ndarray, size: int) -> float:
    """Nguyen et al. 2021, equation 3."""
    sums = np.zeros(3)
    for run in even(np.arange(len(a)), size):
        k, other = a[run] @ a[run].T, b[run] @ b[run].T
        sums += slow_hsic(k, other), slow_hsic(k, k), slow_hsic(other, other)
    return sums[0] / np.sqrt(sums[1] * sums[2])


@pytest.mark.parametrize("shape", [(40, 7, 5), (12, 30, 9), (12, 9, 30), (12, 12, 12)])
def test_the_plain_estimate_is_kornbliths(shape):
    n, wide, narrow = shape
    a = RANDOM.normal(size=(n, wide)) + 2
    b = a[:, :1] * RANDOM.normal(size=narrow) + RANDOM.normal(size=(n, narrow))
    assert compare.cka(a, b) == pytest.approx(slow_cka(a, b), abs=1e-10)


@pytest.mark.parametrize("n", [4, 5, 11])
def test_centred_matrices_give_songs_unbiased_hsic(n):
    k, other = ((x @ x.T) for x in RANDOM.normal(size=(2, n, 6)) + 1)
    found = (centred(k) * centred(other)).sum() / (n * (n - 3))
    assert found == pytest.approx(slow_hsic(k, other), abs=1e-10)


@pytest.mark.parametrize(("n", "size"), [(32, 8), (35, 8), (9, 16)])
def test_mini_batches_give_nguyens_estimate(n, size):
    a = RANDOM.normal(size=(n, 20))
    b = a[:, :4] + RANDOM.normal(size=(n, 4))
    found = compare.cka(a, b, size)
    assert found == pytest.approx(slow_batches(a, b, size), abs=1e-10)
    assert not np.isclose(found, compare.cka(a, b), atol=1e-3)


@pytest.mark.parametrize("batch", [None, 8])
def test_a_layer_is_like_itself_however_turned_and_scaled(batch):
    a = RANDOM.normal(size=(40, 12)).astype(np.float32)
    assert compare.cka(a, a, batch) == pytest.approx(1, abs=1e-9)
    assert compare.cka(a, turned(a), batch) == pytest.approx(1, abs=1e-6)
    stretched = a * np.linspace(0, 3, 12)  # not all directions alike
    assert compare.cka(a, stretched, batch) < 0.99


@pytest.mark.parametrize("batch", [None, 8])
def test_it_does_not_matter_which_comes_first(batch):
    a, b = RANDOM.normal(size=(24, 6)), RANDOM.normal(size=(24, 9))
    assert compare.cka(a, b, batch) == pytest.approx(compare.cka(b, a, batch), abs=1e-12)


def test_strangers_are_no_likeness_to_the_unbiased_estimator_however_few_pictures():
    a, b = RANDOM.normal(size=(2, 160, 400))
    assert compare.cka(a, b) > 0.6
    assert abs(compare.cka(a, b, 16)) < 0.05


@pytest.mark.parametrize("batch", [None, 4])
def test_identical_pictures_are_arranged_in_no_way(batch):
    same = np.repeat(RANDOM.normal(size=(1, 50)).astype(np.float32), 8, axis=0)
    assert np.isnan(compare.cka(same, RANDOM.normal(size=(8, 3)), batch))


def test_two_pictures_are_enough_for_the_plain_estimate_and_one_is_not():
    assert compare.cka(RANDOM.normal(size=(2, 5)), RANDOM.normal(size=(2, 3))) == pytest.approx(1)
    with pytest.raises(compare.TooFewPictures, match="two pictures"):
        compare.cka(np.ones((1, 5)), np.ones((1, 3)))


def test_features_of_other_pictures_are_refused():
    with pytest.raises(compare.OtherPictures, match="8 rows and 9"):
        compare.cka(np.ones((8, 3)), np.ones((9, 3)))


@pytest.mark.parametrize("count", [4, 5, 16, 17, 33, 100])
def test_batches_hold_every_picture_once_and_none_is_small(count):
    runs = compare.shuffled(count, seed=3)
    assert sorted(index for run in runs for index in run) == list(range(count))
    assert all(4 <= len(run) <= compare.BATCH for run in runs)
    assert runs == compare.shuffled(count, seed=3)


def test_batches_are_mixed():
    """Pictures lie sorted by class; of one class only, a batch would tell nothing of classes."""
    first = compare.shuffled(160, seed=0)[0]
    assert len({index // 16 for index in first}) > 3
    assert first != compare.shuffled(160, seed=1)[0]


def test_fewer_than_four_pictures_are_too_few_for_batches():
    with pytest.raises(compare.TooFewPictures, match="there are 3"):
        compare.shuffled(3, seed=0)
    with pytest.raises(compare.TooFewPictures, match="batches of 3"):
        compare.cka(np.ones((9, 2)), np.ones((9, 2)), 3)


@pytest.fixture(scope="module")
def imgs():
    return drawn(20).pictures


def test_layers_of_a_network_are_as_alike_as_their_features(small_model: zoo.Model, imgs):
    found = compare.grams(small_model, imgs, LAYERS, seed=2)
    order = np.concatenate(compare.shuffled(len(imgs), 2))
    features = [
        embed.features(small_model, [imgs[index] for index in order], layer, "flattened")
        for layer in LAYERS
    ]
    expected = [[compare.cka(a, b, compare.BATCH) for a in features] for b in features]
    assert found.layers == tuple(LAYERS)
    np.testing.assert_allclose(compare.between(found, found), expected, atol=1e-4)
    np.testing.assert_allclose(np.diag(expected), 1, atol=1e-9)
    assert np.ptp(expected) > 0.01


def test_identical_pictures_are_nothing_to_a_network_too(small_model: zoo.Model, imgs):
    found = compare.grams(small_model, [imgs[0]] * 6, ["conv1", "layer3"])
    assert np.isnan(compare.between(found, found)).all()


def test_grams_of_other_pictures_are_refused(small_model: zoo.Model, imgs):
    few, more = (compare.grams(small_model, imgs[:n], ["layer3"]) for n in (5, 8))
    with pytest.raises(compare.OtherPictures):
        compare.between(few, more)


def test_sisters_are_more_alike_at_the_end_than_strangers(bundled):
    """Two networks that learnt the same classes; one that learnt nothing."""
    imgs = drawn(32).pictures
    names = ("bundled/scenes-regnet", "bundled/scenes-regnet-robust", "untrained/regnetx_002")
    taught, sister, untaught = (compare.grams(zoo.load(name), imgs, ["s4.b7"]) for name in names)
    likeness = compare.between(taught, sister)[0, 0]
    assert likeness > compare.between(taught, untaught)[0, 0] + 0.1
    assert likeness < 0.999
