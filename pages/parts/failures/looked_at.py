"""Where each network looked before the picture was changed, and where it looks after."""

import streamlit as st
from PIL import Image

from core import heatmap, saliency
from core.corruptions import Dial, LookedAt
from core.workbench.recipes import Recipe
from core.workbench.tasks.dial_saliency import dial_saliency_recipe
from core.zoo import Card
from pages.parts.failures.one_dial import Tested
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.rare_option import shows_option

LINKED = Linked("failures")
FIRST = "grad_cam"
WIDTH, PLACEHOLDER = 150, 180


def show(tested: Tested, dial: Dial, step: int) -> None:
    """Show the heat maps of each network before and after.

    Args:
        tested: What is tested; the recipes of this dial were requested.
        dial: The dial.
        step: The chosen step.
    """
    st.subheader("Where it looked before and after", anchor=False)
    if step == 0:
        st.caption("Choose a step above 0 to see whether a network looks elsewhere then.")
        return
    method = _pick_method()
    recipes = {
        name: _recipe(tested, card, dial, step, method) for name, card in tested.models.items()
    }
    tested.results.ask(list(recipes.values()))
    for name, recipe in recipes.items():
        looked = tested.results.show(recipe, PLACEHOLDER)
        imgs = tested.pictures(name, dial)
        if looked is not None and imgs is not None:
            _show_maps(tested.models[name], looked, imgs[0], imgs[step], method)
    st.caption(
        f"{saliency.find(method, {}).title}: bright areas support the class in the caption. The"
        " maps of a network share one colour scale, so a darker map means less evidence."
    )


def _pick_method() -> str:
    """Return the key of the saliency method: Grad-CAM, unless an expert chooses another one."""
    titles = {each.title: key for key, each in saliency.methods().items()}
    first = saliency.find(FIRST, {}).title
    if not shows_option(LINKED, "method", first):
        return FIRST
    return titles[LINKED.select("Heat maps by", list(titles), "method", first)]


def _recipe(tested: Tested, card: Card, dial: Dial, step: int, method: str) -> Recipe[LookedAt]:
    """Return the recipe for the class that the curve follows."""
    broken = tested.broken(card.name, dial.key)
    follows_first = tested.accepted[card.name] is None or broken is None
    index = None if follows_first or broken is None else broken.class_index
    return dial_saliency_recipe(card, tested.picture.id, dial.key, step, method, index)


def _show_maps(
    card: Card, looked: LookedAt, before: Image.Image, after: Image.Image, method: str
) -> None:
    label, answer = (card.labels[index] for index in (looked.class_index, looked.answer_index))
    maps = [(before, looked.before, f"before: {label}"), (after, looked.after, f"after: {label}")]
    if looked.changed:
        maps.append((after, looked.answer, f"after: {answer}, its answer now"))
    scale = heatmap.fit_scale([values for _, values, _ in maps], saliency.find(method, {}).signed)
    st.markdown(with_badge(card))
    with st.container(horizontal=True, gap="small"):
        for img, values, caption in maps:
            st.image(
                heatmap.overlay(img, values, scale), width=WIDTH, output_format="JPEG",
                caption=escape_markdown(caption), alt=f"Heat map of {card.title} {caption}",
            )  # fmt: skip
