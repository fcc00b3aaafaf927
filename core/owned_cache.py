"""A cache in memory whose items belong to owners, who get fair shares of its room."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass
class _Entry(Generic[Item]):
    item: Item
    size: int
    owners: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Room:
    """How much may be cached.

    Attributes:
        bytes: The largest number of bytes.
        items: The largest number of items; None for any number.
    """

    bytes: int
    items: int | None = None

    def used_share(self, sizes: Iterable[int]) -> float:
        """Return the share that items of these sizes use, of the bytes or the items: the larger."""
        counted = list(sizes)
        share_of_items = len(counted) / self.items if self.items else 0.0
        return max(sum(counted) / self.bytes, share_of_items)


class OwnedCache(Generic[Item]):
    """A cache of items that belong to owners; every method is thread-safe.

    An owner who exceeds their room loses their own least recently used items. Where all owners
    together exceed the whole room, the owner who uses most loses theirs. So nobody loses items to
    an owner who uses more, whatever that owner adds. The item that was kept last stays, however
    large it is.

    Args:
        size: Returns the size of an item in bytes.
        room: Room for all items together.
        room_of_owner: Room for the items of an owner; None for the whole room. An item that
            several owners share takes room of each.
        on_forget: Called with every item that `forget` removes. Items that make room for others are
            left to the garbage collector, since a computation may still use them.
    """

    def __init__(
        self,
        size: Callable[[Item], int],
        room: Room,
        room_of_owner: Room | None = None,
        on_forget: Callable[[Item], None] = lambda item: None,
    ):
        self._size = size
        self._room = room
        self._room_of_owner = room_of_owner or room
        self._on_forget = on_forget
        self._entries: OrderedDict[str, _Entry[Item]] = OrderedDict()  # least recently used first
        self._lock = threading.Lock()

    def keep(self, name: str, owner: str, create: Callable[[], Item]) -> Item:
        """Cache an item for an owner and return it; others make room where it is needed.

        Args:
            name: Identifies the item.
            owner: Is added to the item's owners.
            create: Returns the item. Only called if no item of this name is cached.
        """
        with self._lock:
            if name not in self._entries:
                item = create()
                self._entries[name] = _Entry(item, self._size(item))
            entry = self._entries[name]
            entry.owners.add(owner)
            self._entries.move_to_end(name)
            self._make_room(name, owner)
        return entry.item

    def get(self, name: str) -> Item | None:
        """Return the item of this name, or None if it is not cached; counts as a use."""
        with self._lock:
            if name not in self._entries:
                return None
            self._entries.move_to_end(name)
            return self._entries[name].item

    def names(self) -> list[str]:
        """Return the names of all items, least recently used first."""
        with self._lock:
            return list(self._entries)

    def forget(self, owner: str, name: str = "") -> int:
        """Remove the items that belong to this owner only, and return how many were removed.

        Args:
            owner: Is removed from the owners of every item.
            name: An item to remove in addition, whoever owns it.
        """
        with self._lock:
            for entry_name, entry in self._entries.items():
                entry.owners.discard(owner)
                if entry_name == name:
                    entry.owners.clear()
            forgotten = [key for key, entry in self._entries.items() if not entry.owners]
            for key in forgotten:
                self._on_forget(self._entries.pop(key).item)
        return len(forgotten)

    def _make_room(self, kept: str, owner: str) -> None:
        """Remove items, but not the one that was just kept, until no room is exceeded."""
        while self._room_of_owner.used_share(self._sizes(owner)) > 1 and (
            oldest := self._oldest(owner, kept)
        ):
            self._disown(oldest, owner)
        while self._room.used_share(entry.size for entry in self._entries.values()) > 1:
            largest = self._largest_owner(kept)
            if largest is None:
                break
            self._disown(self._oldest(largest, kept), largest)

    def _sizes(self, owner: str) -> list[int]:
        return [entry.size for entry in self._entries.values() if owner in entry.owners]

    def _oldest(self, owner: str, kept: str) -> str:
        """Return an owner's least recently used item other than `kept`; empty if there is none."""
        names = (name for name, entry in self._entries.items() if owner in entry.owners)
        return next((name for name in names if name != kept), "")

    def _largest_owner(self, kept: str) -> str | None:
        """Return who uses most, among the owners of items other than `kept`; None if there is none.

        Of equal owners, it is the one whose item was not used for the longest time.
        """
        others = [entry.owners for name, entry in self._entries.items() if name != kept]
        owners = dict.fromkeys(owner for names in others for owner in sorted(names))
        return max(
            owners, key=lambda owner: self._room.used_share(self._sizes(owner)), default=None
        )

    def _disown(self, name: str, owner: str) -> None:
        """Take an item from an owner; an item without owners is removed."""
        entry = self._entries[name]
        entry.owners.discard(owner)
        if not entry.owners:
            del self._entries[name]
