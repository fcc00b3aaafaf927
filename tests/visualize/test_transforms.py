"""Transforms: disabled ones change nothing; each picture has its own draws; schedules apply."""

import torch

from core import scenes
from core.visualize.transforms import Transforms, transform

STILL = Transforms(jitter=(0, 0), zoom=(0, 0), turn=(0, 0))


def generators(*seeds: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def scene_pixels(count: int) -> torch.Tensor:
    return scenes.batch(0, range(count), 40).pictures.float() / 255


def test_disabled_transforms_keep_the_pictures():
    x = scene_pixels(2)
    torch.testing.assert_close(transform(x, STILL, 0.5, generators(0, 1)), x, atol=1e-5, rtol=0)


def test_views_depend_on_their_own_generator_only():
    x = scene_pixels(2)
    noisy = Transforms(noise=(0.1, 0.1))
    in_batch = transform(x, noisy, 0.5, generators(5, 6))
    alone = transform(x[1:], noisy, 0.5, generators(6))
    torch.testing.assert_close(in_batch[1:], alone)
    two_views = transform(x[:1].repeat(2, 1, 1, 1), Transforms(), 0.5, generators(1, 2))
    assert not torch.allclose(two_views[0], two_views[1])


def test_views_of_a_picture_are_consecutive():
    x = torch.stack([torch.zeros(3, 8, 8), torch.ones(3, 8, 8)])
    views = transform(x, Transforms(looks=3), 0.0, generators(0, 1))
    assert views.mean(dim=(1, 2, 3)).round().tolist() == [0, 0, 0, 1, 1, 1]


def test_crop_follows_its_schedule():
    """The smaller the crop of a ramp, the smaller its range of values."""
    ramp = torch.linspace(0, 1, 64).expand(1, 3, 64, 64)
    shrinking = Transforms(jitter=(0, 0), zoom=(0, 0), turn=(0, 0), crop=(0.5, 0.1))
    ranges = []
    for fraction in (0.0, 1.0):
        view = transform(ramp, shrinking, fraction, generators(0))
        ranges.append((view.max() - view.min()).item())
    assert 0.45 < ranges[0] < 0.55
    assert 0.08 < ranges[1] < 0.12
