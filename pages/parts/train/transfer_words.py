"""What the study of transfer has found, in words."""

from collections.abc import Sequence
from itertools import pairwise

from core.train_lab.studies.findings import (
    BySeed,
    Difference,
    accuracy_by_start,
    difference,
    numbers_of_pictures,
)
from core.train_lab.studies.rows import Start, TransferRow

Accuracies = dict[tuple[Start, int, int], BySeed]


def tuned_text(rows: Sequence[TransferRow], kept: int) -> str:
    """Return in Markdown whether kept blocks that go on learning beat a start from scratch.

    Args:
        rows: The rows of a study.
        kept: Number of kept blocks.
    """
    found = _over_scratch(accuracy_by_start(rows), Start.TUNED, kept, numbers_of_pictures(rows))
    if not found:
        return ""
    better = {pictures: each for pictures, each in found.items() if each.more}
    worse = {pictures: each for pictures, each in found.items() if each.less}
    unclear = [pictures for pictures in found if pictures not in better and pictures not in worse]
    texts = []
    if better:
        texts.append(f"helps with {_points(better)}")
    if worse:
        texts.append(f"hurts with {_points(worse)}")
    if unclear:
        texts.append(f"makes no clear difference with {_and([str(count) for count in unclear])}")
    return (
        f"**Fine-tuning:** compared with a network from scratch, starting with {_blocks(kept)} from"
        f" faces and training all of them {', and '.join(texts)} pictures of each class."
    )


def frozen_text(rows: Sequence[TransferRow], kept: int) -> str:
    """Return in Markdown what frozen blocks of faces are worth, beside frozen random blocks.

    Args:
        rows: The rows of a study.
        kept: Number of kept blocks.
    """
    accuracy = accuracy_by_start(rows)
    most = max(numbers_of_pictures(rows))
    frozen, random, scratch = (
        accuracy.get(key)
        for key in (
            (Start.FROZEN, kept, most),
            (Start.RANDOM, kept, most),
            (Start.SCRATCH, 0, most),
        )
    )
    if not frozen or not random or not scratch:
        return ""
    learned, lost = difference(frozen, random), difference(scratch, frozen)
    blocks = _blocks(kept)
    text = f"**Frozen blocks:** with {most} pictures of each class, {blocks} from faces "
    if learned.more:
        text += (
            f"gave {100 * learned.mean:.0f} points more than {blocks} of a random network. So what"
            " faces taught is useful for cars, too."
        )
    elif learned.less:
        text += f"gave {-100 * learned.mean:.0f} points less than {blocks} of a random network."
    else:
        text += (
            f"made no clear difference to {blocks} of a random network: the layers after them make"
            " up for it."
        )
    if lost.more:
        text += f" A network from scratch gains {100 * lost.mean:.0f} points more."
    return text


def depth_of_transfer_text(rows: Sequence[TransferRow]) -> str:
    """Return in Markdown which blocks transfer: what each further frozen block costs."""
    accuracy = accuracy_by_start(rows)
    most = max(numbers_of_pictures(rows))
    blocks = sorted({kept for start, kept, _ in accuracy if start is Start.FROZEN})
    scratch = accuracy.get((Start.SCRATCH, 0, most))
    frozen = [accuracy.get((Start.FROZEN, kept, most)) for kept in blocks]
    if not scratch or len(blocks) < 2 or not all(frozen):
        return ""
    costs = [100 * difference(scratch, each).mean for each in frozen if each]
    steady = all(later > earlier for earlier, later in pairwise(costs))
    verdict = "**The first blocks transfer best.** " if steady else ""
    ending = ": the later a block, the more it is about faces" if steady else ""
    return (
        f"{verdict}With {most} pictures of each class of cars, keeping the first"
        f" {_and([str(count) for count in blocks])} blocks from faces frozen costs"
        f" {_and([f'{cost:.0f}' for cost in costs])} points against a network from scratch{ending}."
    )


def _over_scratch(
    accuracy: Accuracies, start: Start, kept: int, pictures: Sequence[int]
) -> dict[int, Difference]:
    found = {}
    for count in pictures:
        own, scratch = accuracy.get((start, kept, count)), accuracy.get((Start.SCRATCH, 0, count))
        if own and scratch and set(own) & set(scratch):
            found[count] = difference(own, scratch)
    return found


def _points(found: dict[int, Difference]) -> str:
    return _and([f"{count} ({_signed(each)} points)" for count, each in found.items()])


def _signed(found: Difference) -> str:
    return f"{100 * found.mean:+.0f}".replace("-", "−")


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _blocks(kept: int) -> str:
    return "the first block" if kept == 1 else f"the first {kept} blocks"
