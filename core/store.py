"""Results by key, kept in a folder or a bucket.

An entry is one zip file: `record.json`, and each array as NAME.npy, pictures as NAME.png
(NAME.webp where they may be lossy). numpy.load opens it as it would an .npz; the zip's checksums
tell damage; no pickle is read or written.
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

from core.recipes import Result
from core.settings import BadSetting

FORMAT = 1
SUFFIX = ".npz"
# The names that a store gives: what else lies in its folder is not its own.
ENTRY = re.compile(r"([0-9a-f]{2})/\1[0-9a-f]{62}\.npz")
PART = re.compile(r"part-[0-9a-f]{32}")
# A store over its limit is brought this far under it, so that it is not trimmed at every write.
TRIM_TO = 0.9

log = logging.getLogger(__name__)


class Store:
    """Keeps results over fsspec.

    Args:
        url: A folder, or any URL that fsspec knows ("s3://bucket/prefix", "memory://").
        limit: Bytes a local store may take; the least recently used go first. A remote store is
            left to its bucket's rules.

    Raises:
        BadSetting: No such kind of URL, or its driver is not installed.
    """

    def __init__(self, url: str, limit: int):
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise BadSetting(f"ZOOSCOPE_STORE is {url!r}, which can't be had: {error}") from error
        self._local = isinstance(self._files, LocalFileSystem)
        self._limit = limit
        self._lock = threading.Lock()
        self._sizes: OrderedDict[str, int] = OrderedDict()  # by path, least recently used first
        if self._local:
            try:
                self._files.makedirs(self._root, exist_ok=True)
                self._sizes.update(self._listed())
            except OSError as error:
                log.warning("The store can't use %s (%s).", self._root, error)

    def get(self, key: str) -> Result | None:
        """The result of this key, or None. A damaged or foreign entry is logged and is a miss."""
        path = self._path(key)
        try:
            data = self._files.cat_file(path)
        except FileNotFoundError:
            return None
        except Exception as error:
            # A bucket's driver raises types of its own; none may cost a page more than the keeping.
            log.warning("The store can't read %s (%s); it is computed anew.", key, error)
            return None
        try:
            result = decode(data)
        except Exception as error:
            # zipfile, zlib, json, numpy and Pillow raise a dozen types on damaged data.
            log.warning("Entry %s is damaged (%s); it is computed anew.", key, error)
            return None
        if self._local:
            self._touch(path)
        return result

    def put(self, key: str, result: Result) -> bool:
        """Keep a result; a reader sees all of it or nothing.

        Returns:
            Whether it was kept. A full or read-only disk is logged and costs only the keeping.
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

    @property
    def size(self) -> int:
        """Bytes a local store takes."""
        with self._lock:
            return sum(self._sizes.values())

    def _write(self, path: str, data: bytes) -> None:
        """Write an entry whole. A bucket does that by itself; a file is put in place when ready."""
        if not self._local:
            self._files.pipe_file(path, data)
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

    def _listed(self) -> Iterator[tuple[str, int]]:
        """What a local folder holds, least recently used first; remains of broken writes go."""
        entries = self._files.find(self._root, detail=True).values()
        for entry in sorted(entries, key=lambda entry: entry["mtime"]):
            name = entry["name"].removeprefix(f"{self._root}/")
            if ENTRY.fullmatch(name):
                yield entry["name"], entry["size"]
            elif PART.fullmatch(name):
                self._remove(entry["name"])

    def _touch(self, path: str) -> None:
        with self._lock:
            if path in self._sizes:
                self._sizes.move_to_end(path)
        try:
            self._files.touch(path, truncate=False)
        except OSError as error:
            log.warning("The store can't mark %s as used (%s).", path, error)

    def _trim(self) -> None:
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
            pass  # another process on the same folder was faster
        except OSError as error:
            log.warning("The store can't remove %s (%s).", path, error)


def encode(result: Result, lossy: int | None = None) -> bytes:
    """A result as the bytes of an entry.

    Args:
        result: What to keep.
        lossy: WebP quality of its pictures, 0 to 100; exact where None.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as entry:
        record = {"format": FORMAT, "record": dict(result.record), "arrays": [*result.arrays]}
        entry.writestr("record.json", json.dumps(record))
        for name, array in result.arrays.items():
            member = io.BytesIO()
            if _is_picture(array) and lossy is not None:
                Image.fromarray(array).save(member, "WEBP", quality=lossy, method=6)
                entry.writestr(f"{name}.webp", member.getvalue())
            elif _is_picture(array):
                Image.fromarray(array).save(member, "PNG")
                entry.writestr(f"{name}.png", member.getvalue())
            else:
                np.save(member, array, allow_pickle=False)
                entry.writestr(f"{name}.npy", member.getvalue())
    return buffer.getvalue()


def decode(data: bytes) -> Result:
    """The result in an entry's bytes.

    Raises:
        ValueError: Another version, or damaged; zipfile, numpy and Pillow raise their own for more.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as entry:
        raw = json.loads(entry.read("record.json"))
        if not isinstance(raw, Mapping) or raw.get("format") != FORMAT:
            raise ValueError("another version's format")
        arrays = {}
        for member in entry.namelist():
            name, _, kind = member.rpartition(".")
            if kind == "npy":
                arrays[name] = np.load(io.BytesIO(entry.read(member)), allow_pickle=False)
            elif kind in ("png", "webp"):
                arrays[name] = np.asarray(Image.open(io.BytesIO(entry.read(member))))
    if set(arrays) != set(raw["arrays"]):
        raise ValueError("an array is missing")
    return Result(arrays, raw["record"])


def _is_picture(array: np.ndarray) -> bool:
    return array.dtype == np.uint8 and array.ndim == 3 and array.shape[-1] == 3 and array.size > 0
