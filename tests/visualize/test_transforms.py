"""Transforms: none is none; they are each picture's own, and follow their course."""

import torch

from core import scenes
from core.visualize.transforms import Transforms, looked_at

STILL = Transforms(jitter=(0, 0), zoom=(0, 0), turn=(0, 0))


def dice(*seeds: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def pictures(count: int) -> torch.Tensor:
    return scenes.batch(0, range(count), 40).pictures.float() / 255


def test_without_transforms_the_pictures_stay():
    x = pictures(2)
    torch.testing.assert_close(looked_at(x, STILL, 0.5, dice(0, 1)), x, atol=1e-5, rtol=0)


def test_a_look_depends_on_its_own_dice_only():
    x = pictures(2)
    both = looked_at(x, Transforms(noise=(0.1, 0.1)), 0.5, dice(5, 6))
    alone = looked_at(x[1:], Transforms(noise=(0.1, 0.1)), 0.5, dice(6))
    torch.testing.assert_close(both[1:], alone)
    same = looked_at(x[:1].repeat(2, 1, 1, 1), Transforms(), 0.5, dice(1, 2))
    assert not torch.allclose(same[0], same[1])


def test_looks_at_a_picture_stand_together():
    x = torch.stack([torch.zeros(3, 8, 8), torch.ones(3, 8, 8)])
    seen = looked_at(x, Transforms(looks=3), 0.0, dice(0, 1))
    assert seen.mean(dim=(1, 2, 3)).round().tolist() == [0, 0, 0, 1, 1, 1]


def test_a_crop_shrinks_over_the_run():
    """A crop of a ramp spans less of it the smaller it is."""
    ramp = torch.linspace(0, 1, 64).expand(1, 3, 64, 64)
    course = Transforms(jitter=(0, 0), zoom=(0, 0), turn=(0, 0), crop=(0.5, 0.1))
    spans = []
    for share in (0.0, 1.0):
        seen = looked_at(ramp, course, share, dice(0))
        spans.append((seen.max() - seen.min()).item())
    assert 0.45 < spans[0] < 0.55
    assert 0.08 < spans[1] < 0.12
