"""What a process remembers for a few seconds, so that it need not ask again."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, TypeVar, cast

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")
MOST_KEPT = 10_000


class Brief(Generic[K, V]):
    """At most `MOST_KEPT` entries: what was used longest ago goes first. Keys name the tenant."""

    def __init__(self) -> None:
        self._kept: OrderedDict[K, tuple[V, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: K) -> tuple[V, float] | None:
        """The value and the monotonic instant until which it counts."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if monotonic() >= kept[1]:
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return kept

    async def recall(
        self, key: K, ask: Callable[[], Awaitable[T]], seconds: float, *, fresh: bool = False
    ) -> T:
        """What is kept; else, or where it has to be `fresh`, what is asked for and kept from then
        on for so many seconds."""
        kept = None if fresh else self.find(key)
        if kept is not None:
            return cast("T", kept[0])
        found = await ask()
        self.keep(key, cast("V", found), seconds)
        return found

    def keep(self, key: K, value: V, seconds: float) -> None:
        """For so many seconds; not at all where there are none left."""
        self.keep_until(key, value, monotonic() + seconds)

    def keep_until(self, key: K, value: V, until: float) -> None:
        """Up to a monotonic instant."""
        self._kept[key] = value, until
        self._kept.move_to_end(key)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
