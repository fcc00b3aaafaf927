"""Options that few visitors need: shown in expert mode, or where a link has set them."""

from pages.parts.shared.linked import Linked
from pages.parts.shared.page_intro import expert


def shows_option(linked: Linked, name: str, default: object) -> bool:
    """Return whether to show a rare option: in expert mode, or where it is not at its default.

    Args:
        linked: The page's linked widgets.
        name: The widget's name.
        default: Its default.
    """
    held = linked.value(name)
    return expert() or (held is not None and str(held) != str(default))
