"""What networks predict for the pictures of a set."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.compare import TopPredictions
from core.sets import PictureSet
from core.workbench.recipes import Recipe
from core.workbench.tasks.top_predictions import top_predictions_recipe
from core.zoo import Card
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results


def classifiers(models: Mapping[str, Card]) -> dict[str, Card]:
    """Return the networks that have classes; for others the page says that they have none."""
    able = {name: card for name, card in models.items() if card.labels}
    for name, card in models.items():
        if name not in able:
            st.info(
                f"{escape_markdown(card.title)} has no named classes, so it predicts nothing here."
                " Its layers and its cost can be compared.",
                icon=":material/label_off:",
            )
    return able


def predictions(
    results: Results, models: Mapping[str, Card], pictures: PictureSet
) -> dict[str, TopPredictions]:
    """Return what networks predict for the pictures, as far as the predictions are there."""
    recipes = {
        name: top_predictions_recipe(card, pictures.reference) for name, card in models.items()
    }
    # The logits are asked as well, since it is they that have progress to show.
    logits: list[Recipe[Any]] = [
        needed for recipe in recipes.values() for needed in recipe.input_recipes
    ]
    results.ask([*recipes.values(), *logits])
    results.show_errors(list(recipes.values()))
    return {name: top.named(models[name].labels) for name, top in results.values(recipes).items()}
