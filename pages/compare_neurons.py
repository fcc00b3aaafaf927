"""Neurons, compared: the same depth of up to four networks, and the unit that is its like."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from core import compare, dissect, figures, showcase, tasks
from core.anatomy import Organ
from core.engine import Answer
from core.recipes import Recipe, Result
from core.zoo import Card
from pages.parts import chooser, depths, layers, unit_pictures, work
from pages.parts.session import held
from pages.parts.text import plain
from streamlit_app import framed

# Depths at which networks are compared: where edges, textures, parts and wholes tend to be.
DEPTHS: Mapping[str, float] = {
    "early": 0.08,
    "lower middle": 0.35,
    "upper middle": 0.65,
    "late": 0.95,
}
STAGES, LIKES, PARTS = "The same depth", "The same neuron", "Parts by depth"
# Blocks of each network whose units are named, and the overlap from which a name counts.
NAMED_BLOCKS, NAMED = 6, 0.1


def show() -> None:
    st.title("Do they look for the same?", anchor=False)
    st.caption("Up to four networks, trained apart and built otherwise, side by side.")
    models = layers.usable(chooser.models())
    if len(models) < 2:
        st.info(
            "Choose at least two models whose weights are here; Predict fetches weights.",
            icon=":material/left_panel_open:",
        )
        return
    bodies = {
        name: [one for one in organs if one.has_positions]
        for name, organs in depths.bodies(models).items()
    }
    if len(bodies) < len(models):
        return
    views = {STAGES: _show_stages, LIKES: _show_likes, PARTS: _show_parts}
    if held("view") not in views:
        st.session_state.view = STAGES
    view = st.segmented_control(
        "View", list(views), key="view", bind="query-params", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    views[view or STAGES](models, bodies)


def _show_stages(models: Mapping[str, Card], bodies: Mapping[str, list[Organ]]) -> None:
    cells: dict[tuple[str, str], tuple[Organ, list[Recipe]]] = {}
    for title, depth in DEPTHS.items():
        for name, card in models.items():
            organ = min(bodies[name], key=lambda one: abs(one.depth - depth))
            units = organ.spread(showcase.SPREAD)
            pictures = [tasks.picture_recipe(card, organ, unit) for unit in units]
            cells[title, name] = organ, pictures
    wanted = list(dict.fromkeys(recipe for _, pictures in cells.values() for recipe in pictures))
    found = dict(zip(wanted, work.answers(wanted, patience=0.2), strict=True))
    for title in DEPTHS:
        st.subheader(title.capitalize(), anchor=False)
        for place, (name, card) in zip(st.columns(len(models)), models.items(), strict=True):
            organ, pictures = cells[title, name]
            with place:
                st.markdown(f"**{plain(card.title)}**  \n{plain(organ.name)}")
                _show_units(pictures, found)


def _show_units(pictures: Sequence[Recipe], found: Mapping[Recipe, Answer]) -> None:
    with st.grid(2, min_column_width=70) as grid:
        for recipe in pictures:
            with grid.cell():
                unit_pictures.show(recipe, found[recipe], f"channel {dict(recipe.options)['unit']}")


def _show_likes(models: Mapping[str, Card], bodies: Mapping[str, list[Organ]]) -> None:
    first, *others = models
    left, right = st.columns([3, 1])
    names = [organ.name for organ in bodies[first]]
    if held("of_layer") not in names:
        st.session_state.of_layer = names[2 * len(names) // 3]
    layer = str(
        left.selectbox(
            f"Layer of {models[first].title}", names, key="of_layer", bind="query-params"
        )
    )
    organ = next(one for one in bodies[first] if one.name == layer)
    asked, last = str(held("of_unit") or 0), organ.shape[0] - 1
    st.session_state.of_unit = min(int(asked), last) if asked.isdecimal() else 0
    unit = int(right.number_input("Channel", 0, last, key="of_unit", bind="query-params") or 0)
    st.caption(
        "For each other network, the unit whose peaks over drawn scenes correlate best with this"
        " one's (Li et al. 2016), among all its blocks."
    )
    responses = _responses(models, bodies, first, layer)
    if responses is None:
        return
    own = responses[first][layer].peak[:, unit]
    matches = {
        name: compare.matched(own, {key: one.peak for key, one in responses[name].items()})
        for name in others
    }
    pictures = {first: tasks.picture_recipe(models[first], organ, unit)}
    for name, match in matches.items():
        home = next(one for one in bodies[name] if one.name == match.layer)
        pictures[name] = tasks.picture_recipe(models[name], home, match.unit)
    answers = work.answers(list(pictures.values()), patience=0.2)
    places = st.columns(len(models), border=True)
    for place, (name, recipe), answer in zip(places, pictures.items(), answers, strict=True):
        with place:
            st.markdown(f"**{plain(models[name].title)}**")
            called = f"{recipe.layer}, channel {dict(recipe.options)['unit']}"
            note = f" · r = {matches[name].r:.2f}" if name in matches else ""
            unit_pictures.show(recipe, answer, called, note)


def _show_parts(models: Mapping[str, Card], bodies: Mapping[str, list[Organ]]) -> None:
    st.caption(
        "How many units of each block cover a part of drawn scenes, by kind: those whose"
        f" best intersection over union is at least {NAMED} (Network Dissection, Bau et al. 2017)."
    )
    asked = {}
    for name, card in models.items():
        blocks = bodies[name]
        step = max(1, -(-len(blocks) // NAMED_BLOCKS))
        for organ in blocks[step - 1 :: step]:
            asked[name, organ.name] = tasks.parts_recipe(card, organ.name)
    answers = work.answers(list(asked.values()), key="parts")
    found = dict(zip(asked, answers, strict=True))
    for (name, layer), answer in found.items():
        if answer.error:
            work.failed(asked[name, layer], answer, f"parts_{name}_{layer}")
    for place, (name, card) in zip(st.columns(len(models)), models.items(), strict=True):
        scores = {
            layer: tasks.parts_of(answer.result)
            for (owner, layer), answer in found.items()
            if owner == name and answer.result
        }
        with place:
            st.markdown(f"**{plain(card.title)}**")
            if not scores:
                work.waiting(300)
                continue
            counts = dissect.count_kinds(scores, NAMED)
            st.plotly_chart(
                figures.stacked_counts(counts),
                key=f"_kinds_{name}",
                config={"displayModeBar": False},
                alt=f"Units of {card.title} by kind of part and depth",
            )
            table = pd.concat({layer: one.best() for layer, one in scores.items()}, names=["layer"])
            st.dataframe(table.sort_values("part_iou", ascending=False).head(50))


def _responses(
    models: Mapping[str, Card], bodies: Mapping[str, list[Organ]], first: str, layer: str
) -> dict[str, dict[str, tasks.Responses]] | None:
    """Responses of the chosen layer, and of every block of the other models; None until there."""
    asked = {
        (name, organ.name): tasks.responses_recipe(card, organ.name)
        for name, card in models.items()
        for organ in bodies[name]
        if name != first or organ.name == layer
    }
    answers = work.answers(list(asked.values()), key="responses")
    for recipe, answer in zip(asked.values(), answers, strict=True):
        if answer.error:
            work.failed(recipe, answer, "responses")
            return None
    results: list[Result | None] = [answer.result for answer in answers]
    found: dict[str, dict[str, tasks.Responses]] = {name: {} for name in models}
    for (name, organ), result in zip(asked, results, strict=True):
        if result is None:
            return None
        found[name][organ] = tasks.responses_of(result)
    return found


framed(show)
