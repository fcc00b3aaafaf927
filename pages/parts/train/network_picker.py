"""The picker of the network to train: that of the textbooks, or any small CNN that timm has."""

import streamlit as st

from core.textbook import MAX_BLOCKS, TEXTBOOK
from core.train_lab.choices import SUGGESTED, all_networks, check_trainable, parameters_text
from core.train_lab.experiment import Experiment
from pages.parts.shared.fixed_settings import FixedSettings
from pages.parts.shared.linked import Linked

OF_TEXTBOOKS, OTHER = "Textbook network", "Any other CNN of timm"
BLOCKS = Experiment().blocks


def pick_network(settings: Linked | FixedSettings) -> tuple[str, int] | None:
    """Show the pickers and return the network with its number of blocks; None until one is chosen.

    Args:
        settings: Shows the pickers, or reads their values only.

    Raises:
        NotTrainable: The chosen architecture can't be trained here; the message says why.
    """
    chosen = settings.select(
        "Network", [OF_TEXTBOOKS, *SUGGESTED, OTHER], "network",
        help="The others are architectures of timm. They need more time for a step; some need more"
        " pictures, or varied ones, before they get better on new pictures.",
    )  # fmt: skip
    if chosen == OF_TEXTBOOKS:
        blocks = settings.slider("Blocks", 1, MAX_BLOCKS, "blocks", BLOCKS,
                               help="A block: convolution, ReLU and max-pooling.")  # fmt: skip
        return TEXTBOOK, blocks
    name = chosen if chosen != OTHER else settings.select_or_none(
        "Architecture in timm", all_networks(), "architecture",
        placeholder="Type to search: mobilenet, regnet …",
    )  # fmt: skip
    if name is None:
        return None
    check_trainable(name)
    if isinstance(settings, Linked):
        st.caption(f"{parameters_text(name)}.")
    return name, BLOCKS


def network_parameters(experiment: Experiment) -> dict[str, object]:
    """Return what the pickers of an experiment's network hold, by name."""
    if experiment.network == TEXTBOOK:
        return {"network": OF_TEXTBOOKS, "blocks": experiment.blocks}
    if experiment.network in SUGGESTED:
        return {"network": experiment.network}
    return {"network": OTHER, "architecture": experiment.network}
