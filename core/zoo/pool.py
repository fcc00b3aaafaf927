"""Keep loaded models in memory up to a limit; the least recently used are dropped first."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from core import memory
from core.zoo.card import Card
from core.zoo.errors import ModelTooLarge, WeightsUnavailable
from core.zoo.model import Model

BYTES_PER_PARAMETER = 4


@dataclass
class _LoadedModel:
    """A loaded model, its memory in bytes, and the number of computations that use it now."""

    model: Model
    memory: int
    users: int = 0


class Pool:
    """Keeps loaded models within a memory limit; a model in use is never dropped.

    A model is loaded without the lock, so that other models can be acquired meanwhile.

    Args:
        limit: Bytes that all models together may take.
        build: Loads a model from its card.
    """

    def __init__(self, limit: int, build: Callable[[Card], Model]):
        self._limit = limit
        self._build = build
        # By weights id, least recently used first.
        self._loaded: OrderedDict[str, _LoadedModel] = OrderedDict()
        # Bytes that are reserved for each model that a thread is loading now, by weights id.
        self._reserved: dict[str, int] = {}
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)

    def acquire(self, card: Card, weights_id: str) -> Model | None:
        """Return a loaded model, which stays in the pool until `release`.

        If another thread is loading the same model, wait for it.

        Returns:
            The model; None as long as the models in use, or being loaded, leave no room for it.

        Raises:
            ModelTooLarge: The model alone exceeds the limit.
            WeightsUnavailable: The model can't be loaded, or its weights have changed.
        """
        with self._lock:
            self._changed.wait_for(lambda: weights_id not in self._reserved)
            if weights_id in self._loaded:
                return self._use(weights_id)
            estimate = _estimate_memory(card)
            if not self._make_room(card, estimate):
                return None
            self._reserved[weights_id] = estimate
        model = None
        try:
            model = self._build(card)
        finally:
            with self._lock:
                del self._reserved[weights_id]
                self._changed.notify_all()
                acquired = self._add(card, weights_id, model) if model is not None else None
        return acquired

    def _add(self, card: Card, weights_id: str, model: Model) -> Model | None:
        """Keep a model that was loaded; None if there is no room for it."""
        if model.weights_id != weights_id:
            raise WeightsUnavailable(
                f"The weights of {card.title} have changed since this computation was started."
                " Start it again."
            )
        # Again, because the estimate can be too low.
        if not self._make_room(card, model.memory):
            return None
        self._loaded[weights_id] = _LoadedModel(model, model.memory)
        return self._use(weights_id)

    def _use(self, weights_id: str) -> Model:
        self._loaded.move_to_end(weights_id)
        self._loaded[weights_id].users += 1
        return self._loaded[weights_id].model

    def release(self, weights_id: str) -> None:
        """End one use of an acquired model; a model without users can be dropped."""
        with self._lock:
            self._loaded[weights_id].users -= 1

    @property
    def memory(self) -> int:
        """Bytes of all loaded models."""
        with self._lock:
            return sum(loaded.memory for loaded in self._loaded.values())

    def names(self) -> list[str]:
        """Return the names of the loaded models, least recently used first."""
        with self._lock:
            return [loaded.model.name for loaded in self._loaded.values()]

    def _make_room(self, card: Card, needed: int) -> bool:
        """Drop unused models until `needed` bytes of the limit are free.

        Returns:
            Whether they are free; False if the models in use or being loaded take too much.

        Raises:
            ModelTooLarge: The limit itself is lower.
        """
        if needed > self._limit:
            raise ModelTooLarge(
                f"{card.title} takes about {needed / 1e6:,.0f} MB of memory; the limit for models"
                f" is {self._limit / 1e6:,.0f} MB. Choose a smaller model, or raise"
                " ZOOSCOPE_MEMORY_MB on the machine that runs Zooscope."
            )
        reserved = sum(self._reserved.values())
        in_use = sum(loaded.memory for loaded in self._loaded.values() if loaded.users)
        if reserved + in_use + needed > self._limit:
            return False
        for weights_id in [key for key, loaded in self._loaded.items() if not loaded.users]:
            if reserved + self.memory + needed <= self._limit:
                break
            del self._loaded[weights_id]
            memory.release_freed_memory()
        return True


def _estimate_memory(card: Card) -> int:
    """Estimate the bytes that a model will take, before it is loaded.

    The estimate is the larger of two figures that can each be too low: the architecture's
    parameters leave out a larger classifier, and a file of 16-bit weights grows when it is loaded.
    """
    parameters = card.facts.parameters * BYTES_PER_PARAMETER if card.facts else 0
    try:
        size = card.weights.stat().st_size if card.weights else 0
    except OSError:
        size = 0  # loading them states the reason
    return max(parameters, size)
