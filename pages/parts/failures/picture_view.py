"""One picture: a dial with verdicts, pictures, curves and heat maps; the table of all dials."""

from collections.abc import Mapping

import streamlit as st

from core.corruptions import DIALS
from core.pictures import Picture
from core.workbench.tasks.dial_answers import dial_answers_recipe
from core.zoo import Card
from pages.parts.failures import all_dials, looked_at, one_dial
from pages.parts.failures.dial_picker import pick_dial
from pages.parts.failures.one_dial import Tested
from pages.parts.failures.right_class import pick_accepted
from pages.parts.shared.drawings_only import show_drawings_only
from pages.parts.shared.results import Results

FIRST = "defocus_blur"


def show(models: Mapping[str, Card], picture: Picture) -> None:
    """Show the view.

    Args:
        models: The networks by name.
        picture: The picture.
    """
    show_drawings_only(list(models.values()), picture)
    dial, step = pick_dial(FIRST)
    accepted = pick_accepted(models, picture)
    results = Results()
    tested = Tested(
        results, models, picture, accepted,
        {
            (name, key): dial_answers_recipe(card, picture.id, key)
            for key in DIALS
            for name, card in models.items()
        },
    )  # fmt: skip
    results.ask([tested.recipes[name, dial.key] for name in models])
    one_dial.show(tested, dial, step)
    looked_at.show(tested, dial, step)
    st.subheader("All dials", anchor=False)
    results.ask(list(tested.recipes.values()))
    all_dials.show(tested)
