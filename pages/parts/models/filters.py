"""The filters of the page Models."""

import math

import pandas as pd
import streamlit as st

from pages.parts.shared.linked import Linked

LINKED = Linked("models")
# Where the weights are, and what that means.
WHERE = {
    "installed": "in an installed package",
    "bundled": "ships with Zooscope",
    "local": "in a folder here",
    "cached": "downloaded before",
    "hub": "to download from the hub",
    "untrained": "random weights",
    "refused": "unsupported format",
}
ANY = "any"
WIDTH = 260  # pixels


def filtered(table: pd.DataFrame) -> pd.DataFrame:
    """Show the filters and return the rows of the catalog that pass them."""
    families_known = sorted(family for family in table["family"].unique() if family)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = LINKED.text("Search", "search", placeholder="mobilenet in1k", width=WIDTH)
        families = LINKED.multiselect(
            "Family", families_known, "family", width=WIDTH, select_all=False,
            help="Architectures that share a design, such as resnet or convnext.",
        )  # fmt: skip
        kinds = LINKED.several_pills(
            "Kind", ["CNN", "hybrid"], "kind",
            help="A CNN uses convolutions only; a hybrid has attention or recurrence as well.",
        )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        where = LINKED.several_pills(
            "Weights", list(WHERE), "where", wrap=True,
            help="; ".join(f"{name}: {meaning}" for name, meaning in WHERE.items()),
        )  # fmt: skip
        with st.popover("More filters", icon=":material/tune:"):
            keep = _passes_finer_filters(table)
    words = search.lower().split()
    keep &= table["name"].map(lambda name: all(word in name for word in words))
    for column, chosen in (("family", families), ("kind", kinds), ("where", where)):
        if chosen:
            keep &= table[column].isin(chosen)
    return table[keep].reset_index(drop=True)


def _passes_finer_filters(table: pd.DataFrame) -> pd.Series:
    """Show the rarer filters and return which rows pass them."""
    most = math.ceil(table["parameters"].max() / 1e6)
    millions = LINKED.slider("Parameters, at most (millions)", 1, most, "millions", most)
    sizes = sorted(table["input_size"].unique().tolist())
    low, high = LINKED.range_slider("Input size (pixels)", sizes, "size")
    counts = [str(count) for count in sorted(table["classes"].unique())]
    classes = LINKED.select(
        "Classes", [ANY, *counts], "classes",
        help="0: no classifier, or outputs without class names.",
    )  # fmt: skip
    keep = (table["parameters"] <= millions * 1e6) & table["input_size"].between(low, high)
    return keep if classes == ANY else keep & (table["classes"].astype(str) == classes)
