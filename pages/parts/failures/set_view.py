"""A set of pictures: accuracy and calibration of each network by the step of a dial."""

from collections.abc import Mapping

import streamlit as st

from core import compare, corruptions, figures, zoo
from core.corruptions import JudgedAnswers
from core.pictures import Picture
from core.zoo import Card
from pages.parts.failures import held_pictures, judging, set_table
from pages.parts.failures.dial_picker import ATTACK_NOTE, pick_dial, step_labels
from pages.parts.failures.tested_set import TestedSet, ask, pick_tested_set
from pages.parts.shared import downloads
from pages.parts.shared.chart_toolbar import with_png
from pages.parts.shared.layer_picker import pick_model
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results

# The dial on which networks differ most often.
FIRST = "gaussian_noise"
PLACEHOLDER = 340


def show(models: Mapping[str, Card], picture: Picture) -> None:
    """Show the view.

    Args:
        models: The networks by name.
        picture: Not used: this view has a set of pictures.
    """
    dial, step = pick_dial(FIRST)
    tested = pick_tested_set(models, dial, step)
    if tested is None or not judging.enough(tested):
        return
    by_label = judging.pick_by_label(tested)
    results = Results()
    if not ask(tested, results):
        return
    judged = tested.judged(results, by_label)
    if not judged:
        results.placeholder(list(tested.recipes.values()), PLACEHOLDER)
        return
    titles = zoo.distinct_titles(models)
    named = {titles[name]: each for name, each in judged.items()}
    set_table.show_verdict(named, tested, by_label)
    _show_curves(named, tested, by_label)
    if by_label:
        _show_calibration(judged, tested)
    st.subheader("The figures", anchor=False)
    set_table.show(named, tested, by_label)
    held_pictures.show(judged, tested, by_label)


def _show_curves(
    named: Mapping[str, JudgedAnswers], tested: TestedSet, by_label: bool
) -> None:  # fmt: skip
    """Show accuracy and calibration error over the steps, side by side."""
    steps = {title: corruptions.by_step(each) for title, each in named.items()}
    curves = {"accuracy" if by_label else "answers kept": {
        title: [each.accuracy for each in found] for title, found in steps.items()
    }}  # fmt: skip
    if by_label:
        curves["calibration error (ECE)"] = {
            title: [each.ece for each in found] for title, found in steps.items()
        }
    places = st.columns(len(curves), gap="medium")
    for place, (value, lines) in zip(places, curves.items(), strict=True):
        figure = figures.severity_curves(
            lines, step_labels(tested.dial), tested.step, tested.dial.title, value
        )
        with place:
            stem = f"{value.split(' ')[0]}-{tested.dial.key}"
            st.plotly_chart(
                figure, key=f"_{stem}", config=with_png(stem),
                alt=f"{value[0].upper()}{value[1:]} by {tested.dial.title}",
            )  # fmt: skip
            downloads.html(figure, stem)
    attack = ATTACK_NOTE if tested.dial.change is None else ""
    st.caption(f"Lines at the dots: 95 % intervals.{set_table.independence(named)}{attack}")


def _show_calibration(judged: Mapping[str, JudgedAnswers], tested: TestedSet) -> None:
    """Show the reliability diagram of a network at the chosen step."""
    st.subheader("Is it as often right as it is sure?", anchor=False)
    card = pick_model({name: tested.models[name] for name in judged})
    own = judged[card.name]
    diagram = compare.reliability(own.confidence[:, tested.step], own.right[:, tested.step])
    chance = compare.chance_ece(own.confidence[:, tested.step])
    figure = figures.reliability_diagram(diagram)
    st.plotly_chart(
        figure, key="_reliability", config=with_png("reliability"),
        alt=f"Reliability diagram of {card.title} at step {tested.step}",
    )  # fmt: skip
    st.caption(
        f"{escape_markdown(card.title)} at step {tested.step} of"
        f" {escape_markdown(tested.dial.title)}."
        " A bar below the line: it is more often wrong than it says. A perfectly calibrated network"
        f" would have an error of about {chance:.0%} on so few pictures, by chance."
    )
