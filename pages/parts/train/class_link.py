"""Links for a class: they hold the whole experiment, and hide controls that are of no concern."""

from urllib.parse import urlencode

import streamlit as st

from core.train_lab.experiment import Experiment
from pages.parts.train.experiment_picker import GROUPS, LINKED, parameters

HIDDEN = "hide"


def hidden_groups() -> list[str]:
    """Return the groups of controls that the link hides."""
    return [group for group in GROUPS if group in st.query_params.get_all(LINKED.key(HIDDEN))]


def offer_class_link(experiment: Experiment) -> None:
    """Show how to make a link to an experiment that hides groups of controls."""
    with st.expander("A link for your class", icon=":material/school:"):
        st.markdown(
            "Whoever opens the link sees this experiment, with every setting as it is now. Hide"
            " what the class should not change."
        )
        hidden = st.pills(
            "Hide", list(GROUPS), format_func=GROUPS.__getitem__, selection_mode="multi",
            key="_class_link_hides",
        )  # fmt: skip
        settings = parameters(experiment) | {LINKED.key(HIDDEN): hidden}
        st.code(f"{st.context.url or ''}?{urlencode(settings, doseq=True)}", language=None,
                wrap_lines=True)  # fmt: skip
