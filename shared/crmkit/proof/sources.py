"""Where a replay takes events from: the owners' ledgers, or what the broker still holds."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack
from heapq import heappop, heappush
from typing import Protocol, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from crmkit.db.pool import Connection
from crmkit.events.envelope import Wire, topic
from crmkit.messaging.broker import probe, slots_of
from crmkit.messaging.ending import stop, whole
from crmkit.messaging.memory import readable, up_to_end
from crmkit.proof import telling
from crmkit.proof.snapshots import connected
from crmkit.service import Service, services

_PAGE = 2000
_INSTEAD = "see crm verify, and replay from the ledgers"
Mark = tuple[str, str, int]
"""Producer, topic, partition."""


class Source(Protocol):
    """Events in the order of their producers."""

    def more(self) -> AsyncIterator[list[Wire]]:
        """Pages of what came since the last call, until there is no more."""

    def demand_all(self, marks: Mapping[Mark, int]) -> None:
        """LookupError where less came than watermarks say was applied: it would be taken away."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...


class Ledgers:
    """The owners' own ledgers, which hold all there ever was."""

    def __init__(self, aggregates: Collection[str]) -> None:
        self._aggregates = aggregates
        self._stack = AsyncExitStack()
        self._owners: dict[str, Connection] = {}
        self._reached: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        wanted = {topic(aggregate) for aggregate in self._aggregates}
        for owner in services():
            if owner.topics & wanted:
                connection = await self._stack.enter_async_context(connected(owner))
                self._owners[owner.name] = connection
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def more(self) -> AsyncIterator[list[Wire]]:
        for name, connection in self._owners.items():
            while True:
                after = self._reached.get(name, 0)
                reached, events = await telling.page(
                    connection, name, after, _PAGE, self._aggregates
                )
                if reached == after:
                    self._reached[name] = max(after, await telling.given_up(connection))
                    break
                self._reached[name] = reached
                if events:
                    yield events

    def demand_all(self, marks: Mapping[Mark, int]) -> None:
        _demand(
            {mark: self._reached.get(mark[0], 0) for mark in marks if mark[0] in self._owners},
            marks,
        )


class Reached:
    """How far a log has been read without a hole, for each producer and partition."""

    def __init__(self) -> None:
        self._positions: dict[Mark, int] = {}
        self._ahead: dict[Mark, list[tuple[int, int]]] = {}
        """Heaps of what comes after something that is missing, by the position before it."""

    def take(self, mark: Mark, previous: int, position: int) -> None:
        """What was lost may have been sent again after what follows it."""
        ahead = self._ahead.setdefault(mark, [])
        heappush(ahead, (previous, position))
        reached = self._positions.get(mark, 0)
        while ahead and ahead[0][0] <= reached:
            reached = max(reached, heappop(ahead)[1])
        self._positions[mark] = reached

    def demand(self, marks: Mapping[Mark, int]) -> None:
        for (_, name, _), ahead in self._ahead.items():
            if ahead:
                raise LookupError(f"the broker's log of {name} has lost events; {_INSTEAD}")
        _demand({mark: self._positions.get(mark, 0) for mark in marks}, marks)


class BrokerLog:
    """The broker's log from its beginning; LookupError where it lacks what it once had."""

    def __init__(self, service: Service, aggregates: Collection[str]) -> None:
        self.reached = Reached()
        self._topics = [topic(aggregate) for aggregate in sorted(aggregates)]
        self._settings = service.settings.load()
        self._client: AIOKafkaConsumer = probe(self._settings, f"crm.{service.name}.replay")
        self._slots: list[TopicPartition] = []

    async def __aenter__(self) -> Self:
        await whole(self._client.start())
        self._slots = await slots_of(self._settings, self._topics)
        self._client.assign(self._slots)
        await self._client.seek_to_beginning(*self._slots)
        return self

    async def __aexit__(self, *_: object) -> None:
        await stop(self._client)

    async def more(self) -> AsyncIterator[list[Wire]]:
        """In the order in which they were sent, which is that of neither versions nor positions
        where some were sent again: folds take any."""
        async for batches in up_to_end(self._client, self._slots):
            if page := readable(batches):
                for slot, event in page:
                    self.reached.take((event.producer, *slot), event.previous, event.position)
                yield [event for _, event in page]

    def demand_all(self, marks: Mapping[Mark, int]) -> None:
        topics = set(self._topics)
        self.reached.demand({mark: marks[mark] for mark in marks if mark[1] in topics})


def _demand(reached: Mapping[Mark, int], marks: Mapping[Mark, int]) -> None:
    for mark, position in reached.items():
        if position < marks[mark]:
            producer, name, partition = mark
            raise LookupError(
                f"{name}/{partition} of {producer} ends at {position}, but {marks[mark]} was"
                f" applied; {_INSTEAD}"
            )
