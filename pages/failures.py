"""Failures: make pictures worse step by step, see when networks fail, and what helps."""

from collections.abc import Callable, Mapping

from core.pictures import Picture
from core.zoo import Card
from pages.parts.failures import picture_view, remedies_view, set_view
from pages.parts.shared.frame import framed
from pages.parts.shared.layer_picker import classifiers_and_picture
from pages.parts.shared.linked import Linked
from pages.parts.shared.page_intro import show_intro

LINKED = Linked("failures")
View = Callable[[Mapping[str, Card], Picture], None]
VIEWS: Mapping[str, View] = {
    "This picture": picture_view.show,
    "A set of pictures": set_view.show,
    "What helps": remedies_view.show,
}


def show() -> None:
    show_intro(
        "When does it break?",
        "Turn one dial until a network changes its answer: noise, blur, fog, compression, another"
        " position, or an attack that nobody sees.",
        "Start with this picture: its curves show how sure each network stays. A set of pictures"
        " tells which network is more robust, and “What helps” tries the remedies.",
    )
    chosen = classifiers_and_picture()
    if chosen is None:
        return
    view = LINKED.segmented("View", list(VIEWS), "view", label_visibility="collapsed")
    VIEWS[view](*chosen)


framed(show)
