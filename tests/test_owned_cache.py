"""The cache with owners: eviction by size and by number, and forgetting by owner."""

import pytest

from core.owned_cache import OwnedCache, Room


class Item:
    """An item of a given size that records whether it was closed."""

    def __init__(self, size: int = 1):
        self.size = size
        self.closed = False

    def close(self) -> None:
        self.closed = True


def make_cache(
    max_bytes: int = 100, max_items: int | None = None, room_of_owner: Room | None = None
) -> OwnedCache[Item]:
    room = Room(max_bytes, max_items)
    return OwnedCache(lambda item: item.size, room, room_of_owner, Item.close)


def keep(cache: OwnedCache[Item], *names: str, owner: str = "ada", size: int = 1) -> None:
    for name in names:
        cache.keep(name, owner, lambda: Item(size))


def test_keep_returns_the_item_that_get_returns():
    cache = make_cache()
    item = cache.keep("a", "ada", Item)
    assert cache.get("a") is item
    assert cache.get("b") is None


def test_a_cached_item_is_not_created_again():
    cache = make_cache()
    first = cache.keep("a", "ada", Item)
    assert cache.keep("a", "bob", lambda: pytest.fail("created again")) is first


def test_items_may_fill_the_limit_in_bytes_exactly():
    cache = make_cache(max_bytes=9)
    keep(cache, "a", "b", "c", size=3)
    assert cache.names() == ["a", "b", "c"]
    keep(cache, "d", size=1)
    assert cache.names() == ["b", "c", "d"]


def test_a_large_item_evicts_as_many_items_as_it_needs_room():
    cache = make_cache(max_bytes=10)
    keep(cache, "a", "b", "c", size=3)
    keep(cache, "large", size=7)
    assert cache.names() == ["c", "large"]


def test_an_item_over_the_limit_is_kept_alone():
    cache = make_cache(max_bytes=10)
    keep(cache, "a")
    keep(cache, "large", size=11)
    assert cache.names() == ["large"]


def test_the_number_of_items_is_limited():
    cache = make_cache(max_items=2)
    keep(cache, "a", "b", "c")
    assert cache.names() == ["b", "c"]


@pytest.mark.parametrize("use", [lambda cache: cache.get("a"), lambda cache: keep(cache, "a")])
def test_the_least_recently_used_item_is_evicted(use):
    cache = make_cache(max_items=2)
    keep(cache, "a", "b")
    use(cache)
    keep(cache, "c")
    assert cache.names() == ["a", "c"]


def test_forget_removes_and_counts_the_items_of_one_owner():
    cache = make_cache()
    keep(cache, "a", "b", owner="ada")
    keep(cache, "c", owner="bob")
    assert cache.forget("ada") == 2
    assert cache.names() == ["c"]
    assert cache.forget("ada") == 0


def test_an_item_of_two_owners_stays_until_both_forget_it():
    cache = make_cache()
    keep(cache, "a", owner="ada")
    keep(cache, "a", owner="bob")
    assert [cache.forget("ada"), cache.names()] == [0, ["a"]]
    assert [cache.forget("bob"), cache.names()] == [1, []]


def test_forget_removes_a_named_item_whoever_owns_it():
    cache = make_cache()
    keep(cache, "a", "b", owner="ada")
    assert cache.forget("a stranger", "a") == 1
    assert cache.names() == ["b"]
    assert cache.forget("a stranger", "unknown") == 0


def test_forgotten_items_are_closed_and_evicted_items_are_not():
    cache = make_cache(max_items=2)
    evicted, forgotten, kept = Item(), Item(), Item()
    cache.keep("evicted", "ada", lambda: evicted)
    cache.keep("forgotten", "ada", lambda: forgotten)
    cache.keep("kept", "bob", lambda: kept)
    cache.forget("ada")
    assert [item.closed for item in (evicted, forgotten, kept)] == [False, True, False]


def test_an_owner_who_exceeds_their_room_loses_their_own_oldest_items():
    cache = make_cache(room_of_owner=Room(10, 3))
    keep(cache, "ada's", owner="ada")
    keep(cache, "a", "b", "c", "d", owner="bob")
    assert cache.names() == ["ada's", "b", "c", "d"]
    keep(cache, "large", owner="bob", size=9)
    assert cache.names() == ["ada's", "d", "large"]


def test_an_item_over_its_owner_s_room_is_kept_alone():
    cache = make_cache(room_of_owner=Room(10))
    keep(cache, "a", "b", owner="bob")
    keep(cache, "large", owner="bob", size=11)
    assert cache.names() == ["large"]


def test_an_item_that_a_stranger_keeps_too_stays_when_its_owner_runs_out_of_room():
    cache = make_cache(room_of_owner=Room(10, 1))
    keep(cache, "shared", owner="ada")
    keep(cache, "shared", owner="bob")
    keep(cache, "bob's", owner="bob")
    assert cache.names() == ["shared", "bob's"]
    assert cache.forget("ada") == 1


@pytest.mark.parametrize(("max_bytes", "max_items"), [(12, None), (1000, 12)])
def test_the_owner_who_uses_most_makes_room_and_not_the_one_who_was_first(max_bytes, max_items):
    cache = make_cache(max_bytes, max_items)
    keep(cache, "ada's", owner="ada")
    keep(cache, *(f"bob's {n}" for n in range(50)), owner="bob")
    keep(cache, "eve's", owner="eve")
    assert {"ada's", "eve's"} < set(cache.names())
    assert len(cache.names()) == 12
    assert "bob's 49" in cache.names()


def test_equal_owners_have_equal_shares_whoever_adds_most():
    cache = make_cache(max_bytes=30)
    for number in range(100):
        for owner, count in (("ada", 1), ("bob", 5), ("eve", 25)):
            keep(cache, *(f"{owner} {number} {n}" for n in range(count)), owner=owner)
    shares = [sum(name.startswith(owner) for name in cache.names()) for owner in ("ada", "bob")]
    assert min(shares) >= 9
