"""The robust sister: a network of the same architecture that was trained on attacked pictures."""

from collections.abc import Mapping

import streamlit as st

from core import corruptions, figures, zoo
from core.corruptions import JudgedAnswers
from pages.parts.failures.dial_picker import step_labels
from pages.parts.failures.set_table import show_verdict
from pages.parts.failures.tested_set import TestedSet
from pages.parts.shared import sidebar
from pages.parts.shared.chart_toolbar import with_png
from pages.parts.shared.results import Results

PLAIN, ROBUST = "bundled/scenes-regnet", "bundled/scenes-regnet-robust"
PLACEHOLDER = 340


def show(results: Results, tested: TestedSet, judged: Mapping[str, JudgedAnswers]) -> None:
    """Compare both sisters, which `offer` has the visitor choose.

    Args:
        results: Of the page.
        tested: What is tested.
        judged: The judged answers by network.
    """
    if not {PLAIN, ROBUST} <= judged.keys():  # one of them is still computed
        results.placeholder(list(tested.recipes.values()), PLACEHOLDER)
        return
    titles = zoo.distinct_titles(tested.models)
    both = {titles[name]: judged[name] for name in (PLAIN, ROBUST)}
    show_verdict(both, tested, by_label=True)
    lines = {
        title: [each.accuracy for each in corruptions.by_step(own)] for title, own in both.items()
    }
    figure = figures.severity_curves(
        lines, step_labels(tested.dial), tested.step, tested.dial.title, "accuracy"
    )
    st.plotly_chart(
        figure, key="_sisters", config=with_png("robust-sister"),
        alt=f"Accuracy of both sisters by {tested.dial.title}",
    )  # fmt: skip
    st.caption(
        "Robust training is no cure for everything: it was made against attacks of small size (L2),"
        " and often also helps against noise. Try the dials of fog and contrast, too."
    )


def offer() -> bool:
    """Offer to choose both sisters; return whether one of them is missing."""
    chosen = sidebar.models()
    if {PLAIN, ROBUST} <= chosen.keys():
        return False
    st.markdown(
        "Zooscope ships one such pair, for drawn scenes: scenes-regnet, and scenes-regnet-robust,"
        " which was trained on attacked scenes and has the same architecture. Of ImageNet networks,"
        " timm has relatives that were trained with adversarial examples (AdvProp, Xie et al."
        " 2020): search for “ap_in1k” on the page Models."
    )
    if PLAIN in chosen:
        st.button(
            "Put scenes-regnet-robust beside it", icon=":material/shield:", type="primary",
            key="_sister", on_click=sidebar.add_models, args=([ROBUST],),
        )  # fmt: skip
    else:
        st.button(
            "Compare the two sisters", icon=":material/shield:", type="primary",
            key="_sister", on_click=sidebar.choose_models, args=([PLAIN, ROBUST],),
        )  # fmt: skip
    return True
