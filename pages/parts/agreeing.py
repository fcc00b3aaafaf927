"""Agreement: which networks say the same of pictures, where they differ, and who is right."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from core import compare, figures, tasks
from core.compare import Verdicts
from core.recipes import Recipe
from core.sets import PictureSet
from core.zoo import Card
from pages.parts import downloads, right, thumbnails, work
from pages.parts.text import plain


def show(models: Mapping[str, Card], pictures: PictureSet) -> None:
    """Who agrees with whom, the pictures, and who is right."""
    able = classifiers(models)
    if not able:
        return
    verdicts = said(able, pictures)
    if len(verdicts) < len(able):
        if not verdicts:
            work.waiting(300)
        return
    differing = compare.disagreements(verdicts)
    if len(able) > 1:
        _show_matrix(able, verdicts, len(differing), len(pictures))
    else:
        st.info("One network always agrees with itself; choose a second one in the sidebar.",
                icon=":material/left_panel_open:")  # fmt: skip
    _show_pictures(able, verdicts, pictures, [one.index for one in differing])
    right.show(able, verdicts, pictures)


def classifiers(models: Mapping[str, Card]) -> dict[str, Card]:
    """Those that name what they see; of others the page says that they don't."""
    able = {name: card for name, card in models.items() if card.labels}
    for name, card in models.items():
        if name not in able:
            st.info(
                f"{plain(card.title)} has no named classes: it can't be right or wrong. Its layers"
                " can be compared, and what it costs.",
                icon=":material/label_off:",
            )
    return able


def said(models: Mapping[str, Card], pictures: PictureSet) -> dict[str, Verdicts]:
    """What networks say of the pictures, as far as it is known."""
    recipes = [tasks.verdicts_recipe(card, pictures.reference) for card in models.values()]
    logits = [one for recipe in recipes for one in recipe.inputs if isinstance(one, Recipe)]
    found = {}
    # What they are made of is asked for too: that is what has progress to show.
    answers = work.answers([*recipes, *logits], key="verdicts")
    for (name, card), recipe, answer in zip(models.items(), recipes, answers, strict=False):
        if answer.error:
            work.failed(recipe, answer, name)
        elif answer.result:
            found[name] = tasks.verdicts_of(answer.result, card)
    return found


def _show_matrix(
    models: Mapping[str, Card], verdicts: Mapping[str, Verdicts], differing: int, count: int
) -> None:
    titles = [card.title for card in models.values()]
    table = compare.agreement(verdicts).set_axis(titles).set_axis(titles, axis=1)
    st.subheader("Who says the same", anchor=False)
    st.markdown(
        f"Of **{count:,}** pictures all say the same of **{count - differing:,}**, and differ on"
        f" **{differing:,}**. The table has the share of the pictures on which two agree."
    )
    figure = figures.matrix(table)
    st.plotly_chart(
        figure, key="_agreement", config={"displayModeBar": False},
        alt="Share of the pictures on which each two networks agree",
    )  # fmt: skip
    with st.container(horizontal=True):
        downloads.csv(table, "agreement")
        downloads.html(figure, "agreement")


def _show_pictures(
    models: Mapping[str, Card],
    verdicts: Mapping[str, Verdicts],
    pictures: PictureSet,
    differing: Sequence[int],
) -> None:
    st.subheader("Pictures", anchor=False)
    only = len(models) > 1 and st.toggle(
        "Only what differs", value=True, key="disagreed", bind="query-params",
        help="Those first of which the networks are surest.",
    )  # fmt: skip
    indices = differing if only else range(len(pictures))
    if not indices:
        st.success("All networks say the same of every picture.", icon=":material/check:")
        return
    thumbnails.show(pictures, indices, models, verdicts, key="page")
    titled = {models[name].title: one for name, one in verdicts.items()}
    downloads.csv(_table(pictures, indices, titled), "verdicts", index=False)


def _table(
    pictures: PictureSet, indices: Sequence[int], verdicts: Mapping[str, Verdicts]
) -> pd.DataFrame:
    """What each network says of these pictures, one row a picture."""
    columns: dict[str, list[object]] = {
        "picture": list(indices),
        "key": [pictures.keys[index] for index in indices],
        "label": [pictures.label(index) for index in indices],
    }
    for title, one in verdicts.items():
        columns[f"{title} says"] = [one.labels[index] for index in indices]
        columns[f"{title} is sure"] = [float(one.probability[index]) for index in indices]
    return pd.DataFrame(columns)
