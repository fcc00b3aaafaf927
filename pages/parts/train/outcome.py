"""What a training run has reached, in words."""

from collections.abc import Sequence

from core.train_lab.experiment import Experiment
from core.train_lab.reports import End, Report, Setup

# What to try next, by how a run has ended.
NEXT = {
    End.GOAL: "Make it harder: turn the objects, or change the backgrounds.",
    End.STALLED: "It has not got better for a while. More pictures or more blocks may help.",
    End.EPOCHS: "It might get better with more steps: try a higher learning rate.",
    End.DIVERGED: "The loss is no longer a number: each step went too far. Choose a lower learning"
    " rate.",
}


def outcome(experiment: Experiment, setup: Setup, reports: Sequence[Report]) -> str:
    """Return in Markdown what a run has reached.

    Args:
        experiment: The experiment.
        setup: What stayed the same during the run.
        reports: All reports of the run, at least one.
    """
    last = reports[-1]
    measured = (each.validation_accuracy for each in reversed(reports))
    reached = next((accuracy for accuracy in measured if accuracy is not None), None)
    chance = 1 / len(setup.classes)
    effort = f"{last.step} steps, {last.seconds:.0f} s, {setup.parameters:,} weights"
    if last.end is End.DIVERGED:
        return f"**The training failed** after {effort}. {NEXT[End.DIVERGED]}"
    if reached is None:
        return f"**Not yet.** It was stopped after {effort}, before it was tried on new pictures."
    verdict = "**Yes.** " if reached >= experiment.goal else "**Not yet.** "
    text = (
        f"{verdict}It is right for **{reached:.0%}** of pictures that it has never seen ({effort});"
        f" guessing is right for {chance:.0%}, the goal is {experiment.goal:.0%}."
    )
    overfitted = last.accuracy is not None and last.accuracy - reached > 0.15
    if overfitted:
        text += (
            f" It knows its own pictures better ({last.accuracy:.0%}): it learned them by heart."
        )
    return f"{text} {NEXT[last.end]}" if last.end else f"{text} It was stopped."
