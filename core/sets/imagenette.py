"""Imagenette: photographs of ten ImageNet classes (github.com/fastai/imagenette), on request.

Address, checksum and class names are torchvision's. Its downloader is not: it has no time limit,
can't be given up, tries again without encryption, and leaves a half file under the whole one's
name. Once here, the validation part is a folder of pictures like any other.
"""

import hashlib
import http.client
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from core.errors import ZooscopeError
from core.steps import Progress, Steps
from core.zoo.background import Count, GivenUp, in_thread_steps

# torchvision's names of them; the third has whole photographs, in 1.5 GB.
VARIANTS = ("160px", "320px")
# Seconds for an answer, and for the next bytes of one.
TIMEOUT, SILENCE = 4.0, 15.0
PIECE = 1 << 16
# Room a download leaves on the disk, as the hub's do.
DISK_MARGIN = 200_000_000
VALIDATION = re.compile(r"imagenette2[\w-]*/val/(n\d{8})/(\w+\.JPEG)", re.ASCII)


class SetUnavailable(ZooscopeError):
    """A picture set can't be fetched; the message says why and the way out."""


def folder(variant: str, root: Path) -> Path:
    """Where a variant lies, or would lie.

    Args:
        variant: "160px" or "320px": the shorter side.
        root: Folder in which fetched sets are kept.

    Raises:
        SetUnavailable: There is no such variant.
    """
    if variant not in VARIANTS:
        raise SetUnavailable(f"Imagenette has no {variant!r}; it has {', '.join(VARIANTS)}.")
    return root / f"imagenette-{variant}"


def here(root: Path) -> list[Path]:
    """The folders of those that were fetched."""
    return [place for variant in VARIANTS if (place := folder(variant, root)).is_dir()]


def size_steps(variant: str, limit: int) -> Steps[int]:
    """The bytes a download would take, if it is allowed.

    Raises:
        SetUnavailable: No network, no such file, or larger than the limit.
    """
    size = yield from in_thread_steps(lambda count: _size(variant))
    if size > limit:
        raise SetUnavailable(
            f"Imagenette at {variant} has {size / 1e6:,.0f} MB; the limit is {limit / 1e6:,.0f} MB."
            " Whoever runs Zooscope can raise ZOOSCOPE_DOWNLOAD_MB."
        )
    return size


def fetch_steps(variant: str, root: Path, limit: int) -> Steps[Path]:
    """Fetch the validation part and give its folder; at once where it is here. Steps are bytes.

    A folder of that name is there whole or not at all.

    Args:
        variant: "160px" or "320px".
        root: Folder in which fetched sets are kept.
        limit: Largest download allowed, in bytes.

    Raises:
        SetUnavailable: No network, cut off, damaged, or no room for it.
    """
    place = folder(variant, root)
    if place.is_dir():
        return place
    size = yield from size_steps(variant, limit)
    yield Progress(0, size)
    with _disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        _require_room(root, size)
        with tempfile.TemporaryDirectory(prefix="part-", dir=root) as part:
            packed, unpacked = Path(part) / "archive", Path(part) / place.name
            yield from in_thread_steps(lambda count: _fetch(variant, packed, size, count), size)
            yield Progress(size, size, note="unpacking")
            yield from _unpack_steps(packed, unpacked, size)
            _put(unpacked, place)
    return place


def _put(unpacked: Path, place: Path) -> None:
    """Give the folder its name, unless somebody else was faster, who fetched the same."""
    try:
        os.replace(unpacked, place)
    except OSError:
        if not place.is_dir():
            raise


def _source(variant: str) -> tuple[str, str]:
    """Address and MD5 of an archive."""
    from torchvision.datasets import Imagenette

    address, checksum = Imagenette._ARCHIVES[variant]
    return address, checksum


def _classes() -> dict[str, str]:
    """Names by WordNet id: the first of its synonyms, as in the networks' labels (`zoo.labels`)."""
    from torchvision.datasets import Imagenette

    return {wordnet: names[0] for wordnet, names in Imagenette._WNID_TO_CLASS.items()}


def _size(variant: str) -> int:
    with _net_errors():
        request = Request(_source(variant)[0], method="HEAD")  # noqa: S310 - torchvision's own
        with urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            length = answer.headers["Content-Length"] or ""
    if not length.isdecimal():
        raise _unavailable("the server does not say how large it is")
    return int(length)


def _fetch(variant: str, path: Path, size: int, count: Count) -> None:
    """Fetch an archive of this size into a file, and check it."""
    address, checksum = _source(variant)
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("wb") as file, _net_errors(), urlopen(address, timeout=SILENCE) as answer:  # noqa: S310
        while count.bytes <= size and (piece := answer.read1(PIECE)):
            if count.stopped:
                raise GivenUp
            count.bytes += len(piece)
            digest.update(piece)
            file.write(piece)
    if count.bytes != size:
        raise _unavailable(f"{count.bytes:,} bytes came of {size:,}")
    if digest.hexdigest() != checksum:
        raise _unavailable("it came damaged, or is another file than torchvision knows")


def _unpack_steps(packed: Path, into: Path, size: int) -> Steps[None]:
    """Take the validation pictures out of an archive, into a folder a class.

    Nothing but these is looked at, and no name is the archive's but that of the picture, which
    holds letters and digits only. Times of change stay, so that the folder has the same reference
    on every server.
    """
    classes = _classes()
    try:
        with tarfile.open(packed, "r:gz") as archive:
            for member in archive:
                yield Progress(size, size, note="unpacking")
                found = VALIDATION.fullmatch(member.name) if member.isreg() else None
                data = archive.extractfile(member) if found else None
                if found and data and found[1] in classes:
                    _write(into / classes[found[1]] / found[2], data.read(), member.mtime)
    except (tarfile.TarError, EOFError) as error:
        raise _unavailable(f"its archive can't be read: {error}") from error
    if sorted(classes.values()) != sorted(os.listdir(into) if into.is_dir() else []):
        raise _unavailable("its archive lacks some of the ten classes")


def _write(path: Path, data: bytes, changed: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (changed, changed))


def _require_room(root: Path, size: int) -> None:
    """The archive has to fit, and the third of it that is kept."""
    free = shutil.disk_usage(root).free
    if 2 * size + DISK_MARGIN > free:
        raise SetUnavailable(
            f"Imagenette needs {2 * size / 1e6:,.0f} MB and the disk has {free / 1e6:,.0f} MB free."
            " Make room, or point ZOOSCOPE_SETS at another disk."
        )


def _unavailable(why: str) -> SetUnavailable:
    return SetUnavailable(
        f"Imagenette can't be fetched: {why}. Try again later, or put its pictures into a folder of"
        " ZOOSCOPE_PICTURES."
    )


@contextmanager
def _net_errors() -> Iterator[None]:
    """The network's errors in the user's words."""
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        why = error.reason if type(error) is URLError else error  # what it wraps says it plainly
        raise _unavailable(f"the server can't be reached, or broke off ({why})") from error


@contextmanager
def _disk_errors(root: Path) -> Iterator[None]:
    """The disk's errors in the user's words."""
    try:
        yield
    except OSError as error:
        raise SetUnavailable(
            f"Imagenette can't be kept in {root.name} ({error}). Point ZOOSCOPE_SETS at"
            " a folder that can be written to."
        ) from error
