"""The shortlist of the page Models: rows that were ticked, kept while the filters change."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.zoo import Card
from pages.parts.models.filters import WHERE
from pages.parts.shared import sidebar
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown

LINKED = Linked("models")
NAME = "shortlist"
# How many networks a shortlist can have.
MOST = 12
# Which figures the table has: a network with other classes or another input size has others.
DEFAULT = "with timm's default classes and input size; the details have those of networks here."
NAME_WIDTH = 330  # pixels: room for the longest names


def show_table(rows: pd.DataFrame, expert: bool) -> None:
    """Show the table; a tick puts its network on the shortlist, or takes it off.

    Args:
        rows: The rows of the catalog that pass the filters.
        expert: Whether to show the stages as well.
    """
    names = rows["name"].tolist()
    # The selection has row numbers, which mean other networks under other filters.
    key = f"_models_{hash(tuple(names))}"
    chosen = LINKED.values(NAME)
    ticked = [row for row, name in enumerate(names) if name in chosen]
    if sorted(_ticked(key)) != ticked:
        st.session_state[key] = {"selection": {"rows": ticked}}
    shown = rows.assign(
        parameters=rows["parameters"] / 1e6,
        multiply_adds=rows["multiply_adds"] / 1e9,
        where=rows["where"].astype(str).map(WHERE),
    )
    st.dataframe(
        shown.drop(columns=["architecture"] if expert else ["architecture", "kind", "stages"]),
        hide_index=True, width="stretch", key=key,
        on_select=lambda: _put(_after_tick(LINKED.values(NAME), names, _ticked(key))),
        selection_mode="multi-row",
        column_config={
            "name": st.column_config.TextColumn("Name", pinned=True, width=NAME_WIDTH),
            "family": "Family",
            "kind": "Kind",
            "parameters": st.column_config.NumberColumn(
                "Parameters", format="%.1f M", help=f"Millions, {DEFAULT}"
            ),
            "multiply_adds": st.column_config.NumberColumn(
                "Multiply-adds", format="%.2f G", help=f"Billions for one image, {DEFAULT}"
            ),
            "stages": st.column_config.TextColumn(
                "Stages", help="Channels / reduction of each stage", width="medium"
            ),
            "input_size": st.column_config.NumberColumn("Input", format="%d px"),
            "classes": st.column_config.NumberColumn("Classes", format="%d"),
            "where": st.column_config.TextColumn("Weights"),
        },
    )  # fmt: skip


def pick(known: Sequence[str]) -> list[str]:
    """Show the shortlist and return the names on it.

    Args:
        known: The names of all networks.
    """
    LINKED.keep_assigned(NAME)
    chosen = [name for name in dict.fromkeys(LINKED.values(NAME)) if name in set(known)][:MOST]
    LINKED.set(NAME, chosen)
    return st.multiselect(
        "Shortlist", chosen, key=LINKED.key(NAME), bind="query-params", select_all=False,
        placeholder="Tick rows in the table: they stay here while you search on", wrap=True,
    )  # fmt: skip


def offer_use(picked: list[str]) -> None:
    """Show the button that chooses the shortlist in the sidebar, or where to look at it then."""
    chosen = sidebar.models()
    if picked and set(picked) == set(chosen):
        _show_ways_on(len(picked))
        return
    too_many = len(picked) - sidebar.MAX_MODELS
    these = f"these {len(picked)}" if len(picked) > 1 else "this network"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Use {these} on all pages" if picked else "Tick rows to choose networks",
            icon=":material/check:", type="primary", disabled=not picked or too_many > 0,
            on_click=sidebar.choose_models, args=(picked,),
        )  # fmt: skip
        if too_many > 0:
            st.caption(f"Only four can be compared: take {too_many} off the shortlist.")
        elif picked and chosen:
            titles = [card.title if isinstance(card, Card) else name
                      for name, card in chosen.items()]  # fmt: skip
            st.caption(f"In the place of {escape_markdown(', '.join(titles))} in the sidebar.")


def _show_ways_on(count: int) -> None:
    """Say that the shortlist is chosen, and link to pages that show it."""
    these = f"These {count} are" if count > 1 else "This network is"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/check: {these} chosen on all pages.", width="content")
        for page in ("predict", "compare"):
            st.page_link(f"pages/{page}.py", icon=":material/arrow_forward:", width="content")


def _ticked(key: str) -> list[int]:
    state = st.session_state.get(key)
    return list(state["selection"]["rows"]) if state else []


def _after_tick(chosen: Sequence[str], names: Sequence[str], ticked: Sequence[int]) -> list[str]:
    """Return the shortlist after a tick: what the table does not show stays on it."""
    visible, now = set(names), [names[row] for row in ticked if row < len(names)]
    kept = [name for name in chosen if name not in visible or name in now]
    return [*kept, *(name for name in now if name not in kept)][:MOST]


def _put(names: list[str]) -> None:
    LINKED.assign(NAME, names)
