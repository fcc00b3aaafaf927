"""Decode untrusted pictures in child processes, which are started once and kept.

A picture that takes too long, too much memory, or makes its decoder crash ends its child process
and nothing else; the next picture gets a new one.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from PIL import Image

from core import images
from core.decoding.child import ANSWER, BAD, COSTLY, LENGTH
from core.images import BadImage, CostlyImage

PROJECT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "core.decoding")
# One thread for numpy's libraries: each further one reserves address space. glibc keeps up to 64 MB
# of freed memory, enough for a photograph of 12 megapixels: to request it again for each picture
# takes 50 ms (see `core.memory`).
ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MALLOC_MMAP_THRESHOLD_": str(2**30),
        "MALLOC_TRIM_THRESHOLD_": str(2**26),
    }
)
# Child processes of a decoder. With two, a slow picture leaves one for other visitors.
CHILDREN = 2
# Seconds after which a picture's child is killed. Its limit of processor time is much shorter
# (`child.MAX_SECONDS`); this one is for a child that waits, or gets no time on a busy machine.
WALL_SECONDS = 10.0
# Bytes of a pipe's buffer; the default of 64 kB takes ten times as many changes of process.
PIPE_BYTES = 1 << 20
TOO_SLOW = "The picture takes too long to decode."

log = logging.getLogger(__name__)


class Decoder:
    """Decodes untrusted pictures in child processes. Thread-safe.

    Args:
        children: The largest number of child processes. Each is started when all others are busy.
        command: The command of a child process.
        wall_seconds: Seconds after which a picture's child process is killed.
    """

    def __init__(
        self,
        children: int = CHILDREN,
        command: Sequence[str] = COMMAND,
        wall_seconds: float = WALL_SECONDS,
    ):
        self._command, self._wall_seconds = command, wall_seconds
        self._free = threading.BoundedSemaphore(children)
        self._idle: list[_Child] = []
        self._lock = threading.Lock()

    def read(self, data: bytes) -> Image.Image:
        """Decode a picture as `images.read` does.

        Args:
            data: The bytes of a picture file.

        Returns:
            An upright picture in mode "RGB" without metadata.

        Raises:
            BadImage: The file is not a picture, has another format, is damaged or too large.
            CostlyImage: Decoding it takes too much time or memory, or ended the child process.
        """
        images.check_bytes(data)
        with self._child() as child:
            return child.decode(data, self._wall_seconds)

    def start(self) -> None:
        """Start a child process, so that the first picture does not wait for it."""
        with self._child():
            pass

    def close(self) -> None:
        """End the idle child processes."""
        with self._lock:
            children, self._idle = self._idle, []
        for child in children:
            child.end()

    @contextmanager
    def _child(self) -> "Iterator[_Child]":
        """Lend a living child process, as soon as one is free."""
        with self._free:
            child = self._idle_child() or _Child(self._command)
            try:
                yield child
            finally:
                if child.ready:
                    with self._lock:
                        self._idle.append(child)
                else:
                    child.end()

    def _idle_child(self) -> "_Child | None":
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.alive:
                    return child
                child.end()
        return None


class _Child:
    """A child process, and the pipes to it. Not thread-safe.

    Attributes:
        ready: Whether it waits for the next picture. It does not after an error in between.
    """

    def __init__(self, command: Sequence[str]):
        self.ready = True
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter on a module of this project
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            pipesize=PIPE_BYTES,
            cwd=PROJECT,
            env={**os.environ, **ENVIRONMENT},
        )

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def decode(self, data: bytes, wall_seconds: float) -> Image.Image:
        """Have the process decode a picture.

        Raises:
            BadImage: The process says so.
            CostlyImage: The process ended, or took too long.
        """
        self.ready = False
        try:
            with self._time_limit(wall_seconds):
                self._write(LENGTH.pack(len(data)))
                self._write(data)
                size = self._read_size()
            with images.decoding_turn(size), self._time_limit(wall_seconds):
                self._write(b"\1")
                img = self._read_pixels(self._read_size())
        except (OSError, EOFError) as error:  # a pipe is closed
            raise CostlyImage(self._why_it_ended()) from error
        self.ready = True
        return img

    @contextmanager
    def _time_limit(self, seconds: float) -> Iterator[None]:
        """Kill the process after so many seconds, which ends the reading and writing."""
        timer = threading.Timer(seconds, self._process.kill)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _read_size(self) -> tuple[int, int]:
        """Read a picture's width and height, or the reason why it can't be read."""
        kind, width, height = ANSWER.unpack(self._read(ANSWER.size))
        if kind in (BAD, COSTLY):
            reason = bytes(self._read(width)).decode()
            self.ready = True
            raise (CostlyImage if kind == COSTLY else BadImage)(reason)
        return width, height

    def _read_pixels(self, size: tuple[int, int]) -> Image.Image:
        width, height = size
        img = Image.new("RGB", size)
        for band in images.bands(height):
            rows = band.stop - band.start
            colours = self._read(width * rows * 3)
            img.paste(Image.frombuffer("RGB", (width, rows), colours), (0, band.start))
        return img

    def _read(self, length: int) -> bytearray:
        stream = self._process.stdout
        data, position = bytearray(length), 0
        while position < length:
            count = stream.readinto(memoryview(data)[position:])  # type: ignore[union-attr]
            if not count:
                raise EOFError
            position += count
        return data

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._process.stdin.write(rest) :]  # type: ignore[union-attr]

    def _why_it_ended(self) -> str:
        code = self._process.wait()
        log.warning("A decoder ended with exit code %s.", code)
        # It was killed for its time; other signals and exit codes are crashes.
        stopped = (-getattr(signal, "SIGPROF", 0), -getattr(signal, "SIGKILL", 0))
        return TOO_SLOW if code in stopped else "The picture is damaged: its decoder crashed."
