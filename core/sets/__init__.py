"""Sets of pictures: drawn scenes, the gallery and its views, uploads, folders, Imagenette."""

from core.sets.archive import Archive, open_archive, open_archive_steps, pack_files
from core.sets.drawn_scenes import DrawnScenes, scene_set
from core.sets.folder import Folder
from core.sets.gallery_views import GalleryViews
from core.sets.imagenette import SetUnavailable
from core.sets.labels import BadLabels
from core.sets.library import SetLibrary
from core.sets.picture_set import MAX_PICTURES, BrokenFile, PictureSet
from core.sets.right_classes import right_classes, subjects
from core.sets.sample import SetSample
from core.sets.single_pictures import SinglePictures
from core.sets.zip_entries import BadArchive

__all__ = [
    "MAX_PICTURES",
    "Archive",
    "BadArchive",
    "BadLabels",
    "BrokenFile",
    "DrawnScenes",
    "Folder",
    "GalleryViews",
    "PictureSet",
    "SetLibrary",
    "SetSample",
    "SetUnavailable",
    "SinglePictures",
    "open_archive",
    "open_archive_steps",
    "pack_files",
    "right_classes",
    "scene_set",
    "subjects",
]
