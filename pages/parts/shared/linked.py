"""Widgets whose values the URL holds, and whose options may change from run to run."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.parts.shared.bounded_number import Number, bounded
from pages.parts.shared.linked_state import LinkedState, Option


class Linked(LinkedState):
    """The linked widgets of a page. See `LinkedState` for their keys.

    A value from the URL, or one that was chosen when there were other options, is checked before
    the widget is made; the default takes the place of one that does not fit.

    Args:
        page: The page's name; empty for widgets whose value follows the visitor to other pages.
    """

    def select(
        self,
        label: str,
        options: Sequence[Option],
        name: str,
        default: Option | None = None,
        default_in_url: bool = False,
        **arguments: Any,
    ) -> Option:
        """Show a selectbox and return the chosen option.

        Args:
            label: The widget's label.
            options: What can be chosen.
            name: The widget's name.
            default: The option that is chosen at first; the first one where None.
            default_in_url: Whether the URL holds the default, too. Needed for a default that
                depends on what was chosen before, so that a copied link opens the same view.
            **arguments: Further arguments of `st.selectbox`.
        """
        first = options[0] if default is None else default
        if default_in_url:
            self.check_option(name, options, first)
        elif self.takes_default(name, options, first):
            arguments["index"] = list(options).index(first)
        chosen = st.selectbox(label, options, key=self.key(name), bind="query-params", **arguments)
        return chosen if chosen in options else first

    def select_or_none(
        self, label: str, options: Sequence[Option], name: str, **arguments: Any
    ) -> Option | None:
        """Show a selectbox and return the chosen option; None until one is chosen."""
        self.check_option(name, options, None)
        chosen = st.selectbox(
            label, options, index=None, key=self.key(name), bind="query-params", **arguments
        )
        return chosen if chosen in options else None

    def segmented(
        self,
        label: str,
        options: Sequence[Option],
        name: str,
        default: Option | None = None,
        **arguments: Any,
    ) -> Option:
        """Show a segmented control and return the chosen option; the first is the default."""
        first = options[0] if default is None else default
        if self.takes_default(name, options, first):
            arguments["default"] = first
        chosen = st.segmented_control(
            label, options, key=self.key(name), bind="query-params", required=True, **arguments
        )
        return chosen if chosen in options else first

    def pills(self, label: str, options: Sequence[Option], name: str, **arguments: Any) -> Option:
        """Show pills and return the chosen option; the first is the default."""
        if self.takes_default(name, options, options[0]):
            arguments["default"] = options[0]
        chosen = st.pills(
            label, options, key=self.key(name), bind="query-params", required=True, **arguments
        )
        return chosen if chosen in options else options[0]

    def pill_or_none(
        self, label: str, options: Sequence[Option], name: str, **arguments: Any
    ) -> Option | None:
        """Show pills and return the chosen option; None until one is chosen."""
        self.check_option(name, options, None)
        chosen = st.pills(label, options, key=self.key(name), bind="query-params", **arguments)
        return chosen if chosen in options else None

    def select_slider(
        self,
        label: str,
        options: Sequence[Option],
        name: str,
        default: Option | None = None,
        **arguments: Any,
    ) -> Option:
        """Show a slider over options and return the chosen one; the first is the default."""
        first = options[0] if default is None else default
        if self.takes_default(name, options, first):
            arguments["value"] = first
        chosen = st.select_slider(
            label, options, key=self.key(name), bind="query-params", **arguments
        )
        return chosen if chosen in options else first

    def multiselect(
        self,
        label: str,
        options: Sequence[Option],
        name: str,
        default: Sequence[Option] = (),
        **arguments: Any,
    ) -> list[Option]:
        """Show a multiselect and return the chosen options; unknown ones are dropped."""
        self.drop_unknown(name, options, default)
        chosen = st.multiselect(
            label, options, key=self.key(name), bind="query-params", **arguments
        )
        return [option for option in chosen if option in options]

    def several_pills(
        self, label: str, options: Sequence[Option], name: str, **arguments: Any
    ) -> list[Option]:
        """Show pills of which several can be chosen, and return the chosen options."""
        self.drop_unknown(name, options, ())
        chosen = st.pills(
            label, options, key=self.key(name), bind="query-params", selection_mode="multi",
            **arguments,
        )  # fmt: skip
        return [option for option in chosen if option in options]

    def range_slider(
        self, label: str, options: Sequence[Option], name: str, **arguments: Any
    ) -> tuple[Option, Option]:
        """Show a slider with two ends over options, and return both; all at first."""
        self.drop_unknown_ends(name, options)
        low, high = st.select_slider(
            label, options, (options[0], options[-1]), key=self.key(name), bind="query-params",
            **arguments,
        )  # fmt: skip
        return low, high

    def toggle(self, label: str, name: str, default: bool = False, **arguments: Any) -> bool:
        """Show a toggle and return whether it is on."""
        held = self.value(name)
        on = default if held is None else str(held).lower() == "true"
        value = self.default_argument(name, on, default)
        return st.toggle(label, key=self.key(name), bind="query-params", **value, **arguments)

    def number(
        self,
        label: str,
        low: Number,
        high: Number,
        name: str,
        default: Number,
        **arguments: Any,
    ) -> Number:
        """Show a number input and return the number; one outside the bounds becomes the bound.

        The widget has a float for whole numbers, too: after Back, Streamlit reads the URL although
        the widget has a value, and fails to convert "inf" to an int.
        """
        self.correct_number_in_url(name, low, high, default)
        checked = float(bounded(self.value(name), low, high, default))
        given: dict[str, Any] = self.default_argument(name, checked, float(default))
        if isinstance(default, int):
            given |= {"step": 1.0, "format": "%.0f"}
        number: float = st.number_input(
            label, float(low), float(high), key=self.key(name), bind="query-params",
            **(given | arguments),
        )  # fmt: skip
        return bounded(number, low, high, default)

    def slider(
        self,
        label: str,
        low: Number,
        high: Number,
        name: str,
        default: Number,
        **arguments: Any,
    ) -> Number:
        """Show a slider and return the number; one outside the bounds becomes the bound."""
        self.correct_number_in_url(name, low, high, default)
        value = self.default_argument(name, bounded(self.value(name), low, high, default), default)
        number = st.slider(
            label, low, high, key=self.key(name), bind="query-params", **value, **arguments
        )
        return bounded(number, low, high, default)

    def text(self, label: str, name: str, **arguments: Any) -> str:
        """Show a text input and return the text."""
        held = self.value(name)
        if held is not None:
            st.session_state[self.key(name)] = str(held)
        return st.text_input(label, key=self.key(name), bind="query-params", **arguments)

    def pagination(self, pages: int, name: str) -> int:
        """Show links to pages where there are several, and return the chosen page, from 1."""
        st.session_state[self.key(name)] = bounded(self.value(name), 1, max(1, pages), 1)
        if pages < 2:
            return 1
        return int(st.pagination(pages, key=self.key(name), bind="query-params"))
