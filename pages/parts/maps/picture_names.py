"""What the pictures of a set are called on maps."""

from core.sets import PictureSet
from pages.parts.maps.colouring import NAMES


def picture_name(pictures: PictureSet, index: int) -> str:
    """Return what a picture is called: its class, or its file or title, or its number."""
    if label := pictures.label(index):
        return label
    facts = pictures.facts(index)
    return next((facts[name] for name in NAMES if facts.get(name)), f"picture {index}")


def picture_names(pictures: PictureSet) -> list[str]:
    """Return what each picture is called. See `picture_name`."""
    return [picture_name(pictures, index) for index in range(len(pictures))]
