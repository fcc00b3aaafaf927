"""The child process of a decoder: decodes one picture after the other, until its input ends.

Numbers are big-endian. For each picture, the parent sends its length in bytes (8 bytes) and its
bytes; the child answers with its width and height. The parent sends a byte when it is the picture's
turn; the child answers with its width and height as it stands upright, and its RGB values row by
row. In place of either answer it may say why the picture can't be read. An answer begins with a
byte that says what it is, and two numbers of 4 bytes: the size, or the length of the reason.
"""

import signal
import struct
import sys
import warnings
from io import FileIO

from core import images
from core.images import BadImage, CostlyImage

LENGTH, ANSWER = struct.Struct(">Q"), struct.Struct(">B2I")
# What an answer is.
SIZE, BAD, COSTLY = range(3)
# Seconds of processor time that a picture may take: to read its header, and to decode it. The
# slowest ordinary kinds take 1 s at 40 megapixels (benchmarks/RESULTS.md).
HEADER_SECONDS = 0.5
MAX_SECONDS = 0.5, 1.8
# Bytes of address space. The interpreter and its libraries take about 0.15 GB; the largest kinds of
# pictures (40 megapixels of a PNG with 16 bits) take 0.53 GB.
MEMORY = 900_000_000


def decode_seconds(width: int, height: int) -> float:
    """Return the processor time that a picture of this size may take, in seconds."""
    least, most = MAX_SECONDS
    return least + (most - least) * width * height / images.MAX_PIXELS


def main() -> None:
    """Decode pictures until the input ends, which also happens when the parent is killed."""
    limit_memory()
    warnings.simplefilter("ignore")
    with FileIO(sys.stdin.fileno()) as requests, FileIO(sys.stdout.fileno(), "w") as answers:
        while header := read_exactly(requests, LENGTH.size):
            data = read_exactly(requests, *LENGTH.unpack(header))
            try:
                answer(requests, answers, data)
            except BadImage as error:
                limit_time(0)
                reason = error.reason.encode()
                kind = COSTLY if isinstance(error, CostlyImage) else BAD
                write(answers, ANSWER.pack(kind, len(reason), 0) + reason)


def answer(requests: FileIO, answers: FileIO, data: bytes) -> None:
    """Decode a picture, and write its size and its pixels.

    Raises:
        BadImage: The picture can't be read; nothing was written, or only its size.
    """
    limit_time(HEADER_SECONDS)
    picture = images.open_checked(data)
    limit_time(0)
    write(answers, ANSWER.pack(SIZE, *picture.size))
    if not read_exactly(requests, 1):
        return
    limit_time(decode_seconds(*picture.size))
    img = images.decode(picture)
    del picture
    limit_time(0)
    write(answers, ANSWER.pack(SIZE, *img.size))
    for band in images.bands(img.height):
        write(answers, img.crop((0, band.start, img.width, band.stop)).tobytes())


def limit_memory() -> None:
    """Limit the memory of this process, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def limit_time(seconds: float) -> None:
    """Have the system end this process after so much processor time; 0 lifts the limit."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def read_exactly(stream: FileIO, length: int) -> bytes:
    """Read so many bytes; return none if the stream ends before them."""
    data = bytearray(length)
    position = 0
    while position < length:
        count = stream.readinto(memoryview(data)[position:])
        if not count:
            return b""
        position += count
    return bytes(data)


def write(stream: FileIO, data: bytes) -> None:
    """Write all bytes; a single call may write only a part of them."""
    rest = memoryview(data)
    while rest:
        rest = rest[stream.write(rest) :]
