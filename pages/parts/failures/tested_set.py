"""The set that networks are tested on: which pictures, at what cost, and the answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import streamlit as st

from core import corruptions
from core.corruptions import STEPS, Dial, JudgedAnswers
from core.sets import DrawnScenes, PictureSet, SetSample, right_classes, subjects
from core.workbench.recipes import Recipe
from core.workbench.tasks.set_dial_answers import set_dial_answers_recipe
from core.zoo import Card
from pages.parts.sets.folded_set import pick_folded_set
from pages.parts.shared.linked import Linked
from pages.parts.shared.results import Results
from pages.parts.shared.session import workbench

LINKED = Linked("failures")
OPENED, STARTED = "_failures_pictures_opened", "_failures_started"
COUNTS = (28, 56, 112, 280, 560)
# Pictures at first: what takes 10 to 20 seconds. Photographs and their networks are larger.
SCENES, PHOTOGRAPHS = 112, 56
# Rough seconds that a picture of all steps takes, besides the network, and multiply-adds a second.
CHANGING, SPEED = 0.04, 1.5e10
# Pixels of the pictures for which `Architecture.multiply_adds` holds, and what stands in for it.
COUNTED_PIXELS, UNCOUNTED = 224 * 224, 1e9
# Longer computations wait for a click.
AT_ONCE = 30


@dataclass(frozen=True)
class TestedSet:
    """Pictures, a dial, and the recipes of the networks' answers.

    Attributes:
        models: The networks by name.
        pictures: The pictures.
        dial: The dial.
        step: The chosen step.
    """

    __test__ = False  # not a test of pytest

    models: Mapping[str, Card]
    pictures: SetSample
    dial: Dial
    step: int

    @cached_property
    def recipes(self) -> dict[str, Recipe[np.ndarray]]:
        """The recipe of each network's answers."""
        return {
            name: set_dial_answers_recipe(card, self.pictures.reference, self.dial.key)
            for name, card in self.models.items()
        }

    @cached_property
    def accepted(self) -> dict[str, np.ndarray]:
        """The classes that are right for each picture, for each network that knows any of them."""
        right = [right_classes(self.pictures, index) for index in range(len(self.pictures))]
        found = {
            name: corruptions.accepted_classes(card.labels, right)
            for name, card in self.models.items()
        }
        return {name: classes for name, classes in found.items() if classes.any()}

    @cached_property
    def rows(self) -> np.ndarray:
        """Indices of the pictures whose right class all of these networks know."""
        known = [classes.any(1) for classes in self.accepted.values()]
        return np.flatnonzero(np.all(known, axis=0)) if known else np.array([], int)

    def judged(self, results: Results, by_label: bool = True) -> dict[str, JudgedAnswers]:
        """Return the answers that are there, judged.

        Args:
            results: Of the page; the recipes were requested.
            by_label: Whether the right class counts, or the network's first answer.
        """
        rows = self.rows if by_label else np.arange(len(self.pictures))
        if not len(rows):
            return {}
        groups = subjects(self.pictures, rows.tolist())
        judged = {}
        for name, logits in results.values(self.recipes).items():
            if not by_label:
                accepted = corruptions.first_answers(logits)
            elif name in self.accepted:
                accepted = self.accepted[name][rows]
            else:
                continue
            judged[name] = JudgedAnswers.judge(logits[rows], accepted, groups)
        return judged

    def seconds(self, passes: int = STEPS + 1) -> float:
        """Return roughly how long all networks take.

        Args:
            passes: Forward passes of each network for a picture.
        """
        per_picture = sum(CHANGING + passes * _passes_cost(card) for card in self.models.values())
        return len(self.pictures) * per_picture


def pick_tested_set(models: Mapping[str, Card], dial: Dial, step: int) -> TestedSet | None:
    """Show the pickers of the pictures and of their number; None where there are no pictures.

    Args:
        models: The networks by name.
        dial: The dial.
        step: Its step.
    """
    parent = pick_folded_set(list(models.values()), OPENED)
    if parent is None:
        st.info("Choose pictures above.", icon=":material/photo_library:")
        return None
    return TestedSet(models, SetSample(parent, _pick_count(parent)), dial, step)


def start(
    tested: TestedSet, key: str, seconds: float, label: str, always_ask: bool = False
) -> bool:
    """Return whether a computation may start: it is there, it is short, or the visitor starts it.

    Args:
        tested: What is tested.
        key: Identifies the computation in this session.
        seconds: Roughly how long it takes.
        label: Text of the button.
        always_ask: Whether a short computation waits for a click, too.
    """
    started = st.session_state.setdefault(STARTED, set())
    cost = (
        f"{len(tested.pictures)} pictures × {len(tested.models)} networks: about"
        f" {max(1, round(seconds))} s where nothing else is computed."
    )
    if key in started or (seconds <= AT_ONCE and not always_ask):
        st.caption(f":material/timer: {cost}")
        return True
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(label, icon=":material/play_arrow:", type="primary", key=f"_start_{key}",
                  on_click=started.add, args=(key,))  # fmt: skip
        st.caption(cost)
    return False


def ask(tested: TestedSet, results: Results) -> bool:
    """Request the answers, at once or when the visitor starts it; return whether they may come."""
    recipes = list(tested.recipes.values())
    if not workbench().has(recipes):
        key = "".join(recipe.key for recipe in recipes)
        if not start(tested, key, tested.seconds(), "Test these pictures"):
            return False
    results.ask(recipes)
    results.show_errors(recipes)
    return True


def _pick_count(parent: PictureSet) -> int:
    """Show the picker of the number of pictures and return it."""
    offered = [count for count in COUNTS if count < len(parent)]
    if not offered:
        return len(parent)
    if len(parent) <= COUNTS[-1]:
        offered.append(len(parent))
    first = SCENES if isinstance(parent, DrawnScenes) else PHOTOGRAPHS
    count = LINKED.select_slider(
        "Number of pictures", offered, "count", first if first in offered else offered[-1],
        help="Balanced over the labels. More pictures give narrower intervals and take longer.",
    )  # fmt: skip
    return int(count)


def _passes_cost(card: Card) -> float:
    """Return roughly how many seconds a forward pass of one picture takes on two cores."""
    _, height, width = card.input_size
    counted = card.facts.multiply_adds if card.facts else 0
    return (counted or UNCOUNTED) * height * width / COUNTED_PIXELS / SPEED
