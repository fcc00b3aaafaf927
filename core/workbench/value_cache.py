"""Caches decoded results in memory, so that a rerun of a page decodes nothing again."""

import threading
from collections import OrderedDict
from typing import Any

# Largest total size of the results in bytes.
LIMIT = 64_000_000
# Largest share of the limit that a result may take; a larger one would evict all others.
LARGEST_SHARE = 0.25


class ValueCache:
    """A cache of limited size that evicts the least recently used results. Thread-safe.

    Args:
        limit: Largest total size of the results in bytes.
    """

    def __init__(self, limit: int = LIMIT):
        self._limit = limit
        self._values: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes that the results take."""
        return self._size

    def get(self, key: str) -> Any | None:
        """Return the result of a recipe's key, or None."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key][0]

    def put(self, key: str, value: Any, nbytes: int) -> None:
        """Add a result, unless it is too large.

        Args:
            key: The key of its recipe.
            value: The result, decoded.
            nbytes: Its size in bytes.
        """
        if nbytes > LARGEST_SHARE * self._limit:
            return
        with self._lock:
            self._size += nbytes - self._values.pop(key, (None, 0))[1]
            self._values[key] = value, nbytes
            while self._size > self._limit:
                self._size -= self._values.popitem(last=False)[1][1]
