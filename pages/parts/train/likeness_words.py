"""What the study of likeness has found, in words."""

from collections.abc import Sequence
from statistics import mean

from core.train_lab.studies.findings import difference
from core.train_lab.studies.rows import Likeness, LikenessRow

# The pairs of networks, as charts and tables call them.
OTHER, SAME, UNTRAINED = "faces and cars", "faces and faces", "before training"


def pairs(row: LikenessRow) -> dict[str, Likeness]:
    """Return the likeness of each pair of networks by its name."""
    return {OTHER: row.other, SAME: row.same, UNTRAINED: row.untrained}


def filters_text(rows: Sequence[LikenessRow]) -> str:
    """Return in Markdown how alike the first filters are, and whether they learned to be."""
    of = {
        name: {row.seed: mean(pairs(row)[name].filters) for row in rows} for name in pairs(rows[0])
    }
    means = {name: mean(values.values()) for name, values in of.items()}
    learned = difference(of[OTHER], of[UNTRAINED])
    if learned.more:
        verdict = (
            f"With every seed, faces and cars are more alike than before training, by"
            f" {learned.mean:.2f} on average: so much their first filters have learned in common."
        )
    elif learned.less:
        verdict = "With every seed, training made faces and cars less alike than before."
    else:
        verdict = "Faces and cars are not clearly more alike than before training."
    return (
        f"**Matched filters of faces and cars correlate by {means[OTHER]:.2f}** on average, those"
        f" of two networks that both learned faces by {means[SAME]:.2f}, and those before"
        f" training by {means[UNTRAINED]:.2f}. {verdict}"
    )


def layers_text(rows: Sequence[LikenessRow]) -> str:
    """Return in Markdown how alike the blocks are, from the first to the last."""
    blocks = list(rows[0].other.cka)
    first, last = blocks[0], blocks[-1]
    of = {block: {row.seed: row.other.cka[block] for row in rows} for block in blocks}
    same = {row.seed: row.same.cka[last] for row in rows}
    lost, apart = difference(of[first], of[last]), difference(same, of[last])
    text = (
        f"**Faces and cars share {mean(of[first].values()):.2f} in {first} and"
        f" {mean(of[last].values()):.2f} in {last}** (CKA; 1 means the same arrangement of scenes)."
    )
    if lost.more:
        text += " The later the block, the less they share."
    if apart.more:
        text += (
            f" Two networks of faces share {mean(same.values()):.2f} in {last}: late blocks depend"
            " on what was learned."
        )
    elif not apart.clear:
        text += (
            f" Two networks of faces share {mean(same.values()):.2f} in {last}, which is no clear"
            " difference: even the same task is learned in different ways."
        )
    before = {row.seed: row.untrained.cka[last] for row in rows}
    if difference(before, of[last]).more:
        text += (
            f" Before training, the networks of faces and cars shared {mean(before.values()):.2f}"
            " there: learning has moved them apart."
        )
    return text
