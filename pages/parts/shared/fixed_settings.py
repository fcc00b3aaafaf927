"""Settings that a link fixes: they are read from the URL, and no widget shows them."""

from collections.abc import Sequence
from typing import Any

from pages.parts.shared.bounded_number import Number, bounded
from pages.parts.shared.linked_state import LinkedState, Option


class FixedSettings(LinkedState):
    """Reads what the linked widgets of a page would show, without showing them.

    The methods are those of `Linked`, with the same checks.
    """

    def select(
        self,
        label: str,
        options: Sequence[Option],
        name: str,
        default: Option | None = None,
        **_: Any,
    ) -> Option:
        """Return the option in the URL; the default, or the first one, where there is none."""
        by_text = {str(option): option for option in options}
        return by_text.get(str(self.value(name)), options[0] if default is None else default)

    select_slider = select

    def select_or_none(
        self, label: str, options: Sequence[Option], name: str, **_: Any
    ) -> Option | None:
        """Return the option in the URL; None where there is none."""
        return {str(option): option for option in options}.get(str(self.value(name)))

    def multiselect(
        self,
        label: str,
        options: Sequence[Option],
        name: str,
        default: Sequence[Option] = (),
        **_: Any,
    ) -> list[Option]:
        """Return the options in the URL; the default where there are none."""
        held = {str(value) for value in self.values(name)}
        return [option for option in options if str(option) in held] or list(default)

    def toggle(self, label: str, name: str, default: bool = False, **_: Any) -> bool:
        """Return whether the toggle in the URL is on."""
        held = self.value(name)
        return default if held is None else str(held).lower() == "true"

    def slider(
        self, label: str, low: Number, high: Number, name: str, default: Number, **_: Any
    ) -> Number:
        """Return the number in the URL; one outside the bounds becomes the bound."""
        return bounded(self.value(name), low, high, default)

    number = slider
