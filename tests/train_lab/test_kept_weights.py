"""Kept weights stay within their bound, dense at the beginning, with the first and the last."""

from itertools import pairwise

from core.train_lab.kept_weights import is_kept, kept_steps, thin_out, weights_file


def keep(folder, steps, size=100):
    for step in steps:
        weights_file(folder, step).write_bytes(bytes(size))
        thin_out(folder, max_bytes=1000)


def test_few_weights_stay(tmp_path):
    keep(tmp_path, range(10))
    assert kept_steps(tmp_path) == list(range(10))


def test_many_weights_are_thinned_evenly_in_doublings(tmp_path):
    keep(tmp_path, [step for step in range(1000) if is_kept(step)])
    steps = kept_steps(tmp_path)
    assert len(steps) == 10
    assert steps[0] == 0
    assert steps[-1] == max(step for step in range(1000) if is_kept(step))
    ratios = [(after + 1) / (before + 1) for before, after in pairwise(steps)]
    assert max(ratios) < 4


def test_the_weights_of_a_large_network_are_kept_at_the_start_the_middle_and_the_end(tmp_path):
    keep(tmp_path, [0, 1, 2, 4, 8, 16, 32, 64], size=900)
    steps = kept_steps(tmp_path)
    assert len(steps) == 3
    assert (steps[0], steps[-1]) == (0, 64)
