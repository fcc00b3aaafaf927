"""Guided stories: cards that open pages with a picture, networks and a view set."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from core.errors import ZooscopeError
from pages.parts.shared import sidebar
from pages.parts.shared.session import workbench

PHOTO, WOLF = "photo:chelsea", "scene:wolf~2~background={}"
PHOTO_NETWORKS = ("installed/efficientnet-lite0", "installed/efficientnet-lite2")
UNTRAINED = ("untrained/tf_efficientnet_lite0", "untrained/tf_efficientnet_lite2")
WOLF_NETWORKS = ("bundled/scenes-mobilenet", "bundled/scenes-mobilenet-biased")
CARD_WIDTH = 200


@dataclass(frozen=True)
class View:
    """A page with a picture, networks and settings.

    Attributes:
        label: Text of its link.
        page: Name of the page's file.
        picture: Reference of the picture.
        networks: Names of the networks; those that are not here are left out.
        settings: The page's further settings, as in its URL.
    """

    label: str
    page: str
    picture: str
    networks: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    """A card.

    Attributes:
        title: What happens.
        icon: Name of a Material icon.
        text: One or two sentences in plain words.
        views: What it opens.
    """

    title: str
    icon: str
    text: str
    views: tuple[View, ...]


STORIES = (
    Story(
        "The wolf that became a fox", "pets",
        "One of two networks saw wolves only on snow while it learned. Put the same wolf on grass,"
        " and this network calls it a fox.",
        (View("The wolf on snow", "saliency", WOLF.format("snow"), WOLF_NETWORKS),
         View("The same wolf on grass", "saliency", WOLF.format("grass"), WOLF_NETWORKS)),
    ),
    Story(
        "From pixels to a class", "layers",
        "Follow a photograph through a network: from edges to eyes, layer by layer.",
        (View("Layer by layer", "layers", PHOTO, PHOTO_NETWORKS),
         View("Neuron by neuron", "neurons", PHOTO, PHOTO_NETWORKS)),
    ),
    Story(
        "Where four networks look", "center_focus_strong",
        "Two trained networks look at the cat. The same two before training look anywhere: what you"
        " see is learned.",
        (View("See all four", "saliency", PHOTO, (*PHOTO_NETWORKS, *UNTRAINED)),),
    ),
    Story(
        "Which method to believe", "fact_check",
        "Six methods draw six heat maps of the same answer. Tests that remove what they mark show"
        " which ones are right.",
        (View("See the tests", "trust", PHOTO, PHOTO_NETWORKS),),
    ),
)  # fmt: skip


def show() -> None:
    """Show the cards."""
    st.subheader("Four stories to begin with", anchor=False)
    with st.grid(len(STORIES), min_column_width=CARD_WIDTH) as grid:
        for story in STORIES:
            with grid.cell(), st.container(border=True, height="stretch"):
                st.markdown(f":material/{story.icon}: **{story.title}**  \n{story.text}")
                for view in story.views:
                    _show_view(view)


def _show_view(view: View) -> None:
    if st.button(
        view.label, icon=":material/arrow_forward:", key=f"_story_{view.label}", type="tertiary",
        on_click=_choose, args=(view,),
    ):  # fmt: skip
        # Without query_params Streamlit clears the URL, which bound widgets do not allow.
        st.switch_page(f"pages/{view.page}.py", query_params=dict(view.settings))


def _choose(view: View) -> None:
    """Choose the picture and the networks of a view, in a callback."""
    sidebar.choose_picture(view.picture)
    networks = [name for name in view.networks if _is_here(name)]
    if networks:
        sidebar.choose_models(networks)


def _is_here(name: str) -> bool:
    try:
        workbench().card(name)
    except ZooscopeError:  # the package that ships it is not installed
        return False
    return True
