"""One dial: what each network says at each step, the pictures, and the curves."""

from collections.abc import Mapping

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
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.model_crop import model_crop
from pages.parts.shared.results import Results

HEIGHT, WIDTH = 320, 118
# How much the change of an attack is enlarged, so that it can be seen.
ENLARGED = 20

Recipes = Mapping[tuple[str, str], Recipe[DialAnswers]]


def show(
    results: Results, models: Mapping[str, Card], picture: Picture, dial: Dial, step: int,
    recipes: Recipes,
) -> None:  # fmt: skip
    """Show the verdicts, the pictures and the curves of a dial.

    Args:
        results: The results; the recipes of this dial were requested.
        models: The networks by name.
        picture: The picture.
        dial: The dial.
        step: The chosen step.
        recipes: The recipes by network and dial.
    """
    own = [recipes[name, dial.key] for name in models]
    results.show_errors(own)
    answers = {
        name: found
        for name, recipe in zip(models, own, strict=True)
        if (found := results.value(recipe)) is not None
    }
    broken = {name: broken_answer(models[name], found) for name, found in answers.items()}
    for name, each in broken.items():
        st.markdown(f"{with_badge(models[name])} {_sentence(each, dial)}")
    labels = ["unchanged", *dial.labels]
    _show_pictures(models, picture, dial, step, answers, labels)
    if not broken:
        results.placeholder(own, HEIGHT)
        return
    titles = distinct_titles(models)
    lines = {f"{titles[name]}: {each.first}": each.probabilities for name, each in broken.items()}
    st.plotly_chart(
        figures.dial_curves(lines, labels, step, dial.title), key="_curves",
        config={"displayModeBar": False}, alt=f"Probability of the first answer by {dial.title}",
    )  # fmt: skip
    st.caption(f"Source of the dial and its values: {escape_markdown(dial.source)}.")


def _sentence(each: BrokenAnswer, dial: Dial) -> str:
    first = f"says **{escape_markdown(each.first)}** ({each.probabilities[0]:.0%})"
    if each.step is None:
        return f"{first} and holds it at every step ({each.probabilities.min():.0%} or more)."
    return (
        f"{first} until it breaks at step {each.step}"
        f" ({escape_markdown(dial.labels[each.step - 1])}): **{escape_markdown(each.other)}**"
        f" ({each.certainty:.0%})."
    )


def _show_pictures(
    models: Mapping[str, Card], picture: Picture, dial: Dial, step: int,
    answers: Mapping[str, DialAnswers], labels: list[str],
) -> None:  # fmt: skip
    """Show what the first network gets at each step; of an attack also the change, enlarged."""
    name = next(iter(models))
    if dial.change is not None:
        crop = model_crop(models[name], picture)
        base = crop.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        imgs = corruptions.changed_pictures(base, dial.key)
    elif name in answers and (attacked := answers[name].attacked) is not None:
        imgs = [Image.fromarray(pixels) for pixels in attacked]
    else:
        return
    with st.container(horizontal=True, gap="small"):
        for number, (img, label) in enumerate(zip(imgs, labels, strict=True)):
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
