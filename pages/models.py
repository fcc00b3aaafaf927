"""Models: every CNN that timm has, and every other network here, to search and choose from."""

import pandas as pd
import streamlit as st

from core.zoo import catalog, refused_folders
from pages.parts.models import details, kept_filters, shortlist
from pages.parts.models.filters import WHERE, filtered
from pages.parts.shared import downloads, own_networks
from pages.parts.shared.frame import framed
from pages.parts.shared.page_intro import expert, show_intro
from pages.parts.shared.session import arrived_at, workbench


def show() -> None:
    show_intro(
        "Which networks are there?",
        "Every network that timm has, with its size, and where its weights are.",
        "Tick rows to put networks on the shortlist, then use up to four of them on all pages;"
        " nothing is downloaded here.",
    )
    settings = workbench().settings
    table = catalog(settings, own_networks.names())
    kept_filters.restore()
    rows = filtered(table)
    st.markdown(
        f"**{len(rows):,}** of {len(table):,} networks:"
        f" {table['architecture'].nunique():,} architectures, each with every set of weights that"
        " there is for it, and with random ones"
    )
    picked = shortlist.pick(table["name"].tolist())
    kept_filters.keep(arrived=arrived_at("models"))
    shortlist.offer_use(picked)
    if rows.empty:
        st.info(
            "No network fits these filters; widen one of them.", icon=":material/filter_alt_off:"
        )
    else:
        shortlist.show_table(rows, expert())
    details.show(picked)
    downloads.csv(_in_words(rows), "models", index=False, help="The rows of the table.")
    _show_refused(refused_folders(settings))


def _in_words(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the page's words for where the weights are."""
    return rows.assign(where=rows["where"].astype(str).map(WHERE))


def _show_refused(folders: pd.DataFrame) -> None:
    """List the model folders that are not opened, with the reasons."""
    if folders.empty:
        return
    st.subheader("Folders that can't be opened", anchor=False)
    # A table shows its texts as they are, not as Markdown.
    st.dataframe(
        folders, hide_index=True, width="stretch", key="_refused_folders",
        column_config={
            "name": st.column_config.TextColumn("Name", pinned=True, width="medium"),
            "reason": st.column_config.TextColumn("Reason", width="large"),
        },
    )  # fmt: skip


framed(show)
