"""Results on a page: shown at once where they are there, with progress and Cancel where not."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import ZooscopeError
from core.workbench.engine import Answer
from core.workbench.recipes import Recipe
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.session import session_id, workbench
from pages.parts.shared.waiting import Wait, done_share, waiting_text

Value = TypeVar("Value")

# Seconds that a page waits before it shows progress instead: most predictions take less.
PATIENCE = 0.6
# Seconds between two looks at what is under way.
POLL = 0.4
# Seconds that a browser has for drawing results, before more is computed about them.
DRAWING_TIME = 0.8
# Pixels: a bar with two lines of text and a button, in a row of its own on a phone.
PROGRESS_HEIGHT, PROGRESS_WIDTH = 72, 540
CANCELLED, WAITS = "_cancelled", "_waits"


class Results:
    """The results that a page needs. A page makes one object in each run.

    `ask` requests recipes; afterwards `value` has their results, and `show` puts a placeholder or
    the error in the place of a result that is missing. While something is missing, the page shows
    progress with a Cancel button and runs again when there is news.
    """

    def __init__(self) -> None:
        self._answers: dict[str, Answer[Any]] = {}
        self._errors_shown: set[str] = set()
        self._without_progress: dict[str, Recipe[Any]] = {}

    def ask(
        self, recipes: Sequence[Recipe[Any]], patience: float = PATIENCE, show_progress: bool = True
    ) -> None:
        """Request recipes, and show progress for those that are missing.

        Recipes that were asked before in this run are not asked again.

        Args:
            recipes: What the page needs, in the order in which it shows them.
            patience: Seconds to wait for what is missing.
            show_progress: Whether to show progress here; `show_progress` does it later otherwise.
        """
        new = {recipe.key: recipe for recipe in recipes if recipe.key not in self._answers}
        wanted = [recipe for key, recipe in new.items() if key not in _cancelled()]
        if new:
            answers = workbench().wait(wanted, session_id(), patience)
            self._answers |= dict.fromkeys(new, Answer())
            self._answers |= {
                recipe.key: answer for recipe, answer in zip(wanted, answers, strict=True)
            }
        self._without_progress |= new
        if show_progress:
            self.show_progress()

    def show_progress(self) -> None:
        """Show one progress bar for all that was asked since the last one, where it is missing."""
        asked, self._without_progress = self._without_progress, {}
        if not asked:
            return
        name = hashlib.sha256("".join(asked).encode()).hexdigest()[:16]
        wanted = [recipe for key, recipe in asked.items() if key not in _cancelled()]
        missing = [recipe for recipe in wanted if not self._answers[recipe.key].done]
        if missing:
            self._show_progress(missing, len(wanted), name)
        else:
            st.session_state.get(WAITS, {}).pop(name, None)
        if len(wanted) < len(asked):
            _show_cancelled(list(asked), name)

    def answer(self, recipe: Recipe[Value]) -> Answer[Value]:
        """Return what is known of a recipe that was asked."""
        return self._answers[recipe.key]

    def value(self, recipe: Recipe[Value]) -> Value | None:
        """Return the result of a recipe that was asked; None where it is not there."""
        return self.answer(recipe).result

    def values(self, recipes: Mapping[str, Recipe[Value]]) -> dict[str, Value]:
        """Return the results that are there, by name."""
        found = {name: self.value(recipe) for name, recipe in recipes.items()}
        return {name: value for name, value in found.items() if value is not None}

    def preview(self, recipe: Recipe[Any]) -> Any:
        """Return what can be shown already of a result under way; None where nothing can."""
        return self.answer(recipe).preview

    def error(self, recipe: Recipe[Any]) -> ZooscopeError | None:
        """Return why a recipe failed; None where it did not."""
        return self.answer(recipe).error

    def done(self, recipes: Sequence[Recipe[Any]]) -> bool:
        """Return whether all of these have a result or an error."""
        return all(self.answer(recipe).done for recipe in recipes)

    def show(self, recipe: Recipe[Value], height: int) -> Value | None:
        """Return a result; where it is missing, show the error or a placeholder.

        Args:
            recipe: One that was asked.
            height: Height of the placeholder in pixels.
        """
        answer = self.answer(recipe)
        if answer.error:
            self.show_error(recipe)
        elif answer.result is None:
            self.placeholder([recipe], height)
        return answer.result

    def show_error(self, recipe: Recipe[Any]) -> None:
        """Show why a recipe failed, with "Try again"; once in a run, nothing where it did not."""
        error = self.error(recipe)
        if error is None or recipe.key in self._errors_shown:
            return
        self._errors_shown.add(recipe.key)
        st.error(escape_markdown(error), icon=":material/error:")
        st.button(
            "Try again", icon=":material/refresh:", key=f"_retry_{recipe.key}",
            on_click=workbench().retry, args=([recipe],),
        )  # fmt: skip

    def show_errors(self, recipes: Sequence[Recipe[Any]]) -> bool:
        """Show why recipes failed; return whether any did."""
        for recipe in recipes:
            self.show_error(recipe)
        return any(self.error(recipe) for recipe in recipes)

    def placeholder(self, recipes: Sequence[Recipe[Any]], height: int) -> None:
        """Show where results will appear: a skeleton, or an empty frame where they are cancelled.

        Args:
            recipes: What will appear.
            height: Height in pixels.
        """
        if any(not self.answer(r).done and r.key not in _cancelled() for r in recipes):
            st.skeleton(height=height)
        else:
            st.container(height=height, border=True)

    def _show_progress(self, missing: Sequence[Recipe[Any]], asked: int, name: str) -> None:
        previews = [self._answers[recipe.key].previews for recipe in missing]
        _progress_bar(missing, previews, asked, name)
        st.button(
            "Cancel", icon=":material/cancel:", key=f"_cancel_{name}", on_click=_cancel,
            args=(missing,),
        )  # fmt: skip


def progress_place() -> DeltaGenerator:
    """Return a place for progress in a row, high enough that nothing moves when progress ends."""
    return st.container(
        height=PROGRESS_HEIGHT, width=PROGRESS_WIDTH, border=False, horizontal=True,
        vertical_alignment="center",
    )  # fmt: skip


def _cancelled() -> set[str]:
    """Return the keys of the recipes that the visitor has cancelled."""
    keys: set[str] = st.session_state.setdefault(CANCELLED, set())
    return keys


@st.fragment(run_every=POLL)
def _progress_bar(
    missing: Sequence[Recipe[Any]], previews: Sequence[int], asked: int, name: str
) -> None:
    """Show how far recipes are, and run the page again when there is a result or a new preview.

    Args:
        missing: The recipes that are missing.
        previews: The number of previews that the page has shown of each.
        asked: The number of recipes that were asked together, those that are there included.
        name: Identifies them.
    """
    answers = workbench().ask(missing, session_id())
    news = [answer.previews for answer in answers] != list(previews)
    if news or any(answer.done for answer in answers):
        st.rerun()
    wait = _look_at_wait(name, done_share(answers, asked))
    st.progress(wait.share, text=waiting_text(missing, answers, asked, wait.seconds_left))


def _look_at_wait(name: str, share: float) -> Wait:
    """Return the wait for these results, after a look at it now."""
    waits = st.session_state.setdefault(WAITS, {})
    now = time.monotonic()
    waits[name] = waits[name].look(now, share) if name in waits else Wait.begin(now, share)
    return waits[name]


def _cancel(missing: Sequence[Recipe[Any]]) -> None:
    workbench().withdraw(missing, session_id())
    st.session_state[CANCELLED].update(recipe.key for recipe in missing)


def _show_cancelled(keys: Sequence[str], name: str) -> None:
    st.info("Cancelled. Finished work is kept.", icon=":material/cancel:")
    st.button(
        "Resume", icon=":material/play_arrow:", key=f"_resume_{name}",
        on_click=st.session_state[CANCELLED].difference_update, args=(keys,),
    )  # fmt: skip


def browser_has_drawn(shown: Sequence[str]) -> bool:
    """Return whether these results have been shown long enough for the browser to draw them.

    On two cores, a computation and a browser that draws slow each other down. Until it is time, the
    page runs again by itself.

    Args:
        shown: Keys of what is shown; others start the time anew.
    """
    before, since = st.session_state.get("_drawn", ((), 0.0))
    if before != tuple(shown):
        since = time.monotonic()
        st.session_state["_drawn"] = tuple(shown), since
    if time.monotonic() - since >= DRAWING_TIME:
        return True
    _wait_for_browser(since)
    return False


@st.fragment(run_every=DRAWING_TIME)
def _wait_for_browser(since: float) -> None:
    if time.monotonic() - since >= DRAWING_TIME:
        st.rerun()
