"""The library of all picture sets: finds a set by its reference, and keeps uploaded archives."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from io import BufferedIOBase
from pathlib import Path

from PIL import Image

from core import images
from core.owned_cache import OwnedCache, Room
from core.pictures import PictureForgotten, Pictures
from core.sets import (
    archive,
    drawn_scenes,
    folder,
    gallery_views,
    imagenette,
    sample,
    single_pictures,
)
from core.sets.archive import Archive
from core.sets.folder import Folder, Folders
from core.sets.gallery_views import GalleryViews
from core.sets.picture_set import PictureSet
from core.sets.single_pictures import SinglePictures
from core.steps import Steps

# The most archives that are kept, and the most bytes that they take together on disk. Every archive
# is an open file.
MAX_ARCHIVES, MAX_ARCHIVE_BYTES = 128, 1_000_000_000
# Room on disk for the archives of a visitor.
SESSION_ROOM = Room(400_000_000, 4)


# How the references of all kinds of sets begin.
SCHEMES = (
    gallery_views.SCHEME, single_pictures.GALLERY, drawn_scenes.SCHEME, single_pictures.SCHEME,
    archive.SCHEME, folder.SCHEME,
)  # fmt: skip
# What follows the start of the reference of the gallery and of its views.
DIGEST = re.compile(rf"[0-9a-f]{{{gallery_views.REFERENCE_DIGITS}}}")


class SetLibrary:
    """All picture sets of a server; thread-safe.

    Visitors' archives are unnamed temporary files. A visitor's least recently used archives make
    room for new ones of their own, or where all visitors together have too many, those of the
    visitor who has most (`OwnedCache`). There is no list of the archives: a visitor only finds
    those whose reference they know.

    Args:
        pictures: Single pictures by reference.
        roots: Folders of pictures that the server offers.
        download_folder: Folder of downloaded sets.
        max_download: Bytes of the largest download allowed.
        max_archives: The largest number of archives that are kept.
        max_archive_bytes: Bytes that all archives may take together.
        session_room: Room on disk for the archives of each visitor.
        decode: Decodes the pictures of archives; a server decodes them in child processes
            (`core.decoding`).

    Attributes:
        folders: The server's folders, including downloaded ones.
    """

    def __init__(
        self,
        pictures: Pictures,
        roots: Sequence[Path],
        download_folder: Path,
        max_download: int,
        max_archives: int = MAX_ARCHIVES,
        max_archive_bytes: int = MAX_ARCHIVE_BYTES,
        session_room: Room = SESSION_ROOM,
        decode: Callable[[bytes], Image.Image] = images.read,
    ):
        self._decode = decode
        self.folders = Folders(roots)
        for path in imagenette.downloaded_folders(download_folder):
            self.folders.add(path)
        self._pictures = pictures
        self._download_folder, self._max_download = download_folder, max_download
        room = Room(max_archive_bytes, max_archives)
        self._archives: OwnedCache[Archive] = OwnedCache(
            lambda archive: archive.disk_bytes, room, session_room, Archive.close
        )

    def find(self, reference: str) -> PictureSet:
        """Return the set of a reference, which links contain.

        Raises:
            PictureForgotten: The server does not have the set, no longer has it, or it has changed.
            BadScene: The scenes can't be drawn.
            BadLabels: The table of labels of a folder can't be read.
        """
        if reference.startswith(sample.SCHEME):
            return sample.from_reference(reference, self.find)
        if reference.startswith(drawn_scenes.SCHEME):
            return drawn_scenes.from_reference(reference)
        if reference.startswith(folder.SCHEME):
            return self.folders.find(reference)
        if reference.startswith(archive.SCHEME):
            return self.archive(reference)
        if reference.startswith(single_pictures.SCHEME):
            return single_pictures.from_reference(self._pictures, reference)
        if reference.startswith(single_pictures.GALLERY):
            require_reference(reference, self.gallery)
            return self.gallery
        if reference.startswith(gallery_views.SCHEME):
            require_reference(reference, self.gallery_views)
            return self.gallery_views
        raise PictureForgotten(
            f"There is no picture set {reference!r}: the names of sets begin with"
            f" {', '.join(SCHEMES[:-1])} or {SCHEMES[-1]}. Choose another."
        )

    @cached_property
    def gallery(self) -> SinglePictures:
        """The set of the gallery's pictures."""
        return single_pictures.gallery(self._pictures)

    @cached_property
    def gallery_views(self) -> GalleryViews:
        """The set of the views of the gallery's photographs."""
        return gallery_views.gallery_views(self._pictures)

    def single_pictures(self, references: Sequence[str]) -> SinglePictures:
        """Return a set of single pictures. See `single_pictures.single_pictures`."""
        return single_pictures.single_pictures(self._pictures, references)

    # Archives

    def add_archive_steps(self, file: BufferedIOBase, name: str, owner: str) -> Steps[str]:
        """Check an uploaded archive, keep it for its owner, and return its reference.

        Raises the errors of `archive.open_archive_steps`.
        """
        return self.keep((yield from archive.open_archive_steps(file, name, self._decode)), owner)

    def keep(self, archive: Archive, owner: str) -> str:
        """Keep an archive for an owner and return its reference; others may have to make room."""
        self._archives.keep(archive.reference, owner, lambda: archive)
        return archive.reference

    def holds(self, reference: str) -> bool:
        """Return whether an archive is still kept; this is not a use."""
        return reference in self._archives.names()

    def forget(self, owner: str, reference: str = "") -> int:
        """Forget the archives that only this owner keeps, and return how many were forgotten.

        Args:
            owner: The archives' owner.
            reference: An archive to forget as well, whoever keeps it: everybody who has a set's
                link may forget it.
        """
        return self._archives.forget(owner, reference)

    def archive(self, reference: str) -> Archive:
        """Return the archive of a reference.

        Raises:
            PictureForgotten: The server does not have the archive, or no longer has it.
        """
        uploaded = self._archives.get(reference)
        if uploaded is None:
            raise PictureForgotten(
                "The server no longer holds these pictures. It keeps uploads until they are"
                " forgotten on request or have to make room for others: at most the"
                f" {SESSION_ROOM.items} latest sets of each visitor. Upload them again."
            )
        return uploaded

    # Imagenette

    def imagenette(self, variant: str) -> Folder | None:
        """Return Imagenette's folder, or None if it is not downloaded yet."""
        name = imagenette.folder_path(variant, self._download_folder).name
        return self.folders.get(name) if name in self.folders.names else None

    def imagenette_size_steps(self, variant: str) -> Steps[int]:
        """Return the download's size in bytes. See `imagenette.download_size_steps`."""
        return imagenette.download_size_steps(variant, self._max_download)

    def imagenette_steps(self, variant: str) -> Steps[str]:
        """Download Imagenette and return its folder's name. See `imagenette.fetch_steps`."""
        path = yield from imagenette.fetch_steps(variant, self._download_folder, self._max_download)
        self.folders.add(path)
        return path.name


def require_reference(reference: str, present: SinglePictures | GalleryViews) -> None:
    """Raise an error where a reference is not that of the gallery, or of its views, as it is now.

    Args:
        reference: The reference.
        present: The set that its beginning names.

    Raises:
        PictureForgotten: It is the reference of an earlier gallery, or malformed.
    """
    if reference == present.reference:
        return
    scheme, _, digest = reference.partition(":")
    if DIGEST.fullmatch(digest):
        raise PictureForgotten(
            f"The gallery has changed since this link was made; “{present.name}” shows its pictures"
            " as they are now."
        )
    raise PictureForgotten(
        f"{reference!r} names no picture set: after “{scheme}:” come"
        f" {gallery_views.REFERENCE_DIGITS} hexadecimal digits. The present set is"
        f" {present.reference}."
    )
