"""What a listener does about records that were erased: what it has parked of them is emptied.

What a service keeps of others' events otherwise, its own folds empty.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec

from crmkit.db.pool import Connection
from crmkit.events.envelope import Wire, topic
from crmkit.events.erasure import is_erasure, left

Page = tuple[list[UUID], list[UUID], list[int]]
_PAGE = 500
_PARKED = """
select p.id, p.value from parked p
join unnest($1::uuid[], $2::text[], $3::text[]) e (tenant_id, topic, record)
  on p.tenant_id = e.tenant_id and p.topic = e.topic
  and position(convert_to(e.record, 'UTF8') in p.value) > 0
"""
_EMPTY = """
update parked p set value = e.value from unnest($1::uuid[], $2::bytea[]) e (id, value)
where p.id = e.id
"""


def erased_records(events: Sequence[Wire]) -> Iterator[Page]:
    """The records that these events say were erased, some hundreds at a time: tenants, ids, and the
    versions from which on nothing personal was told."""
    each = iter([event for event in events if is_erasure(event.type)])
    while page := list(islice(each, _PAGE)):
        yield (
            [event.tenantid for event in page],
            [event.subject for event in page],
            [event.aggregateversion for event in page],
        )


async def empty_parked(connection: Connection, events: Sequence[Wire]) -> None:
    """Take what told of a person out of what is parked of the records that were erased."""
    erased = [event for event in events if is_erasure(event.type)]
    if not erased:
        return
    parked = await connection.fetch(
        _PARKED,
        [event.tenantid for event in erased],
        [topic(event.type.split(".", maxsplit=1)[0]) for event in erased],
        [str(event.subject) for event in erased],
    )
    if parked:
        values = [_emptied(row["value"]) for row in parked]
        await connection.execute(_EMPTY, [row["id"] for row in parked], values)


def _emptied(value: bytes) -> bytes:
    told: dict[str, Any] = msgspec.json.decode(value)
    if is_erasure(told["type"]):
        return value
    data = msgspec.json.encode(told["data"]).decode()
    return msgspec.json.encode(told | {"data": msgspec.Raw(left(told["type"], data))})
