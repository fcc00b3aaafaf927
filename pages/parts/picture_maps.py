"""Maps of pictures: what is asked of each network, and what of it is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core import tasks
from core.anatomy import Organ
from core.compare import Verdicts
from core.engine import Answer
from core.recipes import Recipe, Result
from core.sets import PictureSet
from core.zoo import Card
from pages.parts import (
    chooser,
    chosen_pictures,
    colouring,
    depths,
    map_files,
    picture_charts,
    reading,
    selection,
    settling,
    work,
)
from pages.parts.colouring import Colouring
from pages.parts.picture_charts import Chart, Looks
from pages.parts.session import held, workbench

FIELD = picture_charts.FIELD
DOTS, THUMBNAILS = "dots", "pictures"


@dataclass(frozen=True)
class Asked:
    """What the page needs of each network, by name.

    Attributes:
        features: Of the pictures; not read by the page.
        quick: The first map.
        maps: The map that is asked for.
        verdicts: What networks say; of those that name classes.
        again: The map from another seed, laid over; none where not asked for.
        placed: Where the sidebar's picture lies; none where not asked for.
    """

    features: Mapping[str, Recipe]
    quick: Mapping[str, Recipe]
    maps: Mapping[str, Recipe]
    verdicts: Mapping[str, Recipe]
    again: Mapping[str, Recipe]
    placed: Mapping[str, Recipe]


def show(
    models: Mapping[str, Card], organs: Mapping[str, Sequence[Organ]], chosen: PictureSet
) -> None:
    """The maps of all networks, and what is chosen on them."""
    left, middle, right = st.columns([2, 2, 2], vertical_alignment="bottom")
    with left:
        asked_for = settling.choose(len(models) > 1)
    with middle:
        layer = depths.choose(models, organs)
    with right:
        by = colouring.choose(chosen, any(card.labels for card in models.values()))
    look, does, again, place = _extras()
    asked = _asked(models, layer, chosen, asked_for, again, place)
    found = _found(asked)
    said = {
        name: tasks.verdicts_of(result, models[name])
        for name, recipe in asked.verdicts.items()
        if (result := found[recipe].result)
    }
    points = selection.chosen(FIELD, len(chosen))
    colours = colouring.colouring(by, chosen, list(models), said)
    looks = Looks(colours, _marked(points), look == THUMBNAILS, does)
    above, below = st.container(), st.container()
    with below:
        _show_chosen(models, chosen, asked, found, said, colours, points)
    with above:
        whole = picture_charts.show(_charts(models, asked, found), chosen, looks)
        colouring.legend(colours)
    if looks.marked != points or not whole:
        st.rerun()
    chosen_pictures.explain(models, chosen, points)


def _charts(
    models: Mapping[str, Card], asked: Asked, found: Mapping[Recipe, Answer]
) -> list[Chart]:
    def there(recipe: Recipe | None) -> Result | None:
        return found[recipe].result if recipe else None

    return [
        Chart(card, asked.maps[name], found[asked.maps[name]], found[asked.quick[name]],
              there(asked.again.get(name)), there(asked.placed.get(name)))
        for name, card in models.items()
    ]  # fmt: skip


def _show_chosen(
    models: Mapping[str, Card],
    chosen: PictureSet,
    asked: Asked,
    found: Mapping[Recipe, Answer],
    said: Mapping[str, Verdicts],
    colours: Colouring,
    points: Sequence[int],
) -> None:
    """What is chosen, and what can be taken away."""
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    with left:
        selection.show(FIELD, points, "pictures")
    done = {name: one for name, recipe in asked.maps.items() if (one := found[recipe].result)}
    with right, st.popover("Download", icon=":material/download:", width="stretch"):
        map_files.offer(models, chosen, asked.features, done, said, colours)
    chosen_pictures.show(models, chosen, points, said)


def _marked(points: Sequence[int]) -> Sequence[int]:
    """What stands out on the maps: what was chosen a run before.

    So the chosen pictures are seen at once: a browser takes seconds to draw four maps of 2,000
    points anew, and meanwhile shows nothing else.
    """
    marked: Sequence[int] = st.session_state.get("_marked", points)
    st.session_state._marked = points
    return marked


def _extras() -> tuple[str, str, bool, bool]:
    """How points look, what a mouse does, and what else is shown."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if held("points") not in (DOTS, THUMBNAILS):
            st.session_state.points = DOTS
        look = st.segmented_control(
            "Points", [DOTS, THUMBNAILS], key="points", bind="query-params", required=True,
            label_visibility="collapsed",
        )  # fmt: skip
        does = selection.mouse()
        again = st.toggle(
            "From another seed too", key="again", bind="query-params",
            help="Made anew from a start by chance: what of the map is there again?",
        )  # fmt: skip
        place = st.toggle(
            "Place the sidebar's picture", key="place", bind="query-params",
            help="A star where it belongs on each t-SNE map; nothing else moves.",
        )  # fmt: skip
    return look or DOTS, does, again, place


def _asked(
    models: Mapping[str, Card],
    layer: Mapping[str, str],
    chosen: PictureSet,
    asked_for: settling.Settling,
    again: bool,
    place: bool,
) -> Asked:
    reference = chosen.reference
    features = {
        name: tasks.features_recipe(card, reference, layer[name]) for name, card in models.items()
    }
    maps = asked_for.recipes(features, reference)
    verdicts = {
        name: tasks.verdicts_recipe(card, reference) for name, card in models.items() if card.labels
    }
    seeds, placed = {}, {}
    picture = chooser.picture() if place else None
    if asked_for.by == settling.TSNE:
        if again:
            seeds = {name: tasks.second_seed_recipe(one) for name, one in maps.items()}
        if picture is not None:
            single = workbench().sets.gathered([picture.reference]).reference
            placed = {
                name: tasks.place_recipe(
                    features[name], one, tasks.features_recipe(models[name], single, layer[name])
                )
                for name, one in maps.items()
            }
    quick = asked_for.quick(features, reference)
    return Asked(features, quick, maps, verdicts, seeds, placed)


def _found(asked: Asked) -> dict[Recipe, Answer]:
    """What is there. Each network's layers are read in one pass where anything is missing."""
    first = [*asked.quick.values(), *asked.verdicts.values(), *asked.maps.values()]
    reading.together(
        first, [*asked.features.values(), *(one.inputs[0] for one in asked.verdicts.values())]
    )
    wanted = list(dict.fromkeys([*first, *asked.again.values(), *asked.placed.values()]))
    found = dict(zip(wanted, work.answers(wanted, key="maps"), strict=True))
    for number, (recipe, answer) in enumerate(found.items()):
        if answer.error:
            work.failed(recipe, answer, f"maps_{number}")
    reading.remember(found)
    return found
