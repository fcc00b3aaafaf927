"""Predict: what up to four networks say one picture is, side by side."""

import json
from dataclasses import asdict

import streamlit as st

from core import figures, predict, tasks
from core.engine import Answer
from core.errors import ZooscopeError
from core.pictures import Picture
from core.recipes import Recipe
from core.zoo import Card
from pages.parts import chooser, weights, work
from streamlit_app import framed

# Temperatures that can be chosen: 1 is the network's own softmax.
TEMPERATURES = [0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0]


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
    recipes = {name: _recipe(card, picture) for name, card in models.items()}
    asked = {name: recipe for name, recipe in recipes.items() if isinstance(recipe, Recipe)}
    answers = dict(zip(asked, work.answers(list(asked.values())), strict=True))
    cards = {name: card for name, card in models.items() if isinstance(card, Card)}
    scored = {name: answer for name, answer in answers.items() if answer.result}
    logits = {name: answer.result.arrays["logits"] for name, answer in scored.items()}
    rankings = {
        name: predict.ranking(row, cards[name].labels, count, temperature)
        for name, row in logits.items()
    }
    with summary:
        _verdict(rankings, cards)
    colours = figures.shared_colours(list(rankings.values()))
    for column, (name, card) in zip(
        st.columns(len(models), border=True), models.items(), strict=True
    ):
        with column:
            if isinstance(card, ZooscopeError):
                st.markdown(f"**{name}**")
                st.error(str(card), icon=":material/help:")
                continue
            _heading(card)
            if name in rankings:
                st.plotly_chart(
                    figures.probability_bars(rankings[name], colours),
                    key=f"_bars_{name}",
                    config={"displayModeBar": False},
                    alt=f"Top classes of {card.title}: {_spoken(rankings[name])}",
                )
            else:
                _missing(card, recipes[name], answers.get(name))
            _facts(card, picture, answers.get(name))
    if rankings:
        _compared(logits, cards, rankings, temperature, list(asked.values()))


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


def _recipe(card: Card | ZooscopeError, picture: Picture) -> Recipe | ZooscopeError | None:
    """The recipe of a model's scores, or why there can't be one; None: fetch the weights first."""
    if isinstance(card, ZooscopeError):
        return card
    if card.where in ("hub", "refused") and card.labels:
        return None
    try:
        return tasks.scores_recipe(card, picture.id)
    except ZooscopeError as error:
        return error


def _heading(card: Card) -> None:
    st.markdown(f"**{card.title}**")
    facts = card.facts
    badges = [f":gray-badge[{facts.family}]"] if facts else []
    badges.append(f":{'orange' if card.source == 'untrained' else 'gray'}-badge[{card.where}]")
    st.markdown(" ".join(badges))


def _missing(card: Card, recipe: Recipe | ZooscopeError | None, answer: Answer | None) -> None:
    if recipe is None:
        weights.offer(card)
    elif isinstance(recipe, ZooscopeError):
        st.warning(str(recipe), icon=":material/block:")
    elif answer and answer.error:
        work.failed(recipe, answer, card.name)
    else:
        st.skeleton(height=200)


def _facts(card: Card, picture: Picture, answer: Answer | None) -> None:
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
    st.image(
        card.preprocessing.crop(picture.image),
        caption="What it saw",
        alt=f"The part of the picture that {card.title} saw, at its input size",
        width="content",
    )


def _verdict(rankings: dict[str, list[predict.Prediction]], cards: dict[str, Card]) -> None:
    """One sentence on who says what. Chance has no say: untrained networks are left out."""
    trained = {
        name: ranked for name, ranked in rankings.items() if cards[name].source != "untrained"
    }
    if len(trained) < 2:
        return
    compared = predict.agreement(trained)
    if compared.unanimous:
        everyone = "Both" if len(trained) == 2 else f"All {len(trained)}"
        if len(trained) < len(rankings):
            everyone += " trained networks"
        st.success(
            f"{everyone} say **{next(iter(compared.top.values()))}**.",
            icon=":material/check_circle:",
        )
    else:
        said = "; ".join(
            f"{cards[name].title} says **{ranked[0].label}** ({ranked[0].probability:.0%})"
            for name, ranked in trained.items()
        )
        st.warning(f"They differ: {said}.", icon=":material/call_split:")
    if compared.shared:
        st.caption(f"In every list, in the same colour: {', '.join(compared.shared)}.")
    else:
        st.caption("No class stands in every list.")


def _compared(
    logits: dict[str, predict.Logits],
    cards: dict[str, Card],
    rankings: dict[str, list[predict.Prediction]],
    temperature: float,
    recipes: list[Recipe],
) -> None:
    """Every class that stands in some list, with what each model gives it."""
    table = predict.side_by_side(
        logits, {name: cards[name].labels for name in logits}, rankings, temperature
    ).rename(columns={name: cards[name].title for name in logits})
    st.subheader("Where they agree and differ", anchor=False)
    st.dataframe(
        table,
        width="stretch",
        column_config={
            column: st.column_config.ProgressColumn(
                column, format="percent", min_value=0.0, max_value=1.0
            )
            for column in table.columns
        },
        key="_table",
    )
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
            json.dumps([asdict(recipe) for recipe in recipes], indent=1).encode(),
            "recipes.json",
            "application/json",
            icon=":material/receipt_long:",
            on_click="ignore",
            help="What was computed, in full: models, weights and picture by their SHA-256.",
        )


def _spoken(ranking: list[predict.Prediction]) -> str:
    return ", ".join(f"{p.label} {p.probability:.1%}" for p in ranking)


framed(show)
