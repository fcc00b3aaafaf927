"""What the study of depth has found, in words."""

from collections.abc import Mapping, Sequence
from statistics import mean

from core.textbook import window
from core.train_lab.studies.findings import (
    BySeed,
    accuracy_by_blocks,
    difference,
    parts_share,
)
from core.train_lab.studies.rows import DepthRow
from core.train_lab.studies.study import SIZE


def depth_text(rows: Sequence[DepthRow]) -> str:
    """Return in Markdown which depth is right most often, and why depth may help; "" for too few.

    Args:
        rows: The rows of a study, at best all.
    """
    accuracy = accuracy_by_blocks(rows)
    if 1 not in accuracy or len(accuracy) < 2:
        return ""
    means = {blocks: mean(values.values()) for blocks, values in accuracy.items()}
    best = max(means, key=lambda blocks: means[blocks])
    if best == 1:
        return f"**Depth buys nothing here:** one block is right most often, for {means[1]:.0%}."
    gained = difference(accuracy[best], accuracy[1])
    agree = "with every seed" if gained.more else "but not with every seed"
    return (
        f"**Depth buys {100 * gained.mean:.0f} points:** {best} blocks are right most often, for"
        f" {means[best]:.0%} of new scenes, and one block for {means[1]:.0%} ({agree} better)."
        f"{_deepest_text(accuracy, best)} With one block a channel sees a window of {window(1)}"
        f" pixels, with {best} one of {window(best)}; the pictures have {SIZE}."
    )


def parts_text(rows: Sequence[DepthRow]) -> str:
    """Return in Markdown how many channels of the deepest network stand for a part; "" for none."""
    deepest = [row for row in rows if row.blocks == max(each.blocks for each in rows)]
    if not deepest:
        return ""
    after = {row.seed: parts_share(row) for row in deepest}
    before = {row.seed: parts_share(row, trained=False) for row in deepest}
    learned = difference(after, before)
    verdict = (
        "Training adds some, with every seed."
        if learned.more
        else "So these matches say little about what was learned."
    )
    return (
        f"With {deepest[0].blocks} blocks, {mean(after.values()):.0%} of all channels stand for a"
        f" part, and {mean(before.values()):.0%} did before training: random filters match large"
        f" parts of one colour, too. {verdict}"
    )


def _deepest_text(accuracy: Mapping[int, BySeed], best: int) -> str:
    """Say whether more blocks than the best number are worse."""
    deepest = max(accuracy)
    if deepest == best:
        return ""
    lost = difference(accuracy[deepest], accuracy[best])
    if lost.less:
        return f" With {deepest} it gets worse again."
    return f" Whether {best} or {deepest} blocks makes no clear difference."
