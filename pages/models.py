"""Models: every CNN that timm has, and every other network here, to search and choose from."""

import pandas as pd
import streamlit as st

from core.zoo import catalog, refused_folders
from pages.parts.models import details, shortlist
from pages.parts.models.filters import filtered
from pages.parts.shared import downloads
from pages.parts.shared.frame import framed
from pages.parts.shared.page_intro import expert, show_intro
from pages.parts.shared.session import workbench


def show() -> None:
    show_intro(
        "Which networks are there?",
        "Every CNN and hybrid that timm has, with its size, and where its weights are.",
        "Tick rows to put networks on the shortlist, then compare up to four; nothing is"
        " downloaded here.",
    )
    settings = workbench().settings
    table = catalog(settings)
    rows = filtered(table)
    st.markdown(f"**{len(rows):,}** of {len(table):,} networks")
    picked = shortlist.pick(table["name"].tolist())
    shortlist.offer_comparison(picked)
    if rows.empty:
        st.info(
            "No network fits these filters; widen one of them.", icon=":material/filter_alt_off:"
        )
    else:
        shortlist.show_table(rows, expert())
    details.show(picked)
    downloads.csv(rows, "models", index=False, help="The rows of the table.")
    _show_refused(refused_folders(settings))


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
