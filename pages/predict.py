"""Predict: what up to four networks say one picture is, side by side."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pandas as pd
import streamlit as st

from core import figures, predict, tasks
from core.engine import Answer
from core.errors import ZooscopeError
from core.pictures import Picture
from core.recipes import Recipe
from core.zoo import Card
from pages.parts import chooser, seen, weights, work
from pages.parts.text import plain
from streamlit_app import framed

# Temperatures that can be chosen: 1 is the network's own softmax.
TEMPERATURES = [0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0]


@dataclass
class Column:
    """A model on the page, and what is known of its answer.

    Attributes:
        name: The model's.
        card: The model's, or why there is none.
        recipe: Of its scores, or why there can't be one.
        answer: To the recipe, once asked.
        ranking: Its top classes, once there is a result.
    """

    name: str
    card: Card | ZooscopeError
    recipe: Recipe | ZooscopeError
    answer: Answer | None = None
    ranking: Sequence[predict.Prediction] = ()

    @property
    def title(self) -> str:
        """A name to show."""
        return self.card.title if isinstance(self.card, Card) else self.name

    @property
    def trained(self) -> bool:
        """There is a network that learned."""
        return isinstance(self.card, Card) and self.card.source != "untrained"


def show() -> None:
    st.title("What is it?", anchor=False)
    st.caption(
        "Each network gives every class it knows a score; softmax turns the scores into"
        " probabilities. Choose a picture and up to four models in the sidebar."
    )
    picture, models = chooser.picture(), chooser.models()
    if not models:
        st.info("Choose at least one model in the sidebar.", icon=":material/left_panel_open:")
    if picture is None or not models:
        return
    temperature, count = _controls()
    summary = st.container()
    columns = [Column(name, card, _recipe(card, picture)) for name, card in models.items()]
    _ask(columns, temperature, count)
    ranked = [column for column in columns if column.ranking]
    with summary:
        _verdict([column for column in ranked if column.trained], all_of=len(ranked))
    colours = figures.shared_colours([column.ranking for column in ranked])
    for place, column in zip(st.columns(len(columns), border=True), columns, strict=True):
        with place:
            _show(column, picture, colours)
    if ranked:
        _compare(ranked, temperature)


def _controls() -> tuple[float, int]:
    left, right = st.columns([3, 1])
    temperature = left.select_slider(
        "Softmax temperature",
        TEMPERATURES,
        value=1.0,
        key="temperature",
        bind="query-params",
        help="Scores are divided by it before softmax. Below 1 the favourite takes all, above 1 the"
        " probabilities even out; the order never changes. 1 is the network's own.",
    )
    count = right.slider("Classes shown", 1, 10, 5, key="top", bind="query-params")
    # What the URL or a browser of one's own sends is not bound by the widgets.
    temperature = temperature if temperature in TEMPERATURES else 1.0
    return temperature, min(max(count, 1), 10)


def _recipe(card: Card | ZooscopeError, picture: Picture) -> Recipe | ZooscopeError:
    if isinstance(card, ZooscopeError):
        return card
    try:
        return tasks.scores_recipe(card, picture.id)
    except ZooscopeError as error:
        return error


def _ask(columns: Sequence[Column], temperature: float, count: int) -> None:
    """Fill in what the models answer."""
    asked = [column for column in columns if isinstance(column.recipe, Recipe)]
    recipes = [column.recipe for column in asked if isinstance(column.recipe, Recipe)]
    for column, answer in zip(asked, work.answers(recipes), strict=True):
        column.answer = answer
        if answer.result and isinstance(column.card, Card):
            logits = answer.result.arrays["logits"]
            column.ranking = predict.ranking(logits, column.card.labels, count, temperature)


def _verdict(trained: Sequence[Column], all_of: int) -> None:
    """One sentence on who says what. Chance has no say: untrained networks are left out."""
    if len(trained) < 2:
        return
    compared = predict.agreement({column.name: list(column.ranking) for column in trained})
    if compared.unanimous:
        everyone = "Both" if len(trained) == 2 else f"All {len(trained)}"
        if len(trained) < all_of:
            everyone += " trained networks"
        said = plain(trained[0].ranking[0].label)
        st.success(f"{everyone} say **{said}**.", icon=":material/check_circle:")
    else:
        said = "; ".join(
            f"{plain(column.title)} says **{plain(column.ranking[0].label)}**"
            f" ({column.ranking[0].probability:.0%})"
            for column in trained
        )
        st.warning(f"They differ: {said}.", icon=":material/call_split:")
    if compared.shared:
        shared = plain(", ".join(compared.shared))
        st.caption(f"In every list, in the same colour: {shared}.")
    else:
        st.caption("No class stands in every list.")


def _show(column: Column, picture: Picture, colours: dict[str, str]) -> None:
    """One model: its bars, or why there are none, and its facts."""
    card = column.card
    st.markdown(f"**{plain(column.title)}**")
    if isinstance(card, ZooscopeError):
        st.error(plain(card), icon=":material/help:")
        return
    _badges(card)
    if column.ranking:
        st.plotly_chart(
            figures.probability_bars(column.ranking, colours),
            key=f"_bars_{card.name}",
            config={"displayModeBar": False},
            alt=f"Top classes of {card.title}: {_spoken(column.ranking)}",
        )
    else:
        _missing(column, card)
    if card.knows_scenes_only and not picture.reference.startswith("scene:"):
        st.caption(":orange[This network only knows drawn scenes, and nothing of photographs.]")
    _facts(card, column.answer)
    st.image(
        seen.crop(card, picture),
        caption="What it saw",
        alt=f"The part of the picture that {card.title} saw, at its input size",
        width="content",
        output_format="JPEG",
    )


def _badges(card: Card) -> None:
    family = [f":gray-badge[{card.facts.family}]"] if card.facts else []
    colour = "gray" if card.source != "untrained" else "orange"
    st.markdown(" ".join([*family, f":{colour}-badge[{card.where}]"]))


def _missing(column: Column, card: Card) -> None:
    """What stands in the place of bars."""
    if isinstance(column.recipe, Recipe):
        if column.answer and column.answer.error:
            work.failed(column.recipe, column.answer, card.name)
        else:
            work.waiting(200)
    elif card.where == "hub" and card.labels:
        weights.offer(card)
    else:
        st.warning(plain(column.recipe), icon=":material/block:")
        weights.open_untrained(card)


def _facts(card: Card, answer: Answer | None) -> None:
    _, height, width = card.input_size
    lines = [f":material/crop: {width} × {height} pixels in"]
    if card.facts:
        lines.append(f":material/memory: {card.facts.parameters / 1e6:.1f} M parameters")
        lines.append(f":material/calculate: {card.facts.multiply_adds / 1e9:.2f} G multiply-adds")
    if answer and answer.result:
        record = answer.result.record
        stored = ", from the store" if answer.stored else ""
        lines.append(
            f":material/timer: {record['seconds'] * 1000:.0f} ms on {record['device']}{stored}"
        )
    st.caption("  \n".join(lines))
    if card.source == "untrained":
        st.caption(":orange[Random weights: what it says is chance.]")


def _compare(ranked: Sequence[Column], temperature: float) -> None:
    """Every class that stands in some list, with what each model gives it, to see and to keep."""
    table = _table(ranked, temperature)
    st.subheader("Where they agree and differ", anchor=False)
    st.dataframe(
        table,
        width="stretch",
        column_config={
            title: st.column_config.ProgressColumn(
                title, format="percent", min_value=0.0, max_value=1.0
            )
            for title in table.columns
        },
        key="_table",
    )
    recipes = [asdict(column.recipe) for column in ranked if isinstance(column.recipe, Recipe)]
    with st.container(horizontal=True):
        st.download_button(
            "CSV",
            table.to_csv().encode(),
            "predictions.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            help="The table above.",
        )
        st.download_button(
            "Recipes",
            json.dumps(recipes, indent=1).encode(),
            "recipes.json",
            "application/json",
            icon=":material/receipt_long:",
            on_click="ignore",
            help="What was computed, in full: models, weights and picture by their SHA-256.",
        )


def _table(ranked: Sequence[Column], temperature: float) -> pd.DataFrame:
    titles = [column.title for column in ranked]
    shown = [c.title if titles.count(c.title) == 1 else c.name for c in ranked]
    answered = [
        (title, column.answer.result.arrays["logits"], column.card.labels, column.ranking)
        for title, column in zip(shown, ranked, strict=True)
        if column.answer and isinstance(column.card, Card)
    ]
    return predict.side_by_side(
        {title: logits for title, logits, _, _ in answered},
        {title: labels for title, _, labels, _ in answered},
        {title: ranking for title, _, _, ranking in answered},
        temperature,
    )


def _spoken(ranking: Sequence[predict.Prediction]) -> str:
    return ", ".join(f"{p.label} {p.probability:.1%}" for p in ranking)


framed(show)
