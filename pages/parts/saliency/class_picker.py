"""A picker of the class that is explained for each network, and of the class to compare with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import predict
from core.predict import Logits, Prediction
from core.workbench.tasks.logits import logits_recipe
from core.zoo import Card
from pages.parts.shared.class_names import class_indices
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.renamed_options import accept_old_options
from pages.parts.shared.results import Results

LINKED = Linked("saliency")
TOP, SAME, EACH = "Its own prediction", "Same class for all", "Choose per model"
NOTHING, SECOND = "none", "its second choice"
# What these options were called in older links.
OLD_KINDS = {"Top classes": TOP, "One class": SAME, "One class each": EACH}
OLD_AGAINST = {"nothing": NOTHING}


@dataclass(frozen=True)
class Target:
    """What is explained for a network.

    Attributes:
        class_index: The class.
        against: The class that it is compared with; None where there is none.
        predictions: The network's own top classes, best first.
        probability: The probability of the class that is explained.
    """

    class_index: int
    against: int | None
    predictions: Sequence[Prediction]
    probability: float

    @property
    def recipe_class(self) -> int | None:
        """The class in recipes: None for the network's own top class, as on the other pages."""
        return None if self.class_index == self.predictions[0].index else self.class_index


@dataclass(frozen=True)
class Choice:
    """Which classes are chosen, by name.

    Attributes:
        names: The class to explain for each network; None for its own top class.
        against: The class to compare with, NOTHING, or SECOND.
    """

    names: Mapping[str, str | None]
    against: str

    def target(self, card: Card, logits: Logits) -> Target | str:
        """Return the target for a network, or why it has none.

        The classes are matched by name, so that a choice fits networks with other classes.

        Args:
            card: The network's card.
            logits: Its logits for the picture.
        """
        indices, predictions = class_indices(card), predict.ranking(logits, card.labels, 2)
        name = self.names.get(card.name)
        if name is not None and name not in indices:
            return f"It does not know the class {name}."
        class_index = predictions[0].index if name is None else indices[name]
        probability = float(predict.softmax(logits)[class_index])
        against: int | None = None
        if self.against == SECOND:
            against = next((p.index for p in predictions if p.index != class_index), None)
        elif self.against != NOTHING:
            if self.against not in indices:
                return f"It does not know the class {self.against}."
            against = indices[self.against]
            if against == class_index:
                return f"{self.against} compared with itself: choose another class."
        return Target(class_index, against, predictions, probability)


def pick_classes(
    results: Results,
    models: Mapping[str, Card],
    picture: str,
    places: tuple[DeltaGenerator, DeltaGenerator],
) -> dict[str, Target | str]:
    """Show the pickers and return the target of each network.

    Args:
        results: Of the page.
        models: The networks by name.
        picture: The picture's id.
        places: Where to pick the kind of class, and the class to compare with.

    Returns:
        By network: the target, or why there is none. Networks whose logits are missing are left
        out.
    """
    pickers, below = st.container(), st.container()
    recipes = {name: logits_recipe(card, picture) for name, card in models.items()}
    with below:
        results.ask(list(recipes.values()))
        results.show_errors(list(recipes.values()))
    logits = {name: computed.logits for name, computed in results.values(recipes).items()}
    with places[0]:
        kind = _pick_kind()
    with pickers:
        if kind != TOP and not results.done(list(recipes.values())):
            return {}  # the most probable class is the default, and is not known yet
        choice = _choice(kind, models, logits, places[1])
    return {name: choice.target(models[name], values) for name, values in logits.items()}


def classes_by_probability(models: Mapping[str, Card], logits: Mapping[str, Logits]) -> list[str]:
    """Return the names of all classes of some networks, the most probable first.

    Args:
        models: The networks by name.
        logits: Their logits for the picture, as far as they are there. Where several networks know
            a class, the highest probability counts.
    """
    highest: dict[str, float] = {}
    for name, card in models.items():
        if name in logits:
            shares = predict.softmax(logits[name]).tolist()
        else:
            shares = [0.0] * len(card.labels)
        for class_name, index in class_indices(card).items():
            highest[class_name] = max(highest.get(class_name, 0.0), shares[index])
    return sorted(highest, key=lambda class_name: -highest[class_name])


def _pick_kind() -> str:
    accept_old_options(LINKED, "explain", OLD_KINDS)
    return LINKED.segmented(
        "Which class to explain", [TOP, SAME, EACH], "explain",
        help="A heat map shows where a network found evidence for one class.",
    )  # fmt: skip


def _choice(
    kind: str, models: Mapping[str, Card], logits: Mapping[str, Logits], place: DeltaGenerator
) -> Choice:
    accept_old_options(LINKED, "and_not", OLD_AGAINST)
    every = classes_by_probability(models, logits)
    same = _pick_class("Class", every, "class") if kind == SAME else None
    with place:
        against = _pick_class(
            "Compared with", [NOTHING, SECOND, *every], "and_not",
            help="Shows why the network prefers the class to this one: the map explains the"
            " difference of their scores.",
        )  # fmt: skip
    names: dict[str, str | None] = dict.fromkeys(models, same)
    if kind == EACH:
        places = st.columns(len(models))
        for index, (column, (name, card)) in enumerate(zip(places, models.items(), strict=True)):
            own = classes_by_probability({name: card}, logits)
            with column:
                names[name] = _pick_class(escape_markdown(card.title), own, f"class_{index}")
    return Choice(names, against)


def _pick_class(label: str, names: Sequence[str], key: str, **arguments: Any) -> str:
    """A picker of a class; where a link names a class that no network knows, the page says so."""
    linked = LINKED.value(key)
    if linked is not None and linked not in names:
        name = escape_markdown(linked)
        st.toast(f"None of these networks knows “{name}”.", icon=":material/help:")
    return LINKED.select(label, names, key, **arguments)
