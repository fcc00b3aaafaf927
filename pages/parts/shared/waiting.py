"""What a page says while it waits: what will appear, how much is done, and how long it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.workbench.engine import Answer
from core.workbench.recipes import Recipe
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.other_visitors import served_in_turn

# What the results of a task are, by its name; no title for all others.
TITLES: Mapping[str, str] = {
    "ablation": "Predictions",
    "activation maps": "Feature maps",
    "class separation": "Class separation",
    "connections": "Connections",
    "costs": "Measured speed",
    "dial answers": "Dials",
    "dial saliency": "Heat maps",
    "features": "Features of pictures",
    "gram matrices": "Layer similarity",
    "layer similarity": "Layer similarity",
    "layers": "List of layers",
    "logits": "Predictions",
    "map overlay": "Map of pictures",
    "map placement": "Map of pictures",
    "mended layer": "Scenes for the last layer",
    "neuron map": "Map of neurons",
    "part scores": "Matches with parts",
    "picture map": "Map of pictures",
    "responses": "Responses of neurons",
    "saliency area": "Tests of heat maps",
    "saliency checks": "Sanity checks",
    "saliency map": "Heat maps",
    "saliency scores": "Scores of heat maps",
    "saliency truth": "Heat maps of drawn scenes",
    "scene answers": "Answers to changed scenes",
    "set dial answers": "Answers to worse pictures",
    "shortcuts": "Tests of what stood out",
    "ten crop answers": "Answers to ten crops",
    "top predictions": "Predictions",
    "unit matches": "Matching neurons",
    "visualization": "Pictures of neurons",
}
# An estimate needs this many seconds and this share of the work: less says little about the rest.
MIN_SECONDS, MIN_SHARE = 3.0, 0.03
# Seconds without a look at the work after which it counts as interrupted: the page was left.
INTERRUPTION = 5.0
# A share falls by this much without other work, by rounding.
ROUNDING = 1e-9
# Seconds below which the rest is not worth a number.
SOON = 8


@dataclass(frozen=True)
class Wait:
    """A wait for results, and when it was seen first and last.

    Attributes:
        since: Time at which the measurement began, in seconds.
        first_share: Share of the work that was done then, 0 to 1.
        seen: Time of the latest look.
        share: Share of the work that is done now.
    """

    since: float
    first_share: float
    seen: float
    share: float

    @classmethod
    def begin(cls, now: float, share: float) -> "Wait":
        """Begin to measure."""
        return cls(now, share, now, share)

    def look(self, now: float, share: float) -> "Wait":
        """Return the wait as it is now.

        The measurement begins anew after an interruption, and where the share has fallen: then
        other work has begun.
        """
        if now - self.seen > INTERRUPTION or share < self.share - ROUNDING:
            return Wait.begin(now, share)
        return replace(self, seen=now, share=share)

    @property
    def seconds_left(self) -> float | None:
        """Estimate the rest from the pace so far; None before enough is known."""
        seconds, gained = self.seen - self.since, self.share - self.first_share
        if seconds < MIN_SECONDS or gained < MIN_SHARE:
            return None
        return (1 - self.share) * seconds / gained


def done_share(answers: Sequence[Answer[Any]], asked: int) -> float:
    """Return the share of the work that is done.

    Args:
        answers: What is known of the results that are missing.
        asked: The number of results that were asked; those that are not missing are done.
    """
    progress = [answer.progress for answer in answers]
    under_way = sum(min(1.0, now.step / max(1, now.total)) for now in progress if now)
    return min(1.0, (asked - len(answers) + under_way) / asked)


def waiting_text(
    missing: Sequence[Recipe[Any]],
    answers: Sequence[Answer[Any]],
    asked: int,
    seconds_left: float | None = None,
) -> str:
    """Return what will appear, how much of it is done, how long the rest takes, and what goes on.

    Args:
        missing: The recipes whose results are missing.
        answers: What is known of each.
        asked: The number of results that were asked, those that are there included.
        seconds_left: The estimated rest; None where it is not known.
    """
    others = served_in_turn(max(answer.other_sessions for answer in answers))
    if others and not any(answer.progress for answer in answers):
        return f"Waiting: {others}"
    notes = [answer.progress.note for answer in answers if answer.progress]
    details = [
        f"{asked - len(missing)} of {asked}" if asked > 1 else "",
        time_left(seconds_left),
        escape_markdown(next(filter(None, notes), "")),
    ]
    text = ", ".join(filter(None, details)) or "computing"
    title = _title(missing)
    text = f"{title}: {text} …" if title else f"{text[0].upper()}{text[1:]} …"
    return f"{text} ({others})" if others else text


def time_left(seconds: float | None) -> str:
    """Return a rough time in words; empty where it is not known."""
    if seconds is None:
        return ""
    if seconds < SOON:
        return "a few seconds left"
    if seconds < 55:
        return f"about {10 * max(1, round(seconds / 10))} s left"
    if seconds < 90 * 60:
        return f"about {max(1, round(seconds / 60))} min left"
    return f"about {round(seconds / 3600)} h left"


def _title(missing: Sequence[Recipe[Any]]) -> str:
    """Return what will appear; empty where the tasks are unknown."""
    titles = dict.fromkeys(TITLES.get(recipe.task, "") for recipe in missing)
    named = [title for title in titles if title]
    return " and ".join([named[0], *(title.lower() for title in named[1:2])]) if named else ""
