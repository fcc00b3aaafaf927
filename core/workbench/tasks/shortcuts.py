"""Which classes a network recognises by something that does not belong to them."""

from dataclasses import asdict
from typing import Any

from core import interventions
from core.interventions import Answers, Interval, Shortcut, Suspicion, Verdict
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.zoo import Card


def shortcuts_recipe(card: Card, answers: Recipe[Answers]) -> Recipe[Verdict]:
    """Recipe of the verdict on a network.

    Args:
        card: The network's card.
        answers: Its answers to scenes, for the screening.

    Raises:
        WeightsUnavailable: The weights have to be downloaded first, or do not exist.
    """
    return SHORTCUTS.recipe(card, [answers])


def _compute(call: Call) -> Steps[list[StoredResult]]:
    verdict = yield from interventions.judge_steps(call.model, call.each(Answers)[0])
    return [StoredResult({}, {"tested": [asdict(each) for each in verdict.tested]})]


def _read(stored: StoredResult) -> Verdict:
    return Verdict(tuple(_shortcut(each) for each in stored.record["tested"]))


def _shortcut(values: dict[str, Any]) -> Shortcut:
    return Shortcut(
        Suspicion(**values["suspicion"]), values["seed"], tuple(values["with_level"]),
        tuple(values["without"]), Interval(**values["loss"]), Interval(**values["gain"]),
    )  # fmt: skip


SHORTCUTS = Task("shortcuts", version=1, compute=_compute, read=_read, cost=5.0, batch=1)
