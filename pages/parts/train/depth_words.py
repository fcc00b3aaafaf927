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
    best = _best(accuracy)
    right = {blocks: mean(values.values()) for blocks, values in accuracy.items()}
    if best == 1:
        return f"**Depth buys nothing here:** one block is right most often, for {right[1]:.0%}."
    gained = difference(accuracy[best], accuracy[1])
    agree = "With every seed" if gained.more else "But not with every seed"
    return (
        f"**Depth buys {100 * gained.mean:.0f} points:** {best} blocks are right for"
        f" {right[best]:.0%} of new scenes, and one block for {right[1]:.0%}. {agree}, they are"
        f" better than one.{_deepest_text(accuracy, best)} A channel sees a window of"
        f" {window(1)} pixels after one block, and one of {window(best)} after {best} (the"
        f" pictures have {SIZE})."
    )


def parts_text(rows: Sequence[DepthRow]) -> str:
    """Return in Markdown how many channels of the best network stand for a part, and did before."""
    best = _best(accuracy_by_blocks(rows))
    chosen = [row for row in rows if row.blocks == best]
    after = {row.seed: parts_share(row) for row in chosen}
    before = {row.seed: parts_share(row, trained=False) for row in chosen}
    blocks = f"{best} block{'s' if best > 1 else ''}"
    if not any(after.values()):
        return (
            f"With {blocks}, no channel stands for a part: each matches the whole thing, a"
            " background, or nothing."
        )
    learned = difference(after, before)
    verdict = (
        ": random filters match large parts of one colour, too. Training adds some with every seed."
        if learned.more
        else ", which is no clear difference."
    )
    return (
        f"With {blocks}, {mean(after.values()):.0%} of all channels stand for a part, and"
        f" {mean(before.values()):.0%} did before training{verdict}"
    )


def _best(accuracy: Mapping[int, BySeed]) -> int:
    """Return the number of blocks with the highest mean accuracy."""
    return max(accuracy, key=lambda blocks: mean(accuracy[blocks].values()))


def _deepest_text(accuracy: Mapping[int, BySeed], best: int) -> str:
    """Say whether more blocks than the best number are worse."""
    deepest = max(accuracy)
    if deepest == best:
        return ""
    lost = difference(accuracy[deepest], accuracy[best])
    if lost.less:
        return f" With {deepest} it gets worse again."
    return f" Whether {best} or {deepest} blocks makes no clear difference."
