"""Which class of each network is explained, and against which."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core import predict, tasks
from core.predict import Prediction
from core.zoo import Card
from pages.parts import work
from pages.parts.session import held
from pages.parts.text import plain

TOP, SAME, EACH = "Top classes", "One class", "One class each"
NOTHING, SECOND = "nothing", "its second choice"


@dataclass(frozen=True)
class Target:
    """What is explained of a network.

    Attributes:
        class_: Its number.
        against: Number of the class it is contrasted with, or None.
        says: The network's own top classes, best first.
        probability: Of the class that is explained.
    """

    class_: int
    against: int | None
    says: Sequence[Prediction]
    probability: float


def choose(models: Mapping[str, Card], picture: str) -> dict[str, Target | str]:
    """Let the classes be chosen; the URL keeps them.

    Args:
        models: By name.
        picture: Its id.

    Returns:
        By the model's name: the target, or why there is none. Models that are not known yet are
        left out.
    """
    left, middle, right = st.columns([4, 3, 3], vertical_alignment="bottom")
    with left:
        if held("explain") not in (TOP, SAME, EACH):
            st.session_state.explain = TOP
        kind = st.segmented_control(
            "Explain", [TOP, SAME, EACH], key="explain", bind="query-params", required=True
        )
    every = list(dict.fromkeys(name for card in models.values() for name in numbered(card)))
    with middle:
        same = _name("Class", every, "class") if kind == SAME else None
    with right:
        against = _name("And not", [NOTHING, SECOND, *every], "and_not")
    chosen: dict[str, str | None] = dict.fromkeys(models, same)
    if kind == EACH:
        for index, (place, (name, card)) in enumerate(
            zip(st.columns(len(models)), models.items(), strict=True)
        ):
            with place:
                chosen[name] = _name(card.title, list(numbered(card)), f"class_{index}")
    return _resolved(models, picture, chosen, against)


def numbered(card: Card) -> dict[str, int]:
    """Numbers of a model's classes by name; where two share a name, its number belongs to it."""
    counts = Counter(card.labels)
    return {
        label if counts[label] == 1 else f"{label} ({index})": index
        for index, label in enumerate(card.labels)
    }


def _name(label: str, names: Sequence[str], key: str) -> str:
    asked = held(key)
    if asked not in names:
        if asked is not None:  # by a link, or of networks that were chosen before
            st.toast(f"None of these networks knows “{plain(asked)}”.", icon=":material/help:")
        st.session_state[key] = names[0]
    return st.selectbox(label, names, key=key, bind="query-params") or names[0]


def _resolved(
    models: Mapping[str, Card], picture: str, chosen: Mapping[str, str | None], against: str
) -> dict[str, Target | str]:
    recipes = [tasks.scores_recipe(card, picture) for card in models.values()]
    found: dict[str, Target | str] = {}
    for (name, card), recipe, answer in zip(
        models.items(), recipes, work.answers(recipes, key="scores"), strict=True
    ):
        if answer.error:
            work.failed(recipe, answer, f"scores_{name}")
        elif answer.result:
            found[name] = _target(card, answer.result.arrays["logits"], chosen[name], against)
    return found


def _target(card: Card, logits: predict.Logits, wanted: str | None, against: str) -> Target | str:
    numbers, says = numbered(card), predict.ranking(logits, card.labels, 2)
    if wanted is not None and wanted not in numbers:
        return f"It does not know the class {wanted}."
    class_ = says[0].index if wanted is None else numbers[wanted]
    probability = float(predict.softmax(logits)[class_])
    if against == NOTHING:
        return Target(class_, None, says, probability)
    if against == SECOND:
        other = next((one.index for one in says if one.index != class_), None)
        return Target(class_, other, says, probability)
    if against not in numbers:
        return f"It does not know the class {against}."
    if numbers[against] == class_:
        return f"{against} against itself: choose another class."
    return Target(class_, numbers[against], says, probability)
