"""Sets of pictures: drawn scenes, the gallery, uploads, folders of the server, Imagenette."""

from core.sets.archive import Archive, packed, take_in, take_in_steps
from core.sets.drawn_scenes import DrawnScenes, drawn
from core.sets.entries import BadArchive
from core.sets.folder import Folder
from core.sets.gathered import Gathered
from core.sets.imagenette import SetUnavailable
from core.sets.labels import BadLabels
from core.sets.picture_set import MOST, BrokenFile, PictureSet
from core.sets.shelf import Shelf

__all__ = [
    "MOST",
    "Archive",
    "BadArchive",
    "BadLabels",
    "BrokenFile",
    "DrawnScenes",
    "Folder",
    "Gathered",
    "PictureSet",
    "SetUnavailable",
    "Shelf",
    "drawn",
    "packed",
    "take_in",
    "take_in_steps",
]
