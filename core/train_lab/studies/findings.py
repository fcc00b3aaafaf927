"""What the rows of a study say: values by seed, and differences on which all seeds agree."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import TypeVar

from core.train_lab.studies.rows import DepthRow, Start, TransferRow

AnyRow = TypeVar("AnyRow", DepthRow, TransferRow)
# Values of equal networks by seed.
BySeed = Mapping[int, float]


@dataclass(frozen=True)
class Difference:
    """How much more one value is than another, with the same seeds.

    Attributes:
        mean: Mean of the differences.
        clear: Whether there are at least three seeds, and the sign is the same for all of them.
    """

    mean: float
    clear: bool

    @property
    def more(self) -> bool:
        """Whether it is clear, and above 0."""
        return self.clear and self.mean > 0

    @property
    def less(self) -> bool:
        """Whether it is clear, and below 0."""
        return self.clear and self.mean < 0


def difference(a: BySeed, b: BySeed) -> Difference:
    """Compare values of two kinds of networks over the seeds that both have, at least one."""
    found = [a[seed] - b[seed] for seed in a if seed in b]
    agree = all(each > 0 for each in found) or all(each < 0 for each in found)
    return Difference(mean(found), agree and len(found) >= 3)


def accuracy_by_blocks(rows: Iterable[DepthRow]) -> dict[int, BySeed]:
    """Return the accuracy for new scenes by number of blocks and seed."""
    return _by_seed(rows, lambda row: row.blocks)


def parts_share(row: DepthRow, trained: bool = True) -> float:
    """Return the share of all channels that stand for a part, after training or before."""
    parts = row.parts if trained else row.untrained_parts
    return sum(parts.values()) / sum(row.channels.values())


def accuracy_by_start(
    rows: Iterable[TransferRow],
) -> dict[tuple[Start, int, int], BySeed]:
    """Return the accuracy by start, kept blocks and pictures, and by seed."""
    return _by_seed(rows, lambda row: (row.start, row.kept, row.pictures))


def numbers_of_pictures(rows: Iterable[TransferRow]) -> Sequence[int]:
    """Return the numbers of training pictures of each class, the smallest first."""
    return sorted({row.pictures for row in rows})


Key = TypeVar("Key")


def _by_seed(rows: Iterable[AnyRow], key: Callable[[AnyRow], Key]) -> dict[Key, BySeed]:
    found: dict[Key, dict[int, float]] = {}
    for row in rows:
        found.setdefault(key(row), {})[row.seed] = row.accuracy
    return dict(found)
