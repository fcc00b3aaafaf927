"""Results on a page: at once where they are there, with progress and Cancel where they are not."""

import time
from collections.abc import Sequence

import streamlit as st

from core.engine import Answer
from core.recipes import Recipe
from pages.parts.session import asker, workbench
from pages.parts.text import plain

# Seconds a page waits before it shows progress instead: most predictions take less.
PATIENCE = 0.6
POLL = 0.4
# Seconds that a browser has for drawing what was asked for, before what it did not ask for begins.
REST = 0.8


def answers(recipes: Sequence[Recipe], patience: float = PATIENCE, key: str = "") -> list[Answer]:
    """What is known of these now. For the rest the page shows progress and runs again.

    Args:
        recipes: What the page needs.
        patience: Seconds to wait for what is not there.
        key: Tells two calls in one run apart.
    """
    given_up = st.session_state.setdefault("_given_up", set())
    wanted = [recipe for recipe in recipes if recipe.key not in given_up]
    found = dict(zip(wanted, workbench().wait(wanted, asker(), patience), strict=True))
    missing = [recipe for recipe in wanted if not found[recipe].done]
    st.session_state._under_way = bool(missing)
    if missing:
        st.session_state[f"_previewed{key}"] = _previewed([found[recipe] for recipe in missing])
        _progress(missing, key)
        st.button(
            "Cancel",
            icon=":material/cancel:",
            key=f"_cancel{key}",
            on_click=_cancel,
            args=(missing,),
        )
    if len(wanted) < len(recipes):
        st.info("Cancelled. Finished batches are kept.", icon=":material/cancel:")
        st.button(
            "Go on",
            icon=":material/play_arrow:",
            key=f"_go_on{key}",
            on_click=given_up.difference_update,
            args=([recipe.key for recipe in recipes],),
        )
    return [found.get(recipe, Answer()) for recipe in recipes]


def waiting(height: int) -> None:
    """The place of what the last `answers` did not bring: it shimmers unless all was cancelled.

    Args:
        height: In pixels.
    """
    if st.session_state.get("_under_way"):
        st.skeleton(height=height)
    else:
        st.container(height=height, border=True)


def rested(what: object) -> bool:
    """Whether this has been on the page for a while, so that more may be computed about it.

    On two cores a computation and a browser that draws slow each other down twice over. The page
    runs again when it is time.

    Args:
        what: What is shown; another one starts anew.
    """
    shown, since = st.session_state.get("_shown", (None, 0.0))
    if shown != what:
        shown, since = st.session_state._shown = (what, time.monotonic())
    if time.monotonic() - since >= REST:
        return True
    _rest(since)
    return False


def failed(recipe: Recipe, answer: Answer, key: str) -> None:
    """Why a result could not be had, and another try."""
    st.error(plain(answer.error), icon=":material/error:")
    st.button(
        "Try again",
        icon=":material/refresh:",
        key=f"_retry_{key}",
        on_click=workbench().retry,
        args=([recipe],),
    )


@st.fragment(run_every=POLL)
def _progress(missing: Sequence[Recipe], key: str) -> None:
    found = workbench().ask(missing, asker())
    news = _previewed(found) != st.session_state[f"_previewed{key}"]
    if news or any(answer.done for answer in found):
        st.rerun()
    progress = [answer.progress for answer in found]
    share = sum(p.step / max(1, p.total) for p in progress if p) / len(progress)
    note = next((p.note for p in progress if p and p.note), "computing")
    st.progress(share, text=f"{note.capitalize()} …")


@st.fragment(run_every=REST)
def _rest(since: float) -> None:
    if time.monotonic() - since >= REST:
        st.rerun()


def _previewed(found: Sequence[Answer]) -> set[int]:
    """What there is to preview: an array for each recipe, another one when it has changed."""
    progress = [answer.progress for answer in found if answer.progress]
    return {id(one.preview) for one in progress if one.preview is not None}


def _cancel(missing: Sequence[Recipe]) -> None:
    workbench().leave(missing, asker())
    st.session_state._given_up.update(recipe.key for recipe in missing)
