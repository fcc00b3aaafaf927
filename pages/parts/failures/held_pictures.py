"""The pictures for which only one of the networks is still right."""

from collections.abc import Mapping

import streamlit as st
from PIL import Image

from core import corruptions, zoo
from core.corruptions import SIDE, JudgedAnswers
from core.sets import BrokenFile, right_classes
from pages.parts.failures.tested_set import TestedSet
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown

LINKED = Linked("failures")
# Pictures of a page, and their size in pixels.
PER_PAGE, WIDTH = 8, 160


def show(judged: Mapping[str, JudgedAnswers], tested: TestedSet, by_label: bool) -> None:
    """Show the pictures at the chosen step, as the first network gets them.

    Args:
        judged: Answers to the same pictures, by network.
        tested: What is tested.
        by_label: Whether they are judged by the right class.
    """
    if len(judged) < 2:
        return
    st.subheader("Only one of them holds", anchor=False)
    held = corruptions.held_by_one(judged, tested.step)
    counts = {name: sum(holder == name for _, holder in held) for name in judged}
    titles = zoo.distinct_titles(tested.models)
    parts = [f"{escape_markdown(titles[name])} alone: {count}" for name, count in counts.items()]
    verb = "is right" if by_label else "keeps its answer"
    st.markdown(
        f"At step {tested.step}, only one network {verb} for **{len(held)}** of"
        f" {len(next(iter(judged.values())).right)} pictures ({'; '.join(parts)})."
    )
    place = st.container()
    page = LINKED.pagination(-(-len(held) // PER_PAGE), "held")
    with place, st.grid(4, min_column_width=WIDTH) as grid:
        for row, holder in held[(page - 1) * PER_PAGE : page * PER_PAGE]:
            with grid.cell():
                _show_picture(judged, tested, row, holder, by_label)


def _show_picture(
    judged: Mapping[str, JudgedAnswers], tested: TestedSet, row: int, holder: str, by_label: bool
) -> None:
    index = int(tested.rows[row]) if by_label else row
    titles = zoo.distinct_titles(tested.models)
    lines = [
        f"{':material/check:' if name == holder else ':material/close:'}"
        f" {escape_markdown(titles[name])}: {escape_markdown(_answer(tested, name, each, row))}"
        for name, each in judged.items()
    ]
    name = " or ".join(right_classes(tested.pictures, index)) or f"picture {index}"
    try:
        img = _changed(tested, index)
    except BrokenFile as error:
        st.caption(escape_markdown(error))
        return
    st.image(
        img, alt=f"Picture {index} at step {tested.step}: {name}", width="stretch",
        output_format="JPEG",
    )  # fmt: skip
    st.caption("  \n".join([f"**{escape_markdown(name)}**", *lines]))


def _answer(tested: TestedSet, name: str, judged: JudgedAnswers, row: int) -> str:
    label = tested.models[name].labels[int(judged.top[row, tested.step])]
    return f"{label}, {judged.confidence[row, tested.step]:.0%}"


def _changed(tested: TestedSet, index: int) -> Image.Image:
    """Return a picture at the chosen step; unchanged for attacks, which nobody sees."""
    card = next(iter(tested.models.values()))
    crop = card.preprocessing.crop(tested.pictures.image(index, max(card.input_size[1:])))
    base = crop.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    if tested.dial.change is None:
        return base
    return corruptions.changed_picture(base, tested.dial.key, tested.step)
