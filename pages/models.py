"""Models: every CNN that timm has, and every other model here, to search, filter and pick from."""

import math

import pandas as pd
import streamlit as st

from core.zoo import catalog
from pages.parts import chooser
from pages.parts.session import workbench
from streamlit_app import framed

WHERE = {
    "bundled": "ships with Zooscope",
    "local": "in a folder here",
    "cached": "fetched before",
    "hub": "on the hub",
    "untrained": "random weights",
    "refused": "not as safetensors",
}


def show() -> None:
    st.title("Models", anchor=False)
    table = catalog(workbench().settings)
    st.caption(
        f"{len(table):,} models of {table['architecture'].nunique():,} architectures. Nothing is"
        " loaded or fetched here: pick up to four rows, then compare them."
    )
    found = _filtered(table)
    picked = _picked(found)
    _compare(picked)
    st.download_button(
        "CSV",
        lambda: found.to_csv(index=False).encode(),
        "models.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        help="The rows that are shown.",
    )


def _filtered(table: pd.DataFrame) -> pd.DataFrame:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(
            "Search", key="search", bind="query-params", placeholder="mobilenet in1k", width=260
        )
        families = st.multiselect(
            "Family",
            sorted(family for family in table["family"].unique() if family),
            key="family",
            bind="query-params",
            width=260,
        )
        kinds = st.pills(
            "Kind", ["CNN", "hybrid"], selection_mode="multi", key="kind", bind="query-params"
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        where = st.pills(
            "Weights",
            list(WHERE),
            selection_mode="multi",
            key="where",
            bind="query-params",
            wrap=True,
            help="; ".join(f"{name}: {meaning}" for name, meaning in WHERE.items()),
        )
        with st.popover("More filters", icon=":material/tune:"):
            millions, (low, high), classes = _finer_filters(table)
    keep = table["name"].map(lambda name: all(word in name for word in search.lower().split()))
    if families:
        keep &= table["family"].isin(families)
    if kinds:
        keep &= table["kind"].isin(kinds)
    if where:
        keep &= table["where"].isin(where)
    keep &= table["parameters"] <= millions * 1e6
    keep &= table["input_size"].between(low, high)
    if classes != "any":
        keep &= table["classes"].astype(str) == classes
    return table[keep].reset_index(drop=True)


def _finer_filters(table: pd.DataFrame) -> tuple[int, tuple[int, int], str]:
    most = math.ceil(table["parameters"].max() / 1e6)
    millions = st.slider(
        "Parameters, at most (millions)", 1, most, most, key="millions", bind="query-params"
    )
    sizes = sorted(table["input_size"].unique())
    between = st.select_slider(
        "Input size (pixels)", sizes, (sizes[0], sizes[-1]), key="size", bind="query-params"
    )
    classes = st.selectbox(
        "Classes",
        ["any", *(str(count) for count in sorted(table["classes"].unique()))],
        key="classes",
        bind="query-params",
        help="0: no classifier, or outputs without class names.",
    )
    return millions, between, classes


def _picked(found: pd.DataFrame) -> list[str]:
    if found.empty:
        st.info("No model fits these filters; widen one of them.", icon=":material/filter_alt_off:")
        return []
    shown = found.assign(
        parameters=found["parameters"] / 1e6, multiply_adds=found["multiply_adds"] / 1e9
    ).drop(columns="architecture")
    selection = st.dataframe(
        shown,
        hide_index=True,
        width="stretch",
        height=460,
        on_select="rerun",
        selection_mode="multi-row",
        # The selection holds row numbers, which mean other models under another filter.
        key=f"_models_{hash(tuple(found['name']))}",
        column_config={
            "name": st.column_config.TextColumn("Name", pinned=True, width="medium"),
            "family": "Family",
            "kind": "Kind",
            "parameters": st.column_config.NumberColumn("Parameters", format="%.1f M"),
            "multiply_adds": st.column_config.NumberColumn("Multiply-adds", format="%.2f G"),
            "stages": st.column_config.TextColumn(
                "Stages", help="Channels / reduction of each stage", width="medium"
            ),
            "input_size": st.column_config.NumberColumn("Input", format="%d px"),
            "classes": st.column_config.NumberColumn("Classes", format="%d"),
            "where": st.column_config.TextColumn("Weights"),
        },
    )
    return [found["name"][row] for row in selection.selection.rows if row < len(found)]


def _compare(picked: list[str]) -> None:
    if len(picked) > chooser.MOST_MODELS:
        st.warning(
            f"{len(picked)} are picked; the first {chooser.MOST_MODELS} count.",
            icon=":material/filter_4:",
        )
    label = f"Compare these {len(picked)}" if len(picked) > 1 else "Open this one"
    if st.button(
        label if picked else "Pick rows to compare",
        icon=":material/compare:",
        type="primary",
        disabled=not picked,
        on_click=chooser.choose_models,
        args=(picked,),
    ):
        # Without query_params Streamlit clears the URL, which bound widgets do not allow.
        st.switch_page("pages/predict.py", query_params={})


framed(show)
