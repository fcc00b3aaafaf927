"""Pickers of a training experiment: the question, the pictures, the network, and how it learns."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.scenes import CLASSES
from core.train_lab.experiment import SIZES, Difficulty, Experiment
from core.train_lab.own_pictures import training_count
from core.train_lab.studies.study import CARS, FACES, PETS
from pages.parts.shared.fixed_settings import FixedSettings
from pages.parts.shared.linked import Linked
from pages.parts.train.network_picker import network_parameters, pick_network
from pages.parts.train.own_pictures import pick_own_pictures

Settings = Linked | FixedSettings
LINKED, FIXED = Linked("train"), FixedSettings("train")
# Groups of controls that a link can hide, with their titles.
GROUPS = {
    "question": "The question", "pictures": "The pictures", "network": "The network",
    "learning": "How it learns",
}  # fmt: skip
OWN_CHOICE, OWN_PICTURES = "My own choice of classes", "My own pictures"
QUESTIONS = {
    "Can it tell a dog from a wolf and a cat?": PETS,
    "Can it tell faces apart?": FACES,
    "Can it tell cars apart?": CARS,
    "Can it tell all 28 things apart?": CLASSES,
    OWN_CHOICE: (),
    OWN_PICTURES: (),
}
# How each optimiser is called on the page.
OPTIMISERS = {"Adam": "adam", "SGD": "sgd", "SGD with momentum": "momentum"}
RATES = (0.0001, 0.0003, 0.001, 0.002, 0.005, 0.01, 0.03, 0.1, 0.3, 1.0)
BATCHES = (1, 4, 8, 16, 32, 64, 128)
PICTURES = (5, 10, 20, 50, 100, 200, 400, 800)
DECAYS = (0.0, 0.001, 0.01, 0.03, 0.1, 0.3, 1.0)
DEFAULT = Experiment()


def pick_experiment(hidden: Collection[str] = ()) -> Experiment | None:
    """Show the pickers and return the experiment; None until pictures and network are chosen.

    Args:
        hidden: Groups of `GROUPS` that are not shown; their values are those of the URL.

    Raises:
        BadExperiment: The choices do not make an experiment, such as a single class.
        BadPictures: A network can't be trained on the visitor's own pictures.
        PictureForgotten: The server no longer holds them.
        NotTrainable: The chosen architecture can't be trained here.
    """
    settings = FIXED if "question" in hidden else LINKED
    question = settings.select("Question", list(QUESTIONS), "question")
    own = pick_own_pictures() if question == OWN_PICTURES else None
    if question == OWN_PICTURES and own is None:
        return None
    values: dict[str, Any] = {
        "classes": tuple(own[1]) if own else _pick_classes(settings, question),
        "picture_set": own[0].reference if own else "",
    }
    pickers = {
        "pictures": partial(_pick_own_count, training_count(own[1])) if own else _pick_pictures,
        "network": _pick_network,
        "learning": _pick_learning,
    }
    for group, column in _columns([group for group in pickers if group not in hidden]).items():
        with column:
            st.markdown(f"**{GROUPS[group]}**")
            values |= pickers.pop(group)(LINKED)
    for pick in pickers.values():
        values |= pick(FIXED)
    return Experiment(**values) if values["network"] else None


def _columns(groups: Sequence[str]) -> dict[str, DeltaGenerator]:
    """Return a column for each group of controls, in an expander."""
    if not groups:
        return {}
    with st.expander("Change the pictures, the network, or how it learns", icon=":material/tune:"):
        return dict(zip(groups, st.columns(len(groups)), strict=True))


def parameters(experiment: Experiment) -> dict[str, object]:
    """Return the parameters of a link to an experiment on scenes: of all pickers, none left out."""
    questions = {classes: question for question, classes in QUESTIONS.items() if classes}
    question = questions.get(experiment.classes, OWN_CHOICE)
    difficulty = experiment.difficulty
    optimiser = next(name for name, key in OPTIMISERS.items() if key == experiment.optimiser)
    values = network_parameters(experiment) | {
        "question": question, "classes": experiment.classes if question == OWN_CHOICE else (),
        "pictures": experiment.pictures, "pose": round(100 * difficulty.pose),
        "smaller": round(100 * difficulty.size), "background": round(100 * difficulty.background),
        "coat": round(100 * difficulty.coat), "wrong": round(100 * experiment.wrong_labels),
        "size": experiment.size, "seed": experiment.seed, "optimiser": optimiser,
        "rate": experiment.rate, "batch": experiment.batch, "decay": experiment.decay,
        "augmented": str(experiment.augmented).lower(),
    }  # fmt: skip
    return {LINKED.key(name): value for name, value in values.items()}


def _pick_classes(settings: Settings, question: str) -> tuple[str, ...]:
    if question != OWN_CHOICE:
        return QUESTIONS[question]
    return tuple(settings.multiselect("Classes", CLASSES, "classes", ("flower", "tulip")))


def _pick_pictures(settings: Settings) -> dict[str, Any]:
    """Show how many pictures there are, and a slider for each way in which they may differ."""
    count = settings.select_slider(
        "Pictures of each class", PICTURES, "pictures", DEFAULT.pictures
    )  # fmt: skip
    factors = [
        settings.slider(label, 0, 100, name, round(100 * first))
        for name, label, first in (
            ("pose", "Turned (%)", DEFAULT.difficulty.pose),
            ("smaller", "Smaller (%)", DEFAULT.difficulty.size),
            ("background", "Other backgrounds (%)", DEFAULT.difficulty.background),
            ("coat", "Other textures (%)", DEFAULT.difficulty.coat),
        )
    ]  # fmt: skip
    difficulty = Difficulty(*(factor / 100 for factor in factors))
    return {"pictures": count, "difficulty": difficulty, "wrong_labels": _pick_wrong(settings)}


def _pick_own_count(most: int, settings: Settings) -> dict[str, Any]:
    """Show how many of the visitor's own pictures of each class are used, at most `most`."""
    counts = [*(count for count in PICTURES if count < most), most]
    count = settings.select_slider(
        "Pictures of each class", counts, "own_pictures", most,
        help="Classes that have fewer repeat theirs, so that all classes weigh the same.",
    )  # fmt: skip
    return {"pictures": count, "wrong_labels": _pick_wrong(settings)}


def _pick_wrong(settings: Settings) -> float:
    return settings.slider("Wrong labels (%)", 0, 50, "wrong", 0) / 100


def _pick_network(settings: Settings) -> dict[str, Any]:
    """Show which network is trained, and return it with its number of blocks; none until chosen."""
    name, blocks = pick_network(settings) or ("", DEFAULT.blocks)
    return {
        "network": name,
        "blocks": blocks,
        "size": settings.select_slider(
            "Side of the pictures (pixels)", SIZES, "size", DEFAULT.size
        ),
        "seed": settings.number("Random seed", 0, 10**6, "seed", 0),
    }  # fmt: skip


def _pick_learning(settings: Settings) -> dict[str, Any]:
    optimiser = settings.select("Optimiser", list(OPTIMISERS), "optimiser")
    return {
        "optimiser": OPTIMISERS[optimiser],
        "rate": settings.select_slider("Learning rate", RATES, "rate", DEFAULT.rate),
        "batch": settings.select_slider("Pictures in a step", BATCHES, "batch", DEFAULT.batch),
        "decay": settings.select_slider(
            "Weight decay", DECAYS, "decay", DEFAULT.decay,
            help="Makes every weight a little smaller with each step, so that no single one becomes"
            " large: it may help against learning pictures by heart.",
        ),
        "augmented": settings.toggle(
            "Vary the pictures at random", "augmented", DEFAULT.augmented
        ),
    }  # fmt: skip
