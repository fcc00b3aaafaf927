"""The neurons chosen on a map: one under the glass, and the kind that it is of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import streamlit as st

from core import tasks
from core.anatomy import Organ
from core.embed import Kind
from core.errors import ZooscopeError
from core.recipes import Recipe, Result
from core.sets import PictureSet
from core.zoo import Card
from pages.parts import crops, tiles, unit_pictures, work
from pages.parts.text import plain

# What is shown of a unit, and of a kind: crops, pictures, its most typical units.
CROPS, PICTURES, TYPICAL = 6, 8, 6


@dataclass(frozen=True)
class Population:
    """The units on a map.

    Attributes:
        models: By name.
        places: Network and layer of each of the map's layers.
        chosen: The pictures they answered to.
        result: The map.
        responses: Recipe of each layer's responses.
    """

    models: Mapping[str, Card]
    places: Sequence[tuple[str, Organ]]
    chosen: PictureSet
    result: Result
    responses: Sequence[Recipe]

    @cached_property
    def networks(self) -> list[str]:
        """Title of each unit's network."""
        titles = [self.models[name].title for name, _ in self.places]
        return [titles[one] for one in self.result.arrays["layer"].tolist()]

    @cached_property
    def layer_names(self) -> list[str]:
        """Name of each unit's layer."""
        names = [organ.name for _, organ in self.places]
        return [names[one] for one in self.result.arrays["layer"].tolist()]

    @cached_property
    def layers(self) -> list[str]:
        """The same, with the network where there are several."""
        if len({name for name, _ in self.places}) == 1:
            return self.layer_names
        pairs = zip(self.networks, self.layer_names, strict=True)
        return [f"{network} {layer}" for network, layer in pairs]

    @cached_property
    def names(self) -> list[str]:
        """What each unit is called."""
        units = self.result.arrays["unit"].tolist()
        return [f"{layer}, {unit}" for layer, unit in zip(self.layers, units, strict=True)]

    def kind_title(self, index: int, kind: Kind) -> str:
        """What a kind is called: its number, and its name where it has one."""
        return f"{index + 1} {kind.name}".strip()

    def picture(self, point: int) -> Recipe:
        """The recipe of what a unit looks for."""
        name, organ = self.places[int(self.result.arrays["layer"][point])]
        unit = int(self.result.arrays["unit"][point])
        return tasks.picture_recipe(self.models[name], organ, unit)


def show(population: Population, kinds: Sequence[Kind], points: Sequence[int]) -> None:
    """The chosen unit and its kind; of several units the kind that most of them are of."""
    if not points:
        st.caption("Click a unit to see what it looks for, and what kind it is of.")
        return
    clusters = [int(population.result.arrays["cluster"][point]) for point in points]
    index = max(set(clusters), key=clusters.count)
    kind = kinds[index] if index >= 0 else None
    typical = list(kind.points if kind else points)[:TYPICAL]
    shown = list(dict.fromkeys([*points[:1], *typical]))
    recipes = {point: population.picture(point) for point in shown}
    if len(points) == 1:
        _show_unit(population, points[0])
    title = "In no kind" if kind is None else f"Kind {population.kind_title(index, kind)}"
    st.subheader(plain(title), anchor=False)
    if kind is not None:
        st.markdown(_said(population, kind))
    answers = dict(zip(shown, work.answers(list(recipes.values()), key="units"), strict=True))
    with st.grid(TYPICAL + 1, min_column_width=90) as grid:
        for point in shown:
            with grid.cell():
                unit_pictures.show(recipes[point], answers[point], population.names[point])
    if kind is not None:
        st.caption("The pictures that excite its units most, together:")
        _show_exciting(population.chosen, kind)


def _said(population: Population, kind: Kind) -> str:
    """A kind in words: how many units, of which networks, by what name."""
    counts = [f"{count} of {plain(population.models[name].title)}"
              for name, count in kind.networks.items()]  # fmt: skip
    words = f"{len(kind.points)} units: {', '.join(counts)}."
    if kind.name:
        words += f" {kind.share:.0%} of them cover **{plain(kind.name)}** in drawn scenes."
    missing = {name for name, _ in population.places} - set(kind.networks)
    if missing:
        titles = sorted(plain(population.models[name].title) for name in missing)
        words += f" {' and '.join(titles)}: none, in these layers."
    return words


def _show_unit(population: Population, point: int) -> None:
    """Where a unit answered most, and the way to the microscope."""
    layer = int(population.result.arrays["layer"][point])
    unit = int(population.result.arrays["unit"][point])
    name, organ = population.places[layer]
    card = population.models[name]
    st.subheader(plain(population.names[point]), anchor=False)
    recipes = [population.responses[layer], tasks.body_recipe(card)]
    seen, body = work.answers(recipes, key="unit")
    if not seen.result or not body.result:
        work.waiting(96)
        return
    responses = tasks.responses_of(seen.result)
    field = body.result.record["fields"].get(organ.name)
    st.caption("Where it answered most, with as much around it as it looks at:")
    with st.grid(CROPS, min_column_width=90) as grid:
        for index in responses.top(unit, CROPS).tolist():
            with grid.cell():
                try:
                    whole = population.chosen.image(index, max(card.input_size[1:]))
                except ZooscopeError as error:
                    st.caption(f":red[{plain(error)}]")
                    continue
                seen_as = card.preprocessing.crop(whole)
                st.image(
                    crops.around(seen_as, organ.shape, responses.place[index, unit], field),
                    caption=f"{responses.peak[index, unit]:.2f}", alt=f"Crop of picture {index}",
                    width="stretch", output_format="JPEG",
                )  # fmt: skip
    st.page_link(
        "pages/neurons.py", label="Under the microscope", icon=":material/biotech:",
        query_params={"model": name, "layer": organ.name, "unit": str(unit)},
    )  # fmt: skip


def _show_exciting(chosen: PictureSet, kind: Kind) -> None:
    wanted = list(kind.pictures[:PICTURES])
    small, _ = tiles.of(chosen, wanted)
    with st.grid(PICTURES, min_column_width=80) as grid:
        for index in wanted:
            if index in small:
                with grid.cell():
                    st.image(
                        small[index], width="stretch", output_format="JPEG",
                        caption=plain(chosen.label(index)),
                        alt=f"Picture {index} {chosen.label(index)}",
                    )  # fmt: skip
