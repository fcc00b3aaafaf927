"""Read how much a safetensors file holds, before any other parser reads it."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.zoo.bounded_json import parse_bounded

# A safetensors file begins with the size of its header in 8 bytes; the header is JSON.
SIZE_BYTES = 8
# timm's largest CNN has about 3,000 tensors, whose header takes 400 kB.
MAX_HEADER_BYTES = 4_000_000
MAX_TENSORS = 10_000
METADATA = "__metadata__"
# How the names of tensors end that are no parameters.
STATISTICS = (".running_mean", ".running_var", ".num_batches_tracked")
MAX_DIMENSIONS, MAX_SIDE = 16, 2**40


@dataclass(frozen=True)
class WeightsHeader:
    """What a weights file says that it holds.

    Attributes:
        tensors: Number of tensors.
        values: Number of values in all tensors together.
        parameters: Number of values in tensors other than the statistics of batch norms.
    """

    tensors: int
    values: int
    parameters: int


def read_weights_header(path: Path) -> WeightsHeader:
    """Read the header of a safetensors file, within bounds.

    Raises:
        OSError: The file can't be read.
        ValueError: The file is no safetensors file, has more tensors than any network, or states
            more values than it can hold.
    """
    size = path.stat().st_size
    header = parse_bounded(_header_bytes(path))
    if not isinstance(header, dict):
        raise ValueError("its header is no JSON object")
    sizes = {key: _count(entry) for key, entry in header.items() if key != METADATA}
    counts = sizes.values()
    if len(counts) > MAX_TENSORS:
        raise ValueError(f"it has {len(counts):,} tensors; {MAX_TENSORS:,} are read")
    if sum(counts) > size:
        raise ValueError("it states more values than it has bytes")
    parameters = sum(size for key, size in sizes.items() if not key.endswith(STATISTICS))
    return WeightsHeader(len(counts), sum(counts), parameters)


def _header_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        size = int.from_bytes(file.read(SIZE_BYTES), "little")
        if size > MAX_HEADER_BYTES:
            raise ValueError(f"its header has {size:,} bytes; {MAX_HEADER_BYTES:,} are read")
        return file.read(size)


def _count(entry: Any) -> int:
    """Return the number of values of a tensor."""
    shape = entry.get("shape") if isinstance(entry, dict) else None
    if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS:
        raise ValueError("its header has a tensor without shape")
    if not all(isinstance(side, int) and 0 <= side <= MAX_SIDE for side in shape):
        raise ValueError("its header has a tensor with an impossible shape")
    return math.prod(shape)
