"""Trust: which saliency maps to believe, for a picture and on scenes where the truth is known."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core import saliency, scenes, tasks
from core.pictures import Picture, scene
from core.recipes import Recipe, Result
from core.zoo import Card
from pages.parts import curves, layers, work
from pages.parts import methods as choosing
from pages.parts.curves import Judged
from pages.parts.session import held
from pages.parts.text import plain
from streamlit_app import framed

PICTURE, SCENES = "This picture", "Drawn scenes"
FIRST = ("grad_cam", "stage_cam", "layer_cam", "gradient", "smooth_grad", "guided_backprop")
COUNTS = (28, 56, 112, 280)
COLUMNS = {
    "insertion": "Mean probability of the class while pixels come, the strongest first, on a"
    " blurred picture (RISE, Petsiuk et al. 2018). Higher is better.",
    "deletion": "The same while they turn grey. Lower is better.",
    "points": "The highest place lies in the object (pointing game, Zhang et al. 2016).",
    "energy": "Share of the map that lies in the object.",
    "agreement": "Mean rank correlation with the other methods' maps.",
    "sanity": "How like the map still is when the weights of all convolutions and linear layers are"
    " shuffled (Adebayo et al. 2018)."
    " Near 0 is right; near 1 says that the map is not about the network.",
    "sensitivity": "How far noise that nobody sees moves the map, as a share of the map (Yeh et"
    " al. 2019). Lower is better.",
}


def show() -> None:
    st.title("Which map to believe?", anchor=False)
    st.caption(
        "A map that looks right may still not say what the network did. These figures ask the"
        " network itself, and, where a scene was drawn by rule, the truth."
    )
    chosen = layers.classifiers_and_picture()
    if chosen is None:
        return
    models, picture = chosen
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        if held("of") not in (PICTURE, SCENES):
            st.session_state.of = PICTURE
        of = st.segmented_control(
            "Judged on", [PICTURE, SCENES], key="of", bind="query-params", required=True
        )
    with right:
        methods = [method.key for method in choosing.choose(FIRST)]
    if of == SCENES:
        _show_truth(models, methods)
    else:
        _show_picture(models, picture, methods)


def _show_picture(models: Mapping[str, Card], picture: Picture, methods: Sequence[str]) -> None:
    checks = st.toggle(
        "Shuffle weights and add noise too", key="checks", bind="query-params",
        help="Sanity and sensitivity: each method runs twelve times more.",
    )  # fmt: skip
    places = [(name, key) for name in models for key in methods]
    maps = {p: tasks.explain_recipe(models[p[0]], picture.id, p[1]) for p in places}
    asked: dict[tuple[str, str, str], Recipe] = {}
    for name, key in places:
        asked[name, key, "map"] = maps[name, key]
        asked[name, key, "curves"] = tasks.evaluate_recipe(
            models[name], picture.id, maps[name, key]
        )
        if checks:
            asked[name, key, "checks"] = tasks.check_recipe(models[name], picture.id, key)
    answers = dict(zip(asked, work.answers(list(asked.values())), strict=True))
    for place, answer in answers.items():
        if answer.error:
            work.failed(asked[place], answer, "-".join(place))
    found = {place: answer.result for place, answer in answers.items() if answer.result}
    judged = [
        Judged(models[name], picture, saliency.find(key, {}), found[name, key, "map"],
               found[name, key, "curves"], found.get((name, key, "checks")))
        for name, key in places
        if (name, key, "map") in found and (name, key, "curves") in found
    ]  # fmt: skip
    if not judged:
        work.waiting(300)
        return
    _show_table(pd.DataFrame([_row(one, judged, picture) for one in judged]))
    curves.show(judged, models, [saliency.find(key, {}) for key in methods])


def _row(one: Judged, all_: Sequence[Judged], picture: Picture) -> dict[str, object]:
    """A line of the table."""
    scores = tasks.evaluation_of(one.curves)
    flat = bool(one.explained.record["flat"])
    title = f"{one.method.title} · nothing" if flat else one.method.title
    row: dict[str, object] = {
        "network": one.card.name, "method": title,
        "insertion": scores.inserted[0], "deletion": scores.deleted[0],
    }  # fmt: skip
    if picture.reference.startswith("scene:"):
        mask = _mask(one.card, picture)
        row["points"] = bool(saliency.pointed(one.map[None], mask[None])[0])
        row["energy"] = saliency.energy(one.map[None], mask[None])[0]
    if flat:
        return row  # a map that says nothing agrees with nothing, and is steady for no merit
    others = [
        other
        for other in all_
        if other.card is one.card and other is not one and not other.explained.record["flat"]
    ]
    if others:
        row["agreement"] = np.mean([curves.likeness(one, other) for other in others])
    if one.checks:
        row["sanity"] = abs(one.checks.arrays["likeness"][-1])
        row["sensitivity"] = one.checks.record["sensitivity"]
    return row


def _mask(card: Card, picture: Picture) -> np.ndarray:
    """Where the object of a drawn scene lies on a network's input grid."""
    drawn = scene(picture.reference.removeprefix("scene:"))
    return saliency.on_grid(card.preprocessing, drawn.mask("object"))


def _show_table(table: pd.DataFrame) -> None:
    columns = {
        name: st.column_config.NumberColumn(name, format="%.2f", help=text)
        for name, text in COLUMNS.items()
        if name in table and name != "points"
    }
    if "points" in table:
        columns["points"] = st.column_config.CheckboxColumn("points", help=COLUMNS["points"])
    st.dataframe(table, hide_index=True, column_config=columns, key="_table")
    st.download_button(
        "CSV", table.to_csv(index=False).encode(), "trust.csv", "text/csv",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def _show_truth(models: Mapping[str, Card], methods: Sequence[str]) -> None:
    able = {name: card for name, card in models.items() if tuple(card.labels) == scenes.CLASSES}
    if not able:
        st.info(
            "Of drawn scenes the truth is known; choose networks that know them, the bundled ones.",
            icon=":material/draw:",
        )
        return
    if held("scenes") not in (*COUNTS, *map(str, COUNTS)):
        st.session_state.scenes = COUNTS[0]
    count = st.select_slider(
        "Fresh scenes, of every class alike", COUNTS, key="scenes", bind="query-params"
    )
    asked = {
        (name, key): tasks.truth_recipe(card, key, int(count))
        for name, card in able.items()
        for key in methods
    }
    rows = []
    for (name, key), answer in zip(asked, work.answers(list(asked.values())), strict=True):
        if answer.error:
            work.failed(asked[name, key], answer, f"{name}-{key}")
        elif answer.result:
            rows.append(_truth_row(able[name], key, answer.result))
    if not rows:
        work.waiting(300)
        return
    for name in able:
        own = [row for row in rows if row["network"] == name]
        if len(own) == len(methods):
            _say_best(own, int(count))
    table = pd.DataFrame(rows)
    shares = ("points", "energy", "object")
    columns = {name: st.column_config.NumberColumn(name, format="percent") for name in shares}
    columns |= {
        name: st.column_config.NumberColumn(name, format="%.2f", help=COLUMNS[name])
        for name in ("insertion", "deletion")
    }
    st.dataframe(table, hide_index=True, column_config=columns, key="_truth")
    st.download_button(
        "CSV", table.to_csv(index=False).encode(), "truth.csv", "text/csv",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def _say_best(own: Sequence[dict[str, Any]], count: int) -> None:
    """Which methods of a network point best, all that are level."""
    most = max(row["points"] for row in own)
    best = " and ".join(row["method"] for row in own if row["points"] == most)
    st.markdown(
        f"**{plain(own[0]['network'])}**, most often in the object: {plain(best)}, in {most:.0%} of"
        f" {count} scenes; a random place would be in {own[0]['object']:.0%}."
    )


def _truth_row(card: Card, key: str, result: Result) -> dict[str, Any]:
    found = tasks.truth_of(result)
    return {
        "network": card.name, "method": saliency.find(key, {}).title,
        "points": found.pointed.mean(), "energy": found.energy.mean(),
        "object": found.area.mean(),
        "insertion": found.inserted.mean(), "deletion": found.deleted.mean(),
    }  # fmt: skip


framed(show)
