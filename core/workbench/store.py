"""Stores results by key, in a folder or a bucket.

An entry is a zip file with `record.json` and one file for each array: NAME.npy, for a picture
NAME.png, or NAME.webp where it may be lossy. `numpy.load` opens it like an .npz file. The checksums
of the zip format reveal damaged data. No pickle is read or written.
"""

import io
import json
import logging
import os
import re
import threading
import uuid
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping

import fsspec
import numpy as np
from fsspec.implementations.local import LocalFileSystem
from PIL import Image

from core.settings import BadSetting
from core.workbench.recipes import StoredResult

# Number of the entry format. Entries of another format are not read.
FORMAT = 1
SUFFIX = ".npz"
# Names of files that a store writes. It never counts or removes other files in its folder.
ENTRY_NAME = re.compile(r"([0-9a-f]{2})/\1[0-9a-f]{62}\.npz")
PART_NAME = re.compile(r"part-[0-9a-f]{32}")
# A store over its limit is trimmed to this share of it, so that not every write has to trim.
TRIM_TO = 0.9

log = logging.getLogger(__name__)


class Store:
    """Stores results by key, in any file system that fsspec supports. Safe from any thread.

    Args:
        url: A folder, or a URL that fsspec knows ("s3://bucket/prefix", "memory://").
        limit: Largest size of a local store, in bytes; the least recently used entries are removed
            first. The size of a remote store is left to the rules of its bucket.

    Raises:
        BadSetting: fsspec does not know the kind of URL, or its driver is not installed.
    """

    def __init__(self, url: str, limit: int):
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise BadSetting(
                f"ZOOSCOPE_STORE is {url!r}, which can't be opened ({error}). Set it to a folder,"
                " or install the driver of this kind of URL."
            ) from error
        self._local = isinstance(self._files, LocalFileSystem)
        self._limit = limit
        self._lock = threading.Lock()
        self._sizes: OrderedDict[str, int] = OrderedDict()  # by path, least recently used first
        if self._local:
            try:
                self._files.makedirs(self._root, exist_ok=True)
                self._sizes.update(self._existing_entries())
            except OSError as error:
                log.warning("The store can't use %s (%s).", self._root, error)

    def get(self, key: str) -> StoredResult | None:
        """Return the result of a key, or None where no entry can be read.

        A damaged entry, or one of another format, counts as missing and is logged.
        """
        path = self._path(key)
        try:
            data = self._files.cat_file(path)
        except FileNotFoundError:
            return None
        except Exception as error:
            # Drivers of buckets raise exception types of their own. The result is computed again.
            log.warning("The store can't read %s (%s); it is computed again.", key, error)
            return None
        try:
            result = decode(data)
        except Exception as error:
            # zipfile, zlib, json, numpy and Pillow raise a dozen types on damaged data.
            log.warning("Entry %s is damaged (%s); it is computed again.", key, error)
            return None
        if self._local:
            self._mark_as_used(path)
        return result

    def put(self, key: str, result: StoredResult) -> bool:
        """Store a result under a key. Readers see the complete entry, or the one before it.

        Returns:
            Whether the result was stored. A failure, such as a full or read-only disk, is logged.
        """
        path = self._path(key)
        data = encode(result)
        if self._local and len(data) > TRIM_TO * self._limit:
            log.warning("The store can't keep %s: it is larger than the store.", key)
            return False
        try:
            self._write(path, data)
        except Exception as error:
            log.warning("The store can't keep %s (%s).", key, error)
            return False
        if self._local:
            with self._lock:
                self._sizes[path] = len(data)
                self._sizes.move_to_end(path)
                self._trim()
        return True

    def _write(self, path: str, data: bytes) -> None:
        """Write an entry atomically: a local file under another name first, then renamed."""
        if not self._local:
            self._files.pipe_file(path, data)  # buckets write atomically
            return
        part = f"{self._root}/part-{uuid.uuid4().hex}"
        self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        try:
            self._files.pipe_file(part, data)
            os.replace(part, path)
        except OSError:
            self._remove(part)
            raise

    def _path(self, key: str) -> str:
        return f"{self._root}/{key[:2]}/{key}{SUFFIX}"

    def _existing_entries(self) -> Iterator[tuple[str, int]]:
        """Yield path and size of a folder's entries, least recently used first.

        Files that an interrupted write has left are removed.
        """
        files = self._files.find(self._root, detail=True).values()
        for file in sorted(files, key=lambda file: file["mtime"]):
            name = file["name"].removeprefix(f"{self._root}/")
            if ENTRY_NAME.fullmatch(name):
                yield file["name"], file["size"]
            elif PART_NAME.fullmatch(name):
                self._remove(file["name"])

    def _mark_as_used(self, path: str) -> None:
        """Note that an entry was read, also in its modification time for later processes."""
        with self._lock:
            if path in self._sizes:
                self._sizes.move_to_end(path)
        try:
            self._files.touch(path, truncate=False)
        except OSError as error:
            log.warning("The store can't mark %s as used (%s).", path, error)

    def _trim(self) -> None:
        """Remove the least recently used entries of a store that is over its limit."""
        total = sum(self._sizes.values())
        if total <= self._limit:
            return
        while self._sizes and total > TRIM_TO * self._limit:
            path, size = self._sizes.popitem(last=False)
            total -= size
            self._remove(path)

    def _remove(self, path: str) -> None:
        try:
            self._files.rm_file(path)
        except FileNotFoundError:
            pass  # another process that uses the same folder has removed it
        except OSError as error:
            log.warning("The store can't remove %s (%s).", path, error)


def encode(result: StoredResult, webp_quality: int | None = None) -> bytes:
    """Return a result as the bytes of an entry.

    Args:
        result: The result.
        webp_quality: Quality at which pictures are compressed as WebP, 0 to 100; None keeps them
            exactly, as PNG.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as entry:
        record = {"format": FORMAT, "record": dict(result.record), "arrays": [*result.arrays]}
        entry.writestr("record.json", json.dumps(record))
        for name, array in result.arrays.items():
            suffix, data = _encode_array(array, webp_quality)
            entry.writestr(f"{name}.{suffix}", data)
    return buffer.getvalue()


def decode(data: bytes) -> StoredResult:
    """Return the result that an entry's bytes contain.

    Raises:
        ValueError: The entry has another format, or lacks an array.
        Exception: The entry is damaged: whatever zipfile, numpy or Pillow raise.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as entry:
        content = json.loads(entry.read("record.json"))
        if not isinstance(content, Mapping) or content.get("format") != FORMAT:
            raise ValueError("it has the format of another version")
        arrays = {}
        for member in entry.namelist():
            name, _, suffix = member.rpartition(".")
            if suffix == "npy":
                arrays[name] = np.load(io.BytesIO(entry.read(member)), allow_pickle=False)
            elif suffix in ("png", "webp"):
                arrays[name] = np.asarray(Image.open(io.BytesIO(entry.read(member))))
    if set(arrays) != set(content["arrays"]):
        raise ValueError("an array is missing")
    return StoredResult(arrays, content["record"])


def _encode_array(array: np.ndarray, webp_quality: int | None) -> tuple[str, bytes]:
    """Return the suffix and the bytes of the file in which an entry has an array."""
    buffer = io.BytesIO()
    if not _is_picture(array):
        np.save(buffer, array, allow_pickle=False)
        return "npy", buffer.getvalue()
    if webp_quality is None:
        Image.fromarray(array).save(buffer, "PNG")
        return "png", buffer.getvalue()
    Image.fromarray(array).save(buffer, "WEBP", quality=webp_quality, method=6)
    return "webp", buffer.getvalue()


def _is_picture(array: np.ndarray) -> bool:
    return array.dtype == np.uint8 and array.ndim == 3 and array.shape[-1] == 3 and array.size > 0
