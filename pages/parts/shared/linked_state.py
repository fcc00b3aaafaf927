"""The state of linked widgets: their keys, and the values that they or the URL hold."""

import time
from collections.abc import Sequence
from typing import Any, TypeVar

import streamlit as st

from pages.parts.shared.bounded_number import Number, bounded, is_number

Option = TypeVar("Option")

# Seconds for which a request that the browser sent before an assignment may still arrive.
IN_TRANSIT = 1.5


class LinkedState:
    """The values of a page's linked widgets.

    Streamlit binds a widget to the URL parameter that has the widget's key as its name. The keys
    start with the page's name, so that two pages never share one. Links that were made when keys
    had no such start still work: the old parameter is read once and removed.

    A value from the URL, or one that was chosen when there were other options, is checked before
    the widget is made; the default takes the place of one that does not fit.

    Args:
        page: The page's name; empty for widgets whose value follows the visitor to other pages.
    """

    def __init__(self, page: str = ""):
        self._page = page

    def key(self, name: str) -> str:
        """Return the key of a widget, which is also its name in the URL."""
        return f"{self._page}_{name}" if self._page else name

    def value(self, name: str) -> object:
        """Return what a widget or the URL holds; None where neither holds anything."""
        self._move_old_parameter(name)
        key = self.key(name)
        return st.session_state[key] if key in st.session_state else st.query_params.get(key)

    def values(self, name: str) -> list[Any]:
        """Return what a widget with several values, or the URL, holds."""
        self._move_old_parameter(name)
        key = self.key(name)
        if key in st.session_state:
            return list(st.session_state[key])
        return st.query_params.get_all(key)

    def set(self, name: str, value: object) -> None:
        """Set the value of a widget: in a callback, or before the widget is made."""
        st.session_state[self.key(name)] = value

    def assign(self, name: str, value: object) -> None:
        """Set the value of a widget in a callback, and keep it against requests in transit.

        A page that shows progress sends a request every few moments, each with the values that its
        widgets have in the browser. Just after an assignment that is still the old value.
        `keep_assigned` restores the new one.
        """
        key = self.key(name)
        old = st.session_state.get(key)
        st.session_state[f"_assigned_{key}"] = (old, value, time.monotonic())
        st.session_state[key] = value

    def keep_assigned(self, name: str) -> None:
        """Restore a value that a request in transit has overwritten. See `assign`."""
        key = self.key(name)
        old, value, when = st.session_state.get(f"_assigned_{key}", (None, None, 0.0))
        if time.monotonic() - when < IN_TRANSIT and st.session_state.get(key) == old:
            st.session_state[key] = value

    def was_replaced(self, name: str, value: object) -> bool:
        """Return whether a value that arrives now is the one that code has just replaced.

        For the callback of a widget that shows the value of a linked one.
        """
        old, _, when = st.session_state.get(f"_assigned_{self.key(name)}", (None, None, 0.0))
        return value == old and time.monotonic() - when < IN_TRANSIT

    def check_option(self, name: str, options: Sequence[Option], default: Option | None) -> None:
        """Put the default in the place of a value that is not an option."""
        held = self.value(name)
        if held in options:
            return
        by_text = {str(option): option for option in options}
        st.session_state[self.key(name)] = by_text.get(str(held), default)

    def takes_default(self, name: str, options: Sequence[Option], default: Option) -> bool:
        """Return whether a widget takes its default as an argument; replace a value that is none.

        A default is better given to the widget than assigned: Streamlit then leaves it out of the
        URL and puts every other option there. And where the script runs again before the browser
        has drawn the widget, the browser does not learn of an assigned value and sends no option.
        """
        self.value(name)  # takes over a parameter of an old link
        key = self.key(name)
        if key not in st.session_state or st.session_state[key] in options:
            return True
        self.check_option(name, options, default)
        return False

    def drop_unknown(self, name: str, options: Sequence[Option], default: Sequence[Option]) -> None:
        """Keep the values that are options; put the default in the place of none."""
        held = self.values(name)
        known = [option for option in options if option in held or str(option) in held]
        if len(known) < len(held) or (default and not known):
            st.session_state[self.key(name)] = known or list(default)

    def drop_unknown_ends(self, name: str, options: Sequence[Option]) -> None:
        """Forget the ends of a range that are no longer options; Streamlit checks those in the URL.

        A range needs its default in every run, which does not go together with an assigned value.
        """
        self._move_old_parameter(name)
        key = self.key(name)
        if key in st.session_state and not set(st.session_state[key]) <= set(options):
            del st.session_state[key]

    def correct_number_in_url(self, name: str, low: Number, high: Number, default: Number) -> None:
        """Replace a number in the URL that is out of bounds by the bound; remove what is no number.

        A whole number is written as one: "5", not "5.0".

        Streamlit cannot read the one, and takes the default for the other. It reads the URL before
        the script runs, so the script runs again.
        """
        self._move_old_parameter(name)
        key = self.key(name)
        text = st.query_params.get(key)
        if text is None or key in st.session_state:
            return
        number = bounded(text, low, high, default)
        if not is_number(text):
            del st.query_params[key]
            st.rerun()
        elif float(text) != number or (isinstance(default, int) and text != str(number)):
            st.query_params[key] = str(number)
            st.rerun()

    def default_argument(self, name: str, checked: bool | float, default: Any) -> dict[str, Any]:
        """The argument `value` of a widget, after a value that does not fit was replaced.

        Streamlit leaves a default out of the URL, but warns where code assigns a value and gives a
        default as well.

        Args:
            name: The widget's name.
            checked: The value that it should have.
            default: Its default.
        """
        key, held = self.key(name), self.value(name)
        in_url = key not in st.session_state and key in st.query_params
        if held is None or (in_url and str(held).lower() == str(checked).lower()):
            return {"value": default}
        if held == checked and not isinstance(held, str):
            return {"value": default}
        st.session_state[key] = checked
        return {}

    def _move_old_parameter(self, name: str) -> None:
        """Move a parameter from a link that was made before keys had the page's name.

        Streamlit reads the URL before the script runs, so the script runs again.
        """
        if not self._page or name not in st.query_params:
            return
        old, key = st.query_params.get_all(name), self.key(name)
        del st.query_params[name]
        if key not in st.session_state and key not in st.query_params:
            st.query_params[key] = old
            st.rerun()
