"""The weights that a run keeps: after which steps, in which files, and which are deleted."""

import math
from pathlib import Path

from safetensors.torch import save as to_bytes
from torch import nn

from core.atomic_file import write_atomically

# The weights of the first steps are all kept, then those of about this many steps per doubling.
DENSE_STEPS, KEPT_PER_DOUBLING = 8, 4
# Bytes of the weights of a run, as long as more than `FEWEST` steps are kept.
MAX_BYTES, FEWEST = 20_000_000, 3


def is_kept(step: int) -> bool:
    """Return whether the weights after a step are kept: often at first, then ever more rarely."""
    if step <= DENSE_STEPS:
        return True
    position = KEPT_PER_DOUBLING * math.log2(step)
    return math.floor(position) != math.floor(KEPT_PER_DOUBLING * math.log2(step - 1))


def keep(folder: Path, net: nn.Module, step: int) -> None:
    """Write the weights of a step in 16 bits; others make room where they are too many.

    Raises:
        OSError: They can't be written, as on a full disk.
    """
    weights = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in net.state_dict().items()
    }
    write_atomically(weights_file(folder, step), to_bytes(weights))
    thin_out(folder)


def weights_file(folder: Path, step: int) -> Path:
    """Return the file of a run's weights after a step."""
    return folder / f"weights-{step:06d}.safetensors"


def kept_steps(folder: Path) -> list[int]:
    """Return the steps of a run whose weights are kept."""
    return sorted(int(file.stem.partition("-")[2]) for file in folder.glob("weights-*.safetensors"))


def thin_out(folder: Path, max_bytes: int = MAX_BYTES) -> None:
    """Delete kept weights until they fit; the first and the last step stay.

    The step whose neighbours are nearest to each other goes first, measured in doublings: so steps
    at the beginning, where most happens, stay close to each other.
    """
    steps = kept_steps(folder)
    sizes = {step: weights_file(folder, step).stat().st_size for step in steps}
    while sum(sizes.values()) > max_bytes and len(steps) > FEWEST:
        neighbours = zip(steps, steps[2:], strict=False)
        gaps = [math.log2((after + 1) / (before + 1)) for before, after in neighbours]
        removed = steps.pop(gaps.index(min(gaps)) + 1)
        weights_file(folder, removed).unlink()
        del sizes[removed]
