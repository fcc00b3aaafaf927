"""Failures: make the picture worse step by step, and see when each network's answer breaks."""

from core import corruptions
from core.corruptions import DIALS, STEPS
from core.workbench.tasks.dial_answers import dial_answers_recipe
from pages.parts.failures import all_dials, one_dial
from pages.parts.shared.drawings_only import show_drawings_only
from pages.parts.shared.frame import framed
from pages.parts.shared.layer_picker import classifiers_and_picture
from pages.parts.shared.linked import Linked
from pages.parts.shared.page_intro import show_intro
from pages.parts.shared.results import Results

LINKED = Linked("failures")
FIRST = "defocus_blur"


def show() -> None:
    show_intro(
        "When does it break?",
        "Turn one dial until a network changes its answer: noise, blur, fog, compression, another"
        " position, or an attack that nobody sees.",
        "The curves show how sure each network stays of what it said at first. The table at the end"
        " has the step at which each answer breaks, for all dials.",
    )
    chosen = classifiers_and_picture()
    if chosen is None:
        return
    models, picture = chosen
    show_drawings_only(list(models.values()), picture)
    titles = {dial.title: key for key, dial in DIALS.items()}
    title = LINKED.select("Dial", list(titles), "dial", DIALS[FIRST].title)
    dial = corruptions.find(titles[title])
    step = LINKED.slider("Step", 0, STEPS, "step", 3)
    results = Results()
    recipes = {
        (name, key): dial_answers_recipe(card, picture.id, key)
        for key in DIALS
        for name, card in models.items()
    }
    results.ask([recipes[name, dial.key] for name in models])
    one_dial.show(results, models, picture, dial, step, recipes)
    results.ask(list(recipes.values()))
    all_dials.show(results, models, recipes)


framed(show)
