"""Sets of pictures: drawn scenes, the gallery, uploads, folders of the server, Imagenette."""

from core.sets.picture_set import PictureSet

__all__ = ["PictureSet"]
