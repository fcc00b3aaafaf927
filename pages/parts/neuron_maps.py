"""Maps of neurons: units that answer alike lie together, of whatever layers and networks."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from core import embed, figures, tasks
from core.anatomy import Organ
from core.embed import Kind
from core.recipes import Recipe, Result
from core.sets import PictureSet
from core.zoo import Card
from pages.parts import chosen_neurons, map_files, selection, settling, work
from pages.parts.chosen_neurons import Population
from pages.parts.session import held
from pages.parts.text import plain

# Where the URL holds the numbers of the chosen points.
FIELD = "units"
KIND, NETWORK, LAYER = "kind", "network", "layer"
ALONE = "no kind"
# Units of one map: more take minutes, and nobody finds them.
MOST = 6000


def show(
    models: Mapping[str, Card], organs: Mapping[str, Sequence[Organ]], chosen: PictureSet
) -> None:
    """One map of the units of all chosen layers, and what kinds there are."""
    layers = _layers(models, organs)
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    with left:
        if held("units_by") not in (KIND, NETWORK, LAYER):
            st.session_state.units_by = KIND
        by = st.segmented_control(
            "Colour by", [KIND, NETWORK, LAYER], key="units_by", bind="query-params", required=True
        )
    with middle:
        asked_for = settling.options(several=False)
    with right:
        named = st.toggle(
            "Names by parts", key="named", bind="query-params",
            help="What most units of a kind cover in drawn scenes, where their parts are known."
            " Takes a minute or two for each layer.",
        )  # fmt: skip
    places = [(name, organ) for name, own in layers.items() for organ in own]
    if not _possible(places, chosen):
        return
    recipe = _recipe(models, places, chosen, asked_for, named)
    (answer,) = work.answers([recipe], key="neurons")
    if answer.error:
        work.failed(recipe, answer, "neurons")
        return
    if answer.result is None:
        _show_settling(answer.progress.preview if answer.progress else None)
        return
    _show_map(Population(models, places, chosen, answer.result, _responses(recipe)), by or KIND)


def _layers(
    models: Mapping[str, Card], organs: Mapping[str, Sequence[Organ]]
) -> dict[str, list[Organ]]:
    """Let layers of each network be chosen; the last with positions at first."""
    found = {}
    for index, (place, (name, card)) in enumerate(
        zip(st.columns(len(models)), models.items(), strict=True)
    ):
        by_name = {one.name: one for one in organs[name]}
        key = f"units_{index}"
        asked = st.session_state.get(key, st.query_params.get_all(key))
        if not set(asked) or not set(asked) <= set(by_name):
            placed = [one for one in organs[name] if one.has_positions] or organs[name]
            st.session_state[key] = [placed[-1].name]
        with place:
            names = st.multiselect(
                f"Layers of {card.title}", list(by_name), key=key, bind="query-params"
            )
        found[name] = [by_name[one] for one in names]
    return found


def _possible(places: Sequence[tuple[str, Organ]], chosen: PictureSet) -> bool:
    """Whether there can be a map; else the page says what to do."""
    count = sum(organ.shape[0] for _, organ in places)
    if not places:
        st.info("Choose a layer.", icon=":material/layers:")
    elif count > MOST:
        st.info(
            f"These layers have {count:,} units; a map shows up to {MOST:,}. Choose fewer layers.",
            icon=":material/layers:",
        )
    elif len(chosen) < 3:
        st.info(
            "Units are told apart by what they answer to: choose three pictures at least, better"
            " some hundred.",
            icon=":material/photo_library:",
        )
    else:
        return True
    return False


def _recipe(
    models: Mapping[str, Card],
    places: Sequence[tuple[str, Organ]],
    chosen: PictureSet,
    asked_for: settling.Settling,
    named: bool,
) -> Recipe:
    responses = [
        tasks.responses_recipe(models[name], organ.name, [chosen.reference])
        for name, organ in places
    ]
    parts = [tasks.parts_recipe(models[name], organ.name) for name, organ in places if named]
    return tasks.neurons_recipe(
        responses, parts, asked_for.perplexity, asked_for.iterations, asked_for.seed
    )


def _responses(recipe: Recipe) -> list[Recipe]:
    """The recipes of responses that such a map is made of, one a layer."""
    given = [one for one in recipe.inputs if isinstance(one, Recipe)]
    return [one for one in given if one.task == given[0].task]


def _show_settling(positions: np.ndarray | None) -> None:
    if positions is None:
        work.waiting(figures.HEIGHT)
        return
    st.plotly_chart(
        figures.point_map(positions), key="_settling", alt=f"{len(positions)} units, settling"
    )


def _show_map(population: Population, by: str) -> None:
    result, names = population.result, population.names
    kinds = tasks.kinds_of(result)
    points = selection.chosen(FIELD, len(names))
    titles = [population.kind_title(index, kind) for index, kind in enumerate(kinds)]
    colours = {
        KIND: [titles[one] if one >= 0 else ALONE for one in result.arrays["cluster"].tolist()],
        NETWORK: population.networks,
        LAYER: population.layers,
    }[by]
    found = titles if by == KIND else list(dict.fromkeys(colours))
    figure = figures.point_map(
        result.arrays["positions"], colours, names, set(points), title=by,
        kinds=found[: len(figures.LOOKS)],
    )  # fmt: skip
    figure.update_layout(height=figures.HEIGHT + 60)
    alt = f"Map of {len(names):,} units, coloured by {by}"
    selection.chart(figure, "_neurons", FIELD, alt, selection.mouse())
    _say(result, kinds, population)
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    with left:
        selection.show(FIELD, points, "units")
    with right, st.popover("Download", icon=":material/download:", width="stretch"):
        map_files.button("Units, CSV", lambda: _csv(population), "units.csv", "text/csv")
        map_files.button(
            "Plot, HTML", lambda: figure.to_html().encode(), "units.html", "text/html"
        )  # fmt: skip
    chosen_neurons.show(population, kinds, points)
    _show_kinds(population, kinds)


def _say(result: Result, kinds: Sequence[Kind], population: Population) -> None:
    """How far to trust the map, and which networks share kinds."""
    record = result.record
    dead = len(result.arrays["dead"])
    words = [
        f"Trustworthiness {record['trustworthiness']:.3f}",
        f"perplexity {record['perplexity']:.0f}",
        f"{len(kinds)} kind{'s' * (len(kinds) != 1)}",
    ]
    if dead:
        words.append(f"{dead} units never change over these pictures and are left out")
    st.caption(
        f"{'; '.join(words)}.",
        help="Units lie together whose peaks over the pictures correlate. Kinds are clusters of the"
        " map as you see it (HDBSCAN, Campello et al. 2013).",
    )
    networks = list(dict.fromkeys(name for name, _ in population.places))
    if len(networks) > 1 and kinds:
        st.markdown(_shared(kinds, networks, population.models))


def _shared(kinds: Sequence[Kind], networks: Sequence[str], models: Mapping[str, Card]) -> str:
    """Which networks have units of how many kinds."""
    groups = embed.shared(kinds, networks)
    both = "both networks" if len(networks) == 2 else "all networks"
    lines = []
    for have, found in sorted(groups.items(), key=lambda one: -len(one[0])):
        whose = both if len(have) == len(networks) else _only(have, models)
        lines.append(f"**{len(found)}** of {whose}")
    return f"Of {len(kinds)} kinds: {', '.join(lines)}."


def _only(have: Sequence[str], models: Mapping[str, Card]) -> str:
    return "only " + " and ".join(map(plain, (models[one].title for one in have)))


def _show_kinds(population: Population, kinds: Sequence[Kind]) -> None:
    """All kinds as a table; a click on a row chooses its units."""
    if not kinds:
        st.caption("No units lie close enough together to be a kind.")
        return
    st.subheader("Kinds", anchor=False)
    networks = list(dict.fromkeys(name for name, _ in population.places))
    named = any(kind.name for kind in kinds)
    table = pd.DataFrame(
        {
            "kind": [population.kind_title(index, kind) for index, kind in enumerate(kinds)],
            **({"share of the name": [kind.share for kind in kinds]} if named else {}),
            "units": [len(kind.points) for kind in kinds],
            **{
                population.models[name].title: [kind.networks.get(name, 0) for kind in kinds]
                for name in networks
            },
        }
    )
    choose = selection.choose(FIELD)

    def take() -> None:
        rows = st.session_state._kinds.selection.rows
        choose(kinds[rows[0]].points if rows else [])

    st.dataframe(
        table, hide_index=True, key="_kinds", on_select=take, selection_mode="single-row",
        column_config={"share of the name": st.column_config.NumberColumn(format="percent")},
    )  # fmt: skip


def _csv(population: Population) -> bytes:
    x, y = population.result.arrays["positions"].T
    return (
        pd.DataFrame(
            {
                "network": population.networks, "layer": population.layer_names,
                "unit": population.result.arrays["unit"], "x": x, "y": y,
                "kind": population.result.arrays["cluster"],
            }
        ).to_csv(index=False).encode()
    )  # fmt: skip
