"""A network on the page Predict: its top classes and its facts, or why there are none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core import figures, predict
from core.compare import NetworkSize
from core.errors import ZooscopeError
from core.pictures import Picture
from core.predict import Prediction
from core.workbench.recipes import Recipe
from core.workbench.tasks.logits import PictureLogits, logits_recipe
from core.zoo import Card
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.model_crop import model_crop
from pages.parts.shared.results import Results
from pages.parts.shared.weights_download import offer_untrained

# Height of the bars' placeholder in pixels.
PLACEHOLDER = 200


@dataclass(frozen=True)
class Column:
    """A network on the page.

    Attributes:
        title: A title that no other network on the page has.
        card: The network's card.
        recipe: Recipe of its logits, or why there is none.
        computed: The logits; None where they are not there.
        ranking: The top classes, best first; empty where the logits are not there.
        size: Its size as it is loaded; None where that is not there.
    """

    title: str
    card: Card
    recipe: Recipe[PictureLogits] | ZooscopeError
    computed: PictureLogits | None = None
    ranking: Sequence[Prediction] = ()
    size: NetworkSize | None = None

    @property
    def trained(self) -> bool:
        """Whether the network was trained."""
        return self.card.source != "untrained"

    @property
    def label(self) -> str:
        """The top class."""
        return self.ranking[0].label


def recipe_or_error(card: Card, picture: Picture) -> Recipe[PictureLogits] | ZooscopeError:
    """Return the recipe of a network's logits, or why there is none."""
    try:
        return logits_recipe(card, picture.id)
    except ZooscopeError as error:
        return error


def show_column(results: Results, column: Column, colours: Mapping[str, str]) -> None:
    """Show a network: its bars, or what is there instead, and its facts.

    Args:
        results: Has the recipe.
        column: The network.
        colours: Colours of the classes that several networks have in their lists.
    """
    card = column.card
    st.markdown(with_badge(card))
    if column.ranking:
        described = ", ".join(f"{p.label} {p.probability:.1%}" for p in column.ranking)
        st.plotly_chart(
            figures.probability_bars(column.ranking, colours), key=f"_bars_{card.name}",
            config={"displayModeBar": False}, alt=f"Top classes of {column.title}: {described}",
        )  # fmt: skip
    else:
        _show_missing(results, column)
    _show_facts(column)


def show_crop(column: Column, picture: Picture) -> None:
    """Show the part of the picture that a network sees."""
    st.image(
        model_crop(column.card, picture), width="content", output_format="JPEG",
        caption=f"Cropped input of {escape_markdown(column.title)}",
        alt=f"The part of the picture that {column.title} saw, at its input size",
    )  # fmt: skip


def _show_missing(results: Results, column: Column) -> None:
    """Show what takes the place of the bars."""
    card = column.card
    if isinstance(column.recipe, Recipe):
        results.show(column.recipe, PLACEHOLDER)
    elif card.where == "hub" and card.labels:
        st.caption(":material/cloud_download: Its weights are not here yet; download them above.")
    else:
        st.warning(escape_markdown(column.recipe), icon=":material/block:")
        if card.where != "hub":  # otherwise it is offered above the page
            offer_untrained(card, "column")


def _show_facts(column: Column) -> None:
    card, size = column.card, column.size
    _, height, width = card.input_size
    lines = [f":material/crop: Input {width} × {height} pixels"]
    if size:
        lines.append(f":material/memory: {size.parameters / 1e6:.1f} M parameters")
        lines.append(f":material/calculate: {size.multiply_adds / 1e9:.2f} G multiply-adds")
    st.caption("  \n".join(lines))
    if not column.trained:
        st.caption(":orange[Random weights: what it says is chance.]")


def rank(logits: PictureLogits, card: Card, count: int, temperature: float) -> list[Prediction]:
    """Return a network's top classes at a softmax temperature, best first."""
    return predict.ranking(logits.logits, card.labels, count, temperature)
