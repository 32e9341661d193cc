"""What a consumer's group gives it and takes from it."""

import time
from collections.abc import Iterable

from aiokafka import ConsumerRebalanceListener, TopicPartition

JOINS_WITHIN = 30.0
"""Seconds. A join takes 3 to 10; a group that waits for one who is no more may never end it."""


class LeftOut(Exception):
    """The group gives us no answer: it is asked anew, by another client."""


class Taken(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """Notes which partitions come; the consumer's own task looks at them, not the coordinator's."""

    def __init__(self) -> None:
        self.partitions: set[TopicPartition] = set()
        """Came to this worker and were not looked at yet."""

        self._ahead: set[TopicPartition] = set()
        """The broker's log of them began with what comes later."""

        self._left_out_since: float | None = time.monotonic()

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self.partitions.difference_update(revoked)
        self._ahead.difference_update(revoked)
        if self._left_out_since is None:
            self._left_out_since = time.monotonic()

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Of the group's partitions there may be none for us; then we stand by."""
        self.partitions.update(assigned)
        self._left_out_since = None

    def is_ahead(self, partition: TopicPartition, offset: int, *, gap: bool) -> bool:
        """Whether an event stands before those it comes after, because the log began with it, or
        with one before it: the relay had not seen yet that the log was new. It sends all again, in
        their order, so that listeners need not be told of the second change before the first."""
        if not gap:
            self._ahead.discard(partition)
        elif offset == 0:
            self._ahead.add(partition)
        return partition in self._ahead

    def check(self) -> None:
        """LeftOut where a join does not come to its end."""
        since = self._left_out_since
        if since is not None and time.monotonic() - since > JOINS_WITHIN:
            raise LeftOut(f"no place in the group for {JOINS_WITHIN:g} s")
