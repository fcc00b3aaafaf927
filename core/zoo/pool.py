"""The models kept loaded: least recently used out first, within a bound."""

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
class _Kept:
    model: Model
    memory: int
    users: int = 0


class Pool:
    """Keeps loaded models within a bound; one that is in use is never dropped.

    Args:
        limit: Bytes the models may take together.
        build: Loads a model from its card.
    """

    def __init__(self, limit: int, build: Callable[[Card], Model]):
        self._limit = limit
        self._build = build
        self._kept: OrderedDict[str, _Kept] = OrderedDict()  # by weights id, oldest use first
        self._lock = threading.RLock()

    def acquire(self, card: Card, weights_id: str) -> Model | None:
        """A loaded model for use, until `release`; None while those in use leave no room.

        Raises:
            ModelTooLarge: It would not fit even alone.
            WeightsUnavailable: It can't be loaded, or its weights are others by now.
        """
        with self._lock:
            if weights_id not in self._kept:
                if not self._make_room(card, _expected(card)):
                    return None
                model = self._build(card)
                if model.weights_id != weights_id:
                    raise WeightsUnavailable(
                        f"The weights of {card.title} are not those that were asked for: they have"
                        " changed since. Ask again."
                    )
                if not self._make_room(card, model.memory):
                    return None
                self._kept[weights_id] = _Kept(model, model.memory)
            self._kept.move_to_end(weights_id)
            self._kept[weights_id].users += 1
            return self._kept[weights_id].model

    def release(self, weights_id: str) -> None:
        """Give an acquired model back."""
        with self._lock:
            self._kept[weights_id].users -= 1

    @property
    def memory(self) -> int:
        """Bytes the kept models take."""
        with self._lock:
            return sum(kept.memory for kept in self._kept.values())

    def names(self) -> list[str]:
        """The kept models, least recently used first."""
        with self._lock:
            return [kept.model.name for kept in self._kept.values()]

    def _make_room(self, card: Card, needed: int) -> bool:
        if needed > self._limit:
            raise ModelTooLarge(
                f"{card.title} takes about {needed / 1e6:,.0f} MB; {self._limit / 1e6:,.0f} MB are"
                " set aside for models. Choose a smaller one, or raise ZOOSCOPE_MEMORY_MB where"
                " Zooscope runs."
            )
        if sum(kept.memory for kept in self._kept.values() if kept.users) + needed > self._limit:
            return False
        for weights_id in [key for key, kept in self._kept.items() if not kept.users]:
            if self.memory + needed <= self._limit:
                break
            del self._kept[weights_id]
            memory.give_back()
        return True


def _expected(card: Card) -> int:
    """Bytes a model will take, as far as can be told before: 16-bit files grow, heads differ."""
    parameters = card.facts.parameters * BYTES_PER_PARAMETER if card.facts else 0
    weights = card.weights
    return max(parameters, weights.stat().st_size if weights and weights.exists() else 0)
