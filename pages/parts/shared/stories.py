"""Guided stories: cards that open pages with a picture, networks and a view set.

On the page that a card opens, a box says what to look at and leads to the story's other views.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from core.errors import ZooscopeError
from core.workbench.showcase import BIAS_STORY
from pages.parts.shared import sidebar
from pages.parts.shared.session import workbench

PHOTO, WOLF = "photo:chelsea", "scene:wolf~2~background={}"
# A picture on which the tests believe some methods and not others. A test measures it.
CLEAR_PHOTO = "photo:coffee"
PHOTO_NETWORKS = ("installed/efficientnet-lite0", "installed/efficientnet-lite2")
UNTRAINED = ("untrained/tf_efficientnet_lite0", "untrained/tf_efficientnet_lite2")
WOLF_NETWORKS = BIAS_STORY
CARD_WIDTH = 175
# A channel of either network in PHOTO_NETWORKS for which the photograph stands out as it does for
# few others of the layer, with a picture that ships. A test measures it.
CAT_CHANNEL = {"neurons_layer": "blocks.4.2", "neurons_unit": "7"}
# Keys of the session state: what the visitor had chosen before a story, and what the story chose.
BEFORE, CHOSEN = "_before_story", "_story_choice"
# Key of the session state: the view that was clicked and whose page is still to be opened.
OPENING = "_story_opening"
# The parameter that names the view which a page was opened with.
PARAMETER = "story"


@dataclass(frozen=True)
class Choice:
    """A picture and networks.

    Attributes:
        picture: Reference of the picture.
        networks: Names of the networks.
    """

    picture: str
    networks: tuple[str, ...]


@dataclass(frozen=True)
class View:
    """A page with a picture, networks and settings.

    Attributes:
        label: Text of its link.
        note: What to look at.
        page: Name of the page's file.
        picture: Reference of the picture.
        networks: Names of the networks; those that are not here are left out.
        settings: The page's further settings, as in its URL.
    """

    label: str
    note: str
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
        (View("The wolf on snow",
              "Both networks say wolf. Now put the same wolf on grass.",
              "saliency", WOLF.format("snow"), WOLF_NETWORKS),
         View("The same wolf on grass",
              "The network that saw wolves only on snow while it learned now says fox; its sister"
              " still says wolf. The heat maps look much alike: only changing the background gives"
              " the bias away.",
              "saliency", WOLF.format("grass"), WOLF_NETWORKS),
         View("The proof",
              "In 32 pairs of scenes nothing differs but the background. The verdict names it, and"
              " clears the sister.",
              "bias", WOLF.format("grass"), WOLF_NETWORKS)),
    ),
    Story(
        "From pixels to a class", "layers",
        "Follow a photograph through a network: from edges to eyes, layer by layer.",
        (View("Layer by layer",
              "Scroll down through the feature maps: the first rows trace edges and colours, and"
              " further down the maps become coarse and mark whole parts, such as the eyes.",
              "layers", PHOTO, PHOTO_NETWORKS),
         View("Neuron by neuron",
              "The channel that opens is one of the three in its layer that this cat excites most"
              " above their own average, and no other photograph of the gallery excites it more."
              " Click other channels, then choose earlier and later layers.",
              "neurons", PHOTO, PHOTO_NETWORKS, CAT_CHANNEL)),
    ),
    Story(
        "Where four networks look", "center_focus_strong",
        "Two trained networks look at the cat. The same two before training look anywhere: what you"
        " see is learned.",
        (View("See all four",
              "The upper two networks are trained. The lower two are the same before training: what"
              " they mark is chance.",
              "saliency", PHOTO, (*PHOTO_NETWORKS, *UNTRAINED)),),
    ),
    Story(
        "Which method to believe", "fact_check",
        "Six methods draw six heat maps of the same answer. Tests remove what they mark, and show"
        " which ones to believe, if any.",
        (View("See the tests",
              "Read the verdicts first: of six heat maps of a cup, the tests believe a few, and"
              " others for each network. Then move the share of pixels below the table: as marked"
              " pixels vanish, a good map makes the answer vanish, too.",
              "trust", CLEAR_PHOTO, PHOTO_NETWORKS),),
    ),
)  # fmt: skip


def show_row() -> None:
    """Show a row with the first view of each story, for a page's first screen."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(":material/auto_stories: **Stories**", width="content")
        for story in STORIES:
            st.button(
                f":primary[{story.title}]", key=f"_story_{story.title}", type="tertiary",
                help=story.text, on_click=_choose, args=(story.views[0], ""),
            )  # fmt: skip


def show_cards() -> None:
    """Show the cards."""
    st.subheader("Four stories to begin with", anchor=False)
    with st.grid(len(STORIES), min_column_width=CARD_WIDTH) as grid:
        for story in STORIES:
            with grid.cell(), st.container(border=True, height="stretch"):
                st.markdown(f":material/{story.icon}: **{story.title}**  \n{story.text}")
                for view in story.views:
                    _show_view(view)


def show_note(page: str) -> None:
    """Show what to look at, on a page that a card has opened, while its picture is chosen.

    A view that was clicked is opened first: with its picture the box that held its link is gone.

    Args:
        page: Name of the page's file.
    """
    if (opening := st.session_state.pop(OPENING, None)) is not None:
        # Without query_params Streamlit clears the URL, which bound widgets do not allow.
        settings = {**opening.settings, PARAMETER: opening.label}
        st.switch_page(f"pages/{opening.page}.py", query_params=settings)
    shown = st.query_params.get(PARAMETER), page, sidebar.picture_reference()
    for story in STORIES:
        for view in story.views:
            if (view.label, view.page, view.picture) == shown:
                _show_note(story, view)


def _show_note(story: Story, view: View) -> None:
    place, count = story.views.index(view), len(story.views)
    step = f" · {place + 1} of {count}" * (count > 1)
    st.info(f"**{story.title}**{step}  \n{view.note}", icon=f":material/{story.icon}:")
    with st.container(horizontal=True, vertical_alignment="center"):
        for number, other in enumerate(story.views):
            if other != view:
                _show_view(other, view.page, earlier=number < place)
        _show_way_back()
        st.page_link("pages/overview.py", label="All stories", icon=":material/auto_stories:")


def _show_way_back() -> None:
    """Show a button to what the visitor had chosen, where a story has replaced it."""
    before: Choice | None = st.session_state.get(BEFORE)
    now = _current_choice()
    if before is None or before == now:
        return
    things = "picture" if before.picture != now.picture else "networks"
    st.button(
        f"Back to my {things}", icon=":material/undo:", key="_story_back", type="tertiary",
        on_click=_go_back, args=(before,),
        help="Restores the picture and the networks that you had chosen before the story.",
    )  # fmt: skip


def _go_back(before: Choice) -> None:
    """Restore what the visitor had chosen before the story, in a callback."""
    del st.session_state[BEFORE]
    st.query_params.pop(PARAMETER, None)
    sidebar.choose_picture(before.picture)
    sidebar.choose_models(list(before.networks))


def _current_choice() -> Choice:
    return Choice(sidebar.picture_reference(), tuple(st.session_state.models))


def _show_view(view: View, shown_page: str = "", earlier: bool = False) -> None:
    """Show the link to a view.

    Args:
        view: The view.
        shown_page: The page that is shown, where the view may be on the same one.
        earlier: Whether the story has it before the view that is shown.
    """
    arrow = ":material/arrow_back:" if earlier else ":material/arrow_forward:"
    st.button(
        view.label, icon=arrow, key=f"_story_{view.label}", type="tertiary",
        on_click=_choose, args=(view, shown_page),
    )  # fmt: skip


def _choose(view: View, shown_page: str) -> None:
    """Choose the picture and the networks of a view, in a callback."""
    now = _current_choice()
    if now != st.session_state.get(CHOSEN):  # else it is what a story has chosen
        st.session_state[BEFORE] = now
    sidebar.choose_picture(view.picture)
    networks = [name for name in view.networks if _is_here(name)]
    if networks:
        sidebar.choose_models(networks)
    st.session_state[CHOSEN] = _current_choice()
    if view.page == shown_page:
        st.query_params[PARAMETER] = view.label
    else:
        st.session_state[OPENING] = view


def _is_here(name: str) -> bool:
    try:
        workbench().card(name)
    except ZooscopeError:  # the package that ships it is not installed
        return False
    return True
