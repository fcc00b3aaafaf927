"""The components of the network as boxes that are explained on a click.

A component of Streamlit (version 2), because the boxes show the sizes of the maps, and a click has
its answer without a run of the page.
"""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.train_lab.components import Component, list_components
from core.train_lab.experiment import Experiment
from pages.parts.train.component_texts import explain, shape_text

HERE = Path(__file__).parent
_VIEW = st.components.v2.component(
    "zooscope_network_view",
    html='<div class="network"></div>',
    css=(HERE / "network_view.css").read_text(encoding="utf-8"),
    js=(HERE / "network_view.js").read_text(encoding="utf-8"),
)


@st.cache_data(max_entries=64, show_spinner=False)
def components_of(experiment: Experiment) -> Sequence[Component]:
    """Return the components of an experiment's network.

    Raises:
        NotTrainable: The network can't be trained.
    """
    return list_components(experiment)


def show_network(components: Sequence[Component], experiment: Experiment) -> None:
    """Show the components of an experiment's network, and what each one does."""
    st.markdown("**From the picture to the correction**: click on a part to see what it does.")
    boxes = [_box(component, experiment) for component in components]
    _VIEW(key="network_view", data={"boxes": boxes, "size": experiment.size})


def _box(component: Component, experiment: Experiment) -> dict[str, object]:
    return {
        "name": component.name,
        "kind": component.kind,
        "shape": shape_text(component.after),
        "lengths": component.after,
        "text": explain(component, experiment),
    }
