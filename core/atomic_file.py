"""Write a file so that readers see all of it, or the file that was there before."""

import os
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file under another name first, then rename it; its folder must exist.

    Raises:
        OSError: The file can't be written, as on a full disk; the old one stays.
    """
    unfinished = path.with_name(f"{path.name}.part")
    try:
        unfinished.write_bytes(data)
        os.replace(unfinished, path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
