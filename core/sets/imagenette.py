"""Download Imagenette, photographs of ten ImageNet classes (github.com/fastai/imagenette).

The URL, the checksum and the class names are torchvision's. Its downloader is not used: it has no
timeout, can't be stopped, retries without encryption, and leaves a partial file under the final
name. After the download, the validation split is a folder of pictures like any other.
"""

import hashlib
import http.client
import logging
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from core.errors import ZooscopeError
from core.steps import Progress, Steps
from core.zoo.background import ByteCounter, Cancelled, in_thread_steps

# torchvision's names of the variants. Its third variant, "full", is left out: it takes 1.5 GB.
VARIANTS = ("160px", "320px")
# Seconds to wait for a response, and for the next bytes of a download.
TIMEOUT, READ_TIMEOUT = 4.0, 15.0
# Bytes that are read at once.
CHUNK = 1 << 16
# Bytes that a download leaves free on the disk, as downloads of weights do.
DISK_MARGIN = 200_000_000
VALIDATION = re.compile(r"imagenette2[\w-]*/val/(n\d{8})/(\w+\.JPEG)", re.ASCII)

log = logging.getLogger(__name__)


class SetUnavailable(ZooscopeError):
    """A picture set can't be downloaded; the message says why, and what to do."""


def folder_path(variant: str, root: Path) -> Path:
    """Return the path of a variant's folder, which exists once the variant is downloaded.

    Args:
        variant: "160px" or "320px", the length of the pictures' shorter sides.
        root: Folder of all downloaded sets.

    Raises:
        SetUnavailable: There is no such variant.
    """
    if variant not in VARIANTS:
        raise SetUnavailable(
            f"Imagenette has no variant {variant!r}; it has {', '.join(VARIANTS)}."
        )
    return root / f"imagenette-{variant}"


def downloaded_folders(root: Path) -> list[Path]:
    """Return the folders of the downloaded variants."""
    folders = [folder_path(variant, root) for variant in VARIANTS]
    return [folder for folder in folders if folder.is_dir()]


def download_size_steps(variant: str, limit: int) -> Steps[int]:
    """Return the size of a variant's download in bytes.

    Args:
        variant: "160px" or "320px".
        limit: The largest download allowed, in bytes.

    Raises:
        SetUnavailable: The server can't be reached, does not have the file, or the download is
            larger than the limit.
    """
    size = yield from in_thread_steps(lambda counter: _request_size(variant))
    if size > limit:
        raise SetUnavailable(
            f"Imagenette at {variant} has {size / 1e6:,.0f} MB; the limit is {limit / 1e6:,.0f} MB."
            " Whoever runs Zooscope can raise ZOOSCOPE_DOWNLOAD_MB."
        )
    return size


def fetch_steps(variant: str, root: Path, limit: int) -> Steps[Path]:
    """Download the validation split and return its folder, at once if it is downloaded already.

    The progress counts bytes. The folder appears under its final name only when it is complete.

    Args:
        variant: "160px" or "320px".
        root: Folder of all downloaded sets.
        limit: The largest download allowed, in bytes.

    Raises:
        SetUnavailable: The server can't be reached, the download is incomplete, damaged or too
            large, or the disk is full.
    """
    folder = folder_path(variant, root)
    if folder.is_dir():
        return folder
    size = yield from download_size_steps(variant, limit)
    yield Progress(0, size)
    with _translate_disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        _require_disk_space(root, size)
        with tempfile.TemporaryDirectory(prefix="part-", dir=root) as temporary:
            archive, unpacked = Path(temporary) / "archive", Path(temporary) / folder.name
            yield from in_thread_steps(
                lambda counter: _download(variant, archive, size, counter), size
            )
            yield Progress(size, size, note="unpacking")
            yield from _unpack_steps(archive, unpacked, size)
            _move_into_place(unpacked, folder)
    return folder


def _move_into_place(unpacked: Path, folder: Path) -> None:
    """Give the folder its final name, unless another download of the same set was faster."""
    try:
        os.replace(unpacked, folder)
    except OSError:
        if not folder.is_dir():
            raise


def _source(variant: str) -> tuple[str, str]:
    """Return the URL and the MD5 checksum of a variant's archive."""
    from torchvision.datasets import Imagenette

    url, checksum = Imagenette._ARCHIVES[variant]
    return url, checksum


def _classes() -> dict[str, str]:
    """Return class names by WordNet id.

    Each name is the first of its synonyms, as in the labels of networks (`zoo.labels`).
    """
    from torchvision.datasets import Imagenette

    return {wordnet: names[0] for wordnet, names in Imagenette._WNID_TO_CLASS.items()}


def _request_size(variant: str) -> int:
    """Ask the server for the size of a variant's archive in bytes."""
    url, _ = _source(variant)
    with _translate_network_errors(url):
        request = Request(url, method="HEAD")  # noqa: S310 - torchvision's URL
        with urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
            length = response.headers["Content-Length"] or ""
    if not length.isdecimal():
        raise _unavailable("the server does not report the size of the download")
    return int(length)


def _download(variant: str, path: Path, size: int, counter: ByteCounter) -> None:
    """Download an archive of this size in bytes into a file, and verify its checksum."""
    url, checksum = _source(variant)
    digest = hashlib.md5(usedforsecurity=False)
    with (
        path.open("wb") as file,
        _translate_network_errors(url),
        urlopen(url, timeout=READ_TIMEOUT) as response,  # noqa: S310 - torchvision's URL
    ):
        while counter.bytes <= size and (chunk := response.read1(CHUNK)):
            if counter.cancelled:
                raise Cancelled
            counter.bytes += len(chunk)
            digest.update(chunk)
            file.write(chunk)
    if counter.bytes != size:
        raise _unavailable(f"the server sent {counter.bytes:,} of {size:,} bytes")
    if digest.hexdigest() != checksum:
        raise _unavailable("the download is damaged, or differs from the file torchvision expects")


def _unpack_steps(packed: Path, folder: Path, size: int) -> Steps[None]:
    """Unpack the validation pictures of an archive into one sub-folder per class.

    All other members are ignored. Only a picture's file name, which holds letters and digits only,
    is taken from the archive. Modification times are kept, so that the folder has the same
    reference on every server.
    """
    classes = _classes()
    try:
        with tarfile.open(packed, "r:gz") as archive:
            for member in archive:
                yield Progress(size, size, note="unpacking")
                match = VALIDATION.fullmatch(member.name) if member.isreg() else None
                data = archive.extractfile(member) if match else None
                if match and data and match[1] in classes:
                    _write_file(folder / classes[match[1]] / match[2], data.read(), member.mtime)
    except (tarfile.TarError, EOFError) as error:
        raise _unavailable(f"its archive can't be read: {error}") from error
    if sorted(classes.values()) != sorted(os.listdir(folder) if folder.is_dir() else []):
        raise _unavailable("its archive lacks some of the ten classes")


def _write_file(path: Path, data: bytes, modification_time: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (modification_time, modification_time))


def _require_disk_space(root: Path, size: int) -> None:
    """Raise SetUnavailable unless the disk has space for the archive and the unpacked pictures.

    The unpacked validation split takes a third of the archive's size; twice the size is required.
    """
    free = shutil.disk_usage(root).free
    if 2 * size + DISK_MARGIN > free:
        raise SetUnavailable(
            f"Imagenette needs {2 * size / 1e6:,.0f} MB and the disk has {free / 1e6:,.0f} MB free."
            " Free some space, or point ZOOSCOPE_SETS at another disk."
        )


def _unavailable(why: str) -> SetUnavailable:
    """Return the error of a download that failed, with the reason and the ways out."""
    return SetUnavailable(
        f"Imagenette has to be downloaded once, and that failed: {why}. Choose another set, such as"
        " drawn scenes or an upload, or try again later. Whoever runs Zooscope can put its pictures"
        " into a folder of ZOOSCOPE_PICTURES, in a sub-folder for each class (“English springer”)."
    )


@contextmanager
def _translate_network_errors(url: str) -> Iterator[None]:
    """Raise network errors as SetUnavailable, with the name of the server in the URL."""
    server = urlsplit(url).hostname
    try:
        yield
    except HTTPError as error:
        raise _unavailable(f"{server} answered with the status {error.code}") from error
    except (OSError, http.client.HTTPException) as error:
        # Numbers of errors tell a visitor nothing.
        log.warning("%s can't be downloaded: %s: %s", url, type(error).__name__, error)
        raise _unavailable(f"{server} can't be reached, or the connection broke") from error


@contextmanager
def _translate_disk_errors(root: Path) -> Iterator[None]:
    """Raise disk errors as SetUnavailable."""
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__  # the error's own text has the whole path
        raise SetUnavailable(
            f"Imagenette can't be written to {root.name} ({why}). Point ZOOSCOPE_SETS at a writable"
            " folder."
        ) from error
