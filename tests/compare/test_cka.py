"""CKA equals slow implementations of the papers; identities; too few and different pictures."""

import numpy as np
import pytest

from core import compare, embed, zoo
from core.compare.cka import u_centred
from tests.held_set import draw_set

RANDOM = np.random.default_rng(0)
LAYERS = ["layer1", "layer3", "fc"]


def rotated(x: np.ndarray) -> np.ndarray:
    """Rotate, scale and shift features; CKA ignores all three."""
    q, _ = np.linalg.qr(RANDOM.normal(size=(x.shape[1], x.shape[1])))
    return 3.7 * x @ q + 5


def slow_cka(a: np.ndarray, b: np.ndarray) -> float:
    """Compute Kornblith et al. 2019, equations 3 and 4, with an explicit centring matrix."""
    n = len(a)
    h = np.eye(n) - np.ones((n, n)) / n

    def hsic(gram_a: np.ndarray, gram_b: np.ndarray) -> float:
        return np.trace(gram_a @ h @ gram_b @ h) / (n - 1) ** 2

    gram_a, gram_b = a @ a.T, b @ b.T
    return hsic(gram_a, gram_b) / np.sqrt(hsic(gram_a, gram_a) * hsic(gram_b, gram_b))


def slow_hsic(gram_a: np.ndarray, gram_b: np.ndarray) -> float:
    """Compute Song et al. 2012, equation 5, term by term."""
    n, ones = len(gram_a), np.ones(len(gram_a))
    k_a, k_b = (gram * (1 - np.eye(n)) for gram in (gram_a, gram_b))
    first = np.trace(k_a @ k_b)
    second = (ones @ k_a @ ones) * (ones @ k_b @ ones) / ((n - 1) * (n - 2))
    third = 2 / (n - 2) * (ones @ k_a @ k_b @ ones)
    return (first + second - third) / (n * (n - 3))


def slow_batches(a: np.ndarray, b: np.ndarray, size: int) -> float:
    """Compute Nguyen et al. 2021, equation 3."""
    sums = np.zeros(3)
    for batch in compare.shuffled_batches(len(a), 0, size):
        gram_a, gram_b = a[batch] @ a[batch].T, b[batch] @ b[batch].T
        sums += [
            slow_hsic(gram_a, gram_b), slow_hsic(gram_a, gram_a), slow_hsic(gram_b, gram_b)
        ]  # fmt: skip
    return sums[0] / np.sqrt(sums[1] * sums[2])


@pytest.mark.parametrize("shape", [(40, 7, 5), (12, 30, 9), (12, 9, 30), (12, 12, 12)])
def test_the_biased_estimate_equals_kornblith(shape):
    n, wide, narrow = shape
    a = RANDOM.normal(size=(n, wide)) + 2
    b = a[:, :1] * RANDOM.normal(size=narrow) + RANDOM.normal(size=(n, narrow))
    assert compare.cka(a, b) == pytest.approx(slow_cka(a, b), abs=1e-10)


@pytest.mark.parametrize("n", [4, 5, 11])
def test_u_centred_matrices_give_the_unbiased_hsic_of_song(n):
    gram_a, gram_b = ((x @ x.T) for x in RANDOM.normal(size=(2, n, 6)) + 1)
    hsic = (u_centred(gram_a) * u_centred(gram_b)).sum() / (n * (n - 3))
    assert hsic == pytest.approx(slow_hsic(gram_a, gram_b), abs=1e-10)


@pytest.mark.parametrize(("n", "size"), [(32, 8), (35, 8), (9, 16)])
def test_the_mini_batch_estimate_equals_nguyen(n, size):
    a = RANDOM.normal(size=(n, 20))
    b = a[:, :4] + RANDOM.normal(size=(n, 4))
    by_batches = compare.cka(a, b, size)
    assert by_batches == pytest.approx(slow_batches(a, b, size), abs=1e-10)
    assert not np.isclose(by_batches, compare.cka(a, b), atol=1e-3)


def test_pictures_sorted_by_class_have_the_cka_of_pictures_in_random_order():
    """Without mixing, a mini-batch has pictures of one class, which differ by noise only."""
    random = np.random.default_rng(0)
    classes = np.repeat(random.normal(size=(32, 9)), 8, axis=0)
    a, b = classes + 0.3 * random.normal(size=(2, 256, 9))
    order = random.permutation(256)
    by_class, mixed = compare.cka(a, b, 8), compare.cka(a[order], b[order], 8)
    assert mixed > 0.8
    assert by_class == pytest.approx(mixed, abs=0.1)
    assert compare.cka(a, b, 8, seed=1) != by_class
    assert compare.cka(a, b, 8, seed=1) == pytest.approx(by_class, abs=0.1)


@pytest.mark.parametrize("batch", [None, 8])
def test_cka_of_a_layer_with_itself_is_one_also_rotated_and_scaled(batch):
    a = RANDOM.normal(size=(40, 12)).astype(np.float32)
    assert compare.cka(a, a, batch) == pytest.approx(1, abs=1e-9)
    assert compare.cka(a, rotated(a), batch) == pytest.approx(1, abs=1e-6)
    stretched = a * np.linspace(0, 3, 12)  # a different scale in each direction
    assert compare.cka(a, stretched, batch) < 0.99


@pytest.mark.parametrize("batch", [None, 8])
def test_cka_is_symmetric(batch):
    a, b = RANDOM.normal(size=(24, 6)), RANDOM.normal(size=(24, 9))
    assert compare.cka(a, b, batch) == pytest.approx(compare.cka(b, a, batch), abs=1e-12)


def test_the_unbiased_estimate_of_unrelated_layers_is_near_zero():
    a, b = RANDOM.normal(size=(2, 160, 400))
    assert compare.cka(a, b) > 0.6
    assert abs(compare.cka(a, b, 16)) < 0.05


@pytest.mark.parametrize("batch", [None, 4])
def test_cka_of_a_constant_layer_is_nan(batch):
    same = np.repeat(RANDOM.normal(size=(1, 50)).astype(np.float32), 8, axis=0)
    assert np.isnan(compare.cka(same, RANDOM.normal(size=(8, 3)), batch))


def test_the_biased_estimate_needs_two_pictures():
    assert compare.cka(RANDOM.normal(size=(2, 5)), RANDOM.normal(size=(2, 3))) == pytest.approx(1)
    with pytest.raises(compare.TooFewPictures, match="two pictures"):
        compare.cka(np.ones((1, 5)), np.ones((1, 3)))


def test_features_with_different_numbers_of_rows_raise():
    with pytest.raises(compare.DifferentPictures, match="8 rows and 9"):
        compare.cka(np.ones((8, 3)), np.ones((9, 3)))


@pytest.mark.parametrize("count", [4, 5, 16, 17, 33, 100])
def test_shuffled_batches_contain_every_picture_once_and_at_least_four(count):
    batches = compare.shuffled_batches(count, seed=3)
    assert sorted(index for batch in batches for index in batch) == list(range(count))
    assert all(4 <= len(batch) <= compare.BATCH_SIZE for batch in batches)
    assert batches == compare.shuffled_batches(count, seed=3)


def test_batches_contain_several_classes_of_a_sorted_set():
    """A batch of one class would not show how a layer separates classes."""
    first = compare.shuffled_batches(160, seed=0)[0]
    assert len({index // 16 for index in first}) > 3
    assert first != compare.shuffled_batches(160, seed=1)[0]


def test_mini_batches_need_four_pictures():
    with pytest.raises(compare.TooFewPictures, match="there are 3"):
        compare.shuffled_batches(3, seed=0)
    with pytest.raises(compare.TooFewPictures, match="batches of 3"):
        compare.cka(np.ones((9, 2)), np.ones((9, 2)), 3)


@pytest.fixture(scope="module")
def imgs():
    return draw_set(20).pictures


def test_cka_from_gram_matrices_equals_cka_from_features(small_model: zoo.Model, imgs):
    grams = compare.grams(small_model, imgs, LAYERS, seed=2)
    features = [embed.features(small_model, imgs, layer, "flattened") for layer in LAYERS]
    size = compare.BATCH_SIZE
    expected = [[compare.cka(a, b, size, seed=2) for a in features] for b in features]
    assert grams.layers == tuple(LAYERS)
    np.testing.assert_allclose(compare.cka_matrix(grams, grams), expected, atol=1e-4)
    np.testing.assert_allclose(np.diag(expected), 1, atol=1e-9)
    assert np.ptp(expected) > 0.01


def test_gram_matrices_of_identical_pictures_give_nan(small_model: zoo.Model, imgs):
    grams = compare.grams(small_model, [imgs[0]] * 6, ["conv1", "layer3"])
    assert np.isnan(compare.cka_matrix(grams, grams)).all()


def test_gram_matrices_of_different_batches_raise(small_model: zoo.Model, imgs):
    few, more = (compare.grams(small_model, imgs[:n], ["layer3"]) for n in (5, 8))
    with pytest.raises(compare.DifferentPictures):
        compare.cka_matrix(few, more)


def test_networks_trained_on_the_same_classes_are_more_similar_than_untrained_ones(bundled):
    imgs = draw_set(32).pictures
    names = ("bundled/scenes-regnet", "bundled/scenes-regnet-robust", "untrained/regnetx_002")
    first, second, untrained = (compare.grams(zoo.load(name), imgs, ["s4.b7"]) for name in names)
    similarity = compare.cka_matrix(first, second)[0, 0]
    assert similarity > compare.cka_matrix(first, untrained)[0, 0] + 0.1
    assert similarity < 0.999
