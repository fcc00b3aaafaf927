"""A decoder's child process that hangs, computes without end, crashes or fills the memory.

The width of a picture says which.
"""

import os
import sys
import time
from pathlib import Path

from PIL import Image

from core import images
from core.decoding import child

HANGS, COMPUTES, ENDS, ABORTS, FILLS, WAITS = range(101, 107)
decode = images.decode


def decode_oddly(picture: Image.Image) -> Image.Image:
    """Decode a picture, or fail to."""
    match picture.width:
        case 101:
            time.sleep(10**6)
        case 102:
            while True:
                pass
        case 103:
            os._exit(3)
        case 104:
            os.abort()
        case 105:
            raise images.CostlyImage(fill_memory())
        case 106:
            wait_for_permission(Path(sys.argv[1]))
    return decode(picture)


def fill_memory() -> str:
    """Return how a request for more memory than allowed ends."""
    try:
        return f"There were {len(bytes(2 * child.MEMORY))} bytes."
    except MemoryError:
        return "There is no more memory."


def wait_for_permission(folder: Path) -> None:
    """Say that decoding began, and wait until it may go on."""
    (folder / "began").touch()
    while not (folder / "go on").exists():
        time.sleep(0.01)


if __name__ == "__main__":
    images.decode = decode_oddly
    child.main()
