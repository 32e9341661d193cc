"""Whether what is left of erased events is what their erasure left of them.

An erased event lost its salt, and so the proof by its digest; the event that tells of the erasure
is proved by its own, and says what was left (`events/erasure.py`).
"""

from collections import defaultdict
from collections.abc import Collection
from itertools import islice
from typing import Any
from uuid import UUID

from crmkit.db.pool import Connection
from crmkit.events.erasure import is_emptied, left_as_told
from crmkit.messaging.mirrors import Difference

NOTHING = "{}"
_SUFFIX = ".erased.v1"
_LEFT = f"""
select tenant_id, aggregate_id, id, type, data from event
where (tenant_id, aggregate_id) in (select * from unnest($1::uuid[], $2::uuid[]))
  and ((salt = '' and data::text <> '{NOTHING}') or type like '%{_SUFFIX}')
order by tenant_id, aggregate_id, id
"""
_PAGE = 500


def is_erased(event: Any) -> bool:
    """Whether an event has no salt, and of its data nothing, or what an erasure says it left."""
    return event["salt"] == b"" and (event["data"] == NOTHING or is_emptied(event["data"].encode()))


async def unvouched(
    connection: Connection, records: Collection[tuple[UUID, UUID]]
) -> list[Difference]:
    """The records, by tenant and id, of whose events something else is left than was told."""
    found: list[Difference] = []
    each = iter(sorted(records))
    while page := list(islice(each, _PAGE)):
        events: dict[tuple[UUID, UUID], list[Any]] = defaultdict(list)
        for event in await connection.fetch(_LEFT, *map(list, zip(*page, strict=True))):
            events[event["tenant_id"], event["aggregate_id"]].append(event)
        for (tenant, record), own in events.items():
            kept, told = left_as_told((e["id"], e["type"], e["data"]) for e in own)
            if kept != told:
                wanted = told or "an event that tells of the erasure"
                found.append(Difference("event", tenant, str(record), "remains", kept, wanted))
    return found
