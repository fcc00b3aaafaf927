"""Pickers of saliency methods; the URL holds their titles."""

from collections.abc import Sequence

from core import saliency
from core.saliency import Method
from pages.parts.shared.linked import Linked

# The choice follows the visitor between the pages that show saliency maps.
LINKED = Linked()


def pick_methods(first: Sequence[str]) -> list[Method]:
    """Show a picker of saliency methods and return the chosen ones.

    Args:
        first: Keys of the methods that are chosen at first, and where none is chosen.
    """
    methods = {method.title: method for method in saliency.methods().values()}
    slow = ", ".join(title for title, method in methods.items() if method.slow)
    default = [saliency.find(key, {}).title for key in first]
    chosen = LINKED.multiselect(
        "Methods", list(methods), "methods", default,
        help="Ways to compute a heat map. These take minutes, since they run the network hundreds"
        f" of times: {slow}.",
    )  # fmt: skip
    return [methods[title] for title in chosen or default]


def pick_method(label: str, methods: Sequence[Method]) -> Method:
    """Show a picker of one of these methods and return it."""
    by_title = {method.title: method for method in methods}
    return by_title[LINKED.select(label, list(by_title), "method")]
