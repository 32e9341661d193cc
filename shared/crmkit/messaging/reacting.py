"""What events start: one by one, and many of one kind in one statement."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from aiokafka import ConsumerRecord

from crmkit.db.executor import Call, Executor, is_locking
from crmkit.db.failures import has_to_wait
from crmkit.db.joining import join
from crmkit.db.writing import Memo, Tx
from crmkit.events.envelope import Wire
from crmkit.kernel.actor import system
from crmkit.kernel.errors import Conflict, CrmError, Stale
from crmkit.messaging.handlers import Reaction

Read = tuple[ConsumerRecord[Any, Any], Wire]
"""A record of the broker, and the event in it."""

_TRIES = 5
_MOST = 500
_AT_ONCE = 4


def alike(fresh: Iterable[Read], reactions: Mapping[str, Any]) -> Iterator[list[Read]]:
    """Runs of events that start the same, of one tenant and each of another aggregate, in order;
    events that start nothing are left out."""
    group: list[Read] = []
    subjects: set[UUID] = set()
    for each in fresh:
        wire = each[1]
        if wire.type not in reactions:
            continue
        last = group[-1][1] if group else wire
        together = (last.type, last.tenantid) == (wire.type, wire.tenantid)
        if not together or wire.subject in subjects or len(group) == _MOST:
            yield group
            group, subjects = [], set()
        group.append(each)
        subjects.add(wire.subject)
    if group:
        yield group


async def react_at_once(executor: Executor, reaction: Reaction, wires: Sequence[Wire]) -> bool:
    """Decide each, sharing what was read, and write all in one statement.

    False where one stands in another's way or has to read with locks, and raises where one is
    refused; nothing is written then. What is shared is guarded as a batch's is: by versions, and by
    natural keys.
    """
    if is_locking(reaction.act):
        return False
    gate = asyncio.Semaphore(_AT_ONCE)
    memo: Memo = {}

    async def decide(wire: Wire) -> Tx:
        async with gate:
            tx = executor.open(_call(wire))
            tx.memo = memo
            await reaction.act(tx, wire.event())
            return tx

    decided = await asyncio.gather(*map(decide, wires), return_exceptions=True)
    for each in decided:
        if isinstance(each, BaseException):
            raise each
    joint = executor.open(_call(wires[0]))
    if not join(joint, [each for each in decided if isinstance(each, Tx)]):
        return False
    await executor.commit(joint)
    return True


async def react(executor: Executor, reaction: Reaction, wire: Wire) -> Exception | None:
    """Run a reaction, a few times where others were faster; what stands in its way for good."""
    failure: Exception | None = None
    for attempt in range(_TRIES):
        try:
            await executor.write(_call(wire), reaction.act, wire.event())
        except Exception as error:
            if has_to_wait(error):
                raise
            failure = error
            if isinstance(error, CrmError) and not _lost_race(error):
                break
            await asyncio.sleep(0.05 * 2**attempt)
        else:
            return None
    return failure


def _call(wire: Wire) -> Call:
    return Call(
        system(wire.tenantid), occurred_at=wire.time, cause=wire.id, traceparent=wire.traceparent
    )


def _lost_race(error: CrmError) -> bool:
    """Others wrote the same row or natural key meanwhile: the next try sees what they did."""
    return isinstance(error, Stale) or (
        isinstance(error, Conflict) and error.code.endswith(".exists")
    )
