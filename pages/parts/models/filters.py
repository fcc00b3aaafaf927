"""The filters of the page Models."""

import math
import re

import pandas as pd
import streamlit as st

from pages.parts.shared.linked import Linked
from pages.parts.shared.renamed_options import accept_old_options

LINKED = Linked("models")
# Where the weights are, in words, by `Card.where`.
WHERE = {
    "trained": "trained here, by you",
    "installed": "in an installed package",
    "bundled": "ships with Zooscope",
    "local": "in a folder here",
    "cached": "downloaded before",
    "hub": "to download from the hub",
    "untrained": "random weights",
    "refused": "cannot be opened",
}
ANY = "any"
KINDS = ["CNN", "hybrid", "transformer", "MLP"]
# What separates the words of a name: timm, installed packages and folders differ in it.
SEPARATORS = re.compile(r"[-_.]+")
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
            "Kind", KINDS, "kind",
            help="A CNN uses convolutions only. A transformer or an MLP cuts the picture into"
            " patches and mixes them. A hybrid has both.",
        )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        accept_old_options(LINKED, "where", WHERE)
        places = LINKED.several_pills(
            "Weights", list(WHERE.values()), "where", wrap=True,
            help="Where a network's weights are. Details of a network say why it is not opened.",
        )  # fmt: skip
        with st.popover("More filters", icon=":material/tune:"):
            keep = _passes_finer_filters(table)
    words = [_with_spaces(word) for word in search.split()]
    keep &= table["name"].map(lambda name: all(word in _with_spaces(name) for word in words))
    where = [name for name, place in WHERE.items() if place in places]
    for column, chosen in (("family", families), ("kind", kinds), ("where", where)):
        if chosen:
            keep &= table[column].isin(chosen)
    return table[keep].reset_index(drop=True)


def _with_spaces(text: str) -> str:
    """Return a name, or a word of the search, in the form in which they are compared."""
    return SEPARATORS.sub(" ", text.lower())


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
