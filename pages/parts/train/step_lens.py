"""One training step in numbers, for one picture and one weight."""

import math

import pandas as pd
import streamlit as st

from core.train_lab.experiment import Experiment
from core.train_lab.kept_weights import kept_steps
from core.train_lab.one_step import OneStep, Update, explain_step, load_weights
from core.train_lab.pictures import PicturesLost
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.train.session_runs import folder_to_show

LINKED = Linked("train")
# How the update is computed, in words, by optimiser.
RULES = {
    "sgd": "new weight = weight − learning rate × gradient",
    "momentum": "speed = 0.9 × speed + gradient, and new weight = weight − learning rate × speed",
    "adam": "new weight = weight − learning rate × mean gradient / √(mean squared gradient)",
}


def show_step_lens(experiment: Experiment) -> None:
    """Show what one step does, from the weights of a step that the visitor chooses."""
    folder = folder_to_show(experiment)
    steps = kept_steps(folder)
    if not steps:
        return
    lens = st.expander(
        "One step under the lens: every number", icon=":material/frame_inspect:",
        on_change="rerun", key="_step_lens",
    )  # fmt: skip
    if not lens.open:
        return
    with lens:
        step = LINKED.select_slider("Weights after step", steps, "lens", steps[0])
        try:
            explained = explain_step(experiment, load_weights(folder, experiment, step), folder)
        except PicturesLost as error:
            st.warning(escape_markdown(error), icon=":material/hide_image:")
            return
        except FileNotFoundError:
            st.info("These weights were deleted meanwhile. Choose another step.")
            return
        if not math.isfinite(explained.picture_loss):
            st.info(
                "After this step the network's answers are no longer numbers: the steps before it"
                " went too far. Choose an earlier step to see how."
            )
            return
        _show_answer(explained)
        _show_gradients(explained)
        _show_updates(experiment, explained)


def _show_answer(explained: OneStep) -> None:
    """Show the way of one picture from the outputs to its loss."""
    st.markdown("**1. The answer and its loss**")
    picture, table = st.columns([1, 3], vertical_alignment="center")
    picture.image(explained.picture, caption=f"A {escape_markdown(explained.label)}", width=140)
    probability = explained.probabilities[explained.label]
    with table:
        st.dataframe(
            pd.DataFrame({"output (logit)": explained.logits,
                          "probability (softmax)": explained.probabilities}),
            column_config={
                "output (logit)": st.column_config.NumberColumn(format="%.4f"),
                "probability (softmax)": st.column_config.NumberColumn(format="%.4f"),
            },
        )  # fmt: skip
        st.markdown(
            "Softmax: e to the power of each output, divided by the sum of all of them. The loss"
            f" (cross-entropy) is −ln({probability:.4f}) = **{explained.picture_loss:.4f}**; it"
            f" would be 0 if the network were certain of *{escape_markdown(explained.label)}*."
        )


def _show_gradients(explained: OneStep) -> None:
    st.markdown("**2. Backwards: how much each layer has to change**")
    norms = ", ".join(f"{name} {norm:.3g}" for name, norm in explained.gradients.items())
    st.markdown(
        "Backpropagation computes for every weight how the mean loss of the batch changes with it:"
        f" its gradient. The length of all gradients of a layer together: {norms}."
    )


def _show_updates(experiment: Experiment, explained: OneStep) -> None:
    st.markdown("**3. One weight is corrected**")
    st.markdown(
        f"The weight *{explained.weight}*, three steps with the same pictures."
        f" {RULES[experiment.optimiser].capitalize()}; the learning rate is {experiment.rate:g}."
    )
    first, last = explained.updates[0], explained.updates[-1]
    rows = [_row(update) for update in explained.updates]
    numbers = pd.DataFrame(rows, index=[f"step {i}" for i in range(1, len(rows) + 1)])
    empty = [name for name in numbers if numbers[name].isna().all()]
    st.dataframe(
        numbers.drop(columns=empty),
        column_config={
            name: st.column_config.NumberColumn(format="%.6g") for name in numbers.columns
        },
    )
    direction = "falls" if last.loss_after < first.loss else "rises"
    st.markdown(
        f"The loss of these pictures {direction} from {first.loss:.4f} to {last.loss_after:.4f}."
    )


def _row(update: Update) -> dict[str, float | None]:
    return {
        "loss": update.loss,
        "gradient": update.gradient,
        "mean gradient": update.mean if update.mean != update.gradient or update.square else None,
        "mean squared gradient": update.square,
        "weight": update.before,
        "new weight": update.after,
        "loss after it": update.loss_after,
    }
