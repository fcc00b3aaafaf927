"""One dial: what each network says at each step, the pictures, and the curves."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st
from PIL import Image

from core import corruptions, figures
from core.corruptions import SIDE, Dial, DialAnswers
from core.pictures import Picture
from core.workbench.recipes import Recipe
from core.zoo import Card
from core.zoo.titles import distinct_titles
from pages.parts.failures.broken_answer import BrokenAnswer, broken_answer
from pages.parts.failures.dial_picker import ATTACK_NOTE, step_labels
from pages.parts.failures.right_class import Accepted
from pages.parts.shared import downloads
from pages.parts.shared.chart_toolbar import with_png
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.model_crop import model_crop
from pages.parts.shared.results import Results

HEIGHT, WIDTH = 320, 118
# How much the change of an attack is enlarged, so that it can be seen.
ENLARGED = 20


@dataclass(frozen=True)
class Tested:
    """What is tested with the dials.

    Attributes:
        results: The results of the page.
        models: The networks by name.
        picture: The picture.
        accepted: What counts as right for each network.
        recipes: The recipes by network and dial.
    """

    results: Results
    models: Mapping[str, Card]
    picture: Picture
    accepted: Mapping[str, Accepted]
    recipes: Mapping[tuple[str, str], Recipe[DialAnswers]]

    def answers(self, name: str, dial: str) -> DialAnswers | None:
        """Return a network's answers; None where they are missing."""
        return self.results.value(self.recipes[name, dial])

    def broken(self, name: str, dial: str) -> BrokenAnswer | None:
        """Return when a network's answer breaks; None where it is not known yet."""
        answers = self.answers(name, dial)
        if answers is None:
            return None
        return broken_answer(self.models[name], answers, self.accepted[name])

    def pictures(self, name: str, dial: Dial) -> list[Image.Image] | None:
        """Return what a network gets at each step; None where an attack is not computed yet."""
        if dial.change is not None:
            crop = model_crop(self.models[name], self.picture)
            base = crop.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
            return corruptions.changed_pictures(base, dial.key)
        answers = self.answers(name, dial.key)
        if answers is None or answers.attacked is None:
            return None
        return [Image.fromarray(pixels) for pixels in answers.attacked]


def show(tested: Tested, dial: Dial, step: int) -> None:
    """Show the verdicts, the pictures and the curves of a dial.

    Args:
        tested: What is tested; the recipes of this dial were requested.
        dial: The dial.
        step: The chosen step.
    """
    own = [tested.recipes[name, dial.key] for name in tested.models]
    tested.results.show_errors(own)
    broken = {
        name: found
        for name in tested.models
        if (found := tested.broken(name, dial.key)) is not None
    }
    for name, each in broken.items():
        st.markdown(f"{with_badge(tested.models[name])} {_sentence(each, dial)}")
    _show_pictures(tested, dial, step)
    if not broken:
        tested.results.placeholder(own, HEIGHT)
        return
    titles = distinct_titles(tested.models)
    lines = {
        f"{titles[name]}: {' or '.join(each.followed)}": each.probabilities
        for name, each in broken.items()
    }
    figure = figures.dial_curves(lines, step_labels(dial), step, dial.title)
    st.plotly_chart(
        figure, key="_curves", config=with_png(f"failures-{dial.key}"),
        alt=f"Probability of the followed class by {dial.title}",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"Source of the dial and its values: {escape_markdown(dial.source)}."
            + (ATTACK_NOTE if dial.change is None else "")
        )
        downloads.html(figure, f"failures-{dial.key}")


def _sentence(each: BrokenAnswer, dial: Dial) -> str:
    followed, other = escape_markdown(" or ".join(each.followed)), escape_markdown(each.other)
    if each.step == 0:
        return (
            f"is wrong about the unchanged picture: it says **{other}** ({each.certainty:.0%}), not"
            f" **{followed}** ({each.probabilities[0]:.0%})."
        )
    classes = f" for {followed}" if len(each.followed) > 1 else ""
    first = f"says **{escape_markdown(each.said)}** ({each.probabilities[0]:.0%}{classes})"
    if each.step is None:
        return f"{first} and holds it at every step ({each.probabilities.min():.0%} or more)."
    return (
        f"{first} until it breaks at step {each.step}"
        f" ({escape_markdown(dial.labels[each.step - 1])}): **{other}** ({each.certainty:.0%})."
    )


def _show_pictures(tested: Tested, dial: Dial, step: int) -> None:
    """Show what the first network gets at each step; of an attack also the change, enlarged."""
    imgs = tested.pictures(next(iter(tested.models)), dial)
    if imgs is None:
        return
    with st.container(horizontal=True, gap="small"):
        for number, (img, label) in enumerate(zip(imgs, step_labels(dial), strict=True)):
            shown = f"**{label}**" if number == step else label
            st.image(
                img, width=WIDTH, caption=shown, output_format="JPEG",
                alt=f"The picture at step {number}: {label}",
            )  # fmt: skip
    if dial.change is None and step:
        difference = np.asarray(imgs[step], int) - np.asarray(imgs[0], int)
        enlarged = (128 + ENLARGED * difference).clip(0, 255).astype(np.uint8)
        st.image(
            Image.fromarray(enlarged), width=WIDTH, caption=f"The change × {ENLARGED}",
            alt=f"The change at step {step}, {ENLARGED} times as large",
        )  # fmt: skip
