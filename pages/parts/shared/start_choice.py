"""What a first visit shows: the best networks on this machine, and a picture that they know."""

from itertools import islice

from core.errors import ZooscopeError
from core.pictures import GALLERY_SCENES
from core.zoo import can_open, catalog
from pages.parts.shared.session import workbench

FIRST_PICTURE = "photo:chelsea"
FIRST_SCENE = f"scene:{GALLERY_SCENES[0]}"
# How many networks a first visit compares.
COUNT = 2
# Where weights may be, the best start first: real networks before those that know only drawings.
SOURCES = ("installed", "bundled", "local", "cached")
# Small and of two families, for a machine on which there are no weights yet.
DOWNLOADS = ("resnet18.a1_in1k", "mobilenetv3_small_100.lamb_in1k")


def first_models() -> list[str]:
    """Return the networks of a first visit: two of the best source, then of the next ones."""
    table = catalog(workbench().settings)
    classifiers = table[table["classes"] > 0]
    candidates = (
        name
        for source in SOURCES
        for name in classifiers.loc[classifiers["where"] == source, "name"]
    )
    return list(islice(filter(_opens, candidates), COUNT)) or list(DOWNLOADS)


def _opens(name: str) -> bool:
    try:
        return can_open(workbench().card(name))
    except ZooscopeError:
        return False  # the next best network takes its place


def first_picture(models: list[str]) -> str:
    """Return the picture of a first visit: a scene where the first network knows nothing else.

    Args:
        models: The networks that are chosen; those of a first visit where empty.
    """
    name = (models or first_models())[0]
    try:
        return FIRST_SCENE if workbench().card(name).knows_scenes_only else FIRST_PICTURE
    except ZooscopeError:
        return FIRST_PICTURE  # the page says what is wrong with the network
