"""Other runs of this session, whose curves are laid over those of the shown one."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import streamlit as st

from core.train_lab import reports
from core.train_lab.experiment import Difficulty, Experiment
from pages.parts.train.session_runs import folder_to_show

KEY = "_trained_experiments"
MAX_REMEMBERED, MAX_SHOWN = 12, 3
# How the settings are called in a run's name.
NAMES = {
    "rate": "learning rate", "batch": "pictures in a step", "pictures": "pictures of each class",
    "decay": "weight decay", "augmented": "varied pictures", "wrong_labels": "wrong labels",
    "seed": "random seed", "coat": "other textures", "background": "other backgrounds",
    "pose": "turned",
}  # fmt: skip
# Settings that have no name: their parts are named, or nobody knows their values.
UNNAMED = ("difficulty", "picture_set")


@dataclass(frozen=True)
class OtherRun:
    """The curves of another run on new pictures.

    Attributes:
        name: What is different about it.
        validation_loss: Step and loss of each point.
        validation_accuracy: Step and accuracy of each point.
    """

    name: str
    validation_loss: tuple[tuple[int, float], ...]
    validation_accuracy: tuple[tuple[int, float], ...]


def remember(experiment: Experiment) -> None:
    """Remember that this session has trained an experiment."""
    others = [each for each in st.session_state.get(KEY, []) if each != experiment]
    st.session_state[KEY] = [experiment, *others][:MAX_REMEMBERED]


def pick_other_runs(experiment: Experiment) -> list[OtherRun]:
    """Show a picker of the other runs, named by their settings that differ; return the chosen."""
    others = [each for each in st.session_state.get(KEY, []) if each != experiment]
    if not others:
        return []
    names = {each.identity: differences(each, experiment) for each in others}
    chosen = st.multiselect(
        "Lay other runs over it", list(names), format_func=lambda key: names[key],
        key="_other_runs", max_selections=MAX_SHOWN, select_all=False,
        placeholder="Choose runs of this session",
    )  # fmt: skip
    return [_curves(each, names[each.identity]) for each in others if each.identity in chosen]


def differences(other: Experiment, shown: Experiment) -> str:
    """Return in words how an experiment differs from the shown one."""
    texts = [
        f"{NAMES.get(field.name, field.name)} {_text(getattr(other, field.name))}"
        for field in fields(Experiment)
        if field.name not in UNNAMED and getattr(other, field.name) != getattr(shown, field.name)
    ]
    texts += [
        f"{NAMES.get(field.name, field.name)} {getattr(other.difficulty, field.name):.0%}"
        for field in fields(Difficulty)
        if getattr(other.difficulty, field.name) != getattr(shown.difficulty, field.name)
    ]
    return ", ".join(texts)


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _curves(experiment: Experiment, name: str) -> OtherRun:
    found, _ = reports.read(folder_to_show(experiment))
    losses = [(each.step, each.validation_loss) for each in found]
    accuracies = [(each.step, each.validation_accuracy) for each in found]
    return OtherRun(name, _known(losses), _known(accuracies))


def _known(points: Sequence[tuple[int, float | None]]) -> tuple[tuple[int, float], ...]:
    return tuple((step, value) for step, value in points if value is not None)
