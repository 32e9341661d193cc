"""删除个人信息 rows, the events told of them and kept answers are emptied, in the one statement.

Which columns are personal says the state of the aggregate's events (`State.personal`), and nobody
else. Columns that no event tells were made of those, so they go as well.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from crmkit.db.asof import event_of
from crmkit.db.pool import encode
from crmkit.db.rows import plan, row
from crmkit.db.tables import Record
from crmkit.db.writing import Aside, Change, Happening, Tx
from crmkit.events.envelope import Event
from crmkit.events.erasure import blanks, left, remains
from crmkit.kernel.errors import Conflict

R = TypeVar("R", bound=Record)

ERASED_AT = "erased_at"
MOST_EVENTS = 20_000
"""Events that one erasure empties at most: they are read, and written, by one statement each."""

_EVENTS = f"""
select id, aggregate_id, type, data from event
where tenant_id = $1 and aggregate_id = any($2::uuid[]) and salt <> ''
order by id limit {MOST_EVENTS + 1}
"""
_EMPTY_EVENTS = """
update event e set data = u.data::json, salt = ''
from unnest({0}::uuid[], {1}::text[]) u (id, data)
where e.tenant_id = $1::uuid and e.id = u.id and e.salt <> '' returning 1
"""
_EMPTY_ANSWERS = """
update idempotency i set answer = (i.answer::jsonb || u.blank::jsonb)::json
from unnest({0}::text[], {1}::text[]) u (id, blank)
where i.tenant_id = $1::uuid and i.answer ->> 'id' = u.id
"""


async def erase_records(
    tx: Tx,
    wanted: Sequence[tuple[Record, type[Event[Any]]]],
    also: Mapping[UUID, Mapping[str, Any]] | None = None,
) -> int:
    """Empty the personal fields of these records, each with the event that tells of it, of all
    events told of them, and of answers kept under idempotency keys; how many events there were.
    `also` has other values that a record gets with it.

    Conflict `erasure.too_large` beyond MOST_EVENTS.
    """
    told = await _events(tx, [record.id for record, _ in wanted])
    for record, event in wanted:
        left_of = remains(told.get(record.id, {}).items())
        _erase(tx, record, event, left_of, (also or {}).get(record.id, {}))
    emptied = {key: data for each in told.values() for key, data in each.items()}
    texts = [data.decode() for data in emptied.values()]
    tx.asides.append(Aside(_EMPTY_EVENTS, ([*emptied], texts), len(emptied)))
    forms = [encode(_blank_row(type(record))) for record, _ in wanted]
    tx.asides.append(Aside(_EMPTY_ANSWERS, ([str(record.id) for record, _ in wanted], forms)))
    return len(emptied)


async def _events(tx: Tx, records: list[UUID]) -> Mapping[UUID, dict[UUID, bytes]]:
    """What is to be left of each event, by record and event."""
    found = await tx.fetch(_EVENTS, tx.tenant_id, records)
    if len(found) > MOST_EVENTS:
        raise Conflict(f"more than {MOST_EVENTS} events tell of them", code="erasure.too_large")
    told: dict[UUID, dict[UUID, bytes]] = defaultdict(dict)
    for event in found:
        told[event["aggregate_id"]][event["id"]] = left(event["type"], event["data"])
    return told


def _erase(
    tx: Tx,
    record: Record,
    event: type[Event[Any]],
    what_remains: str,
    also: Mapping[str, Any],
) -> None:
    """The event tells the emptied fields as if they had always been empty."""
    cls = type(record)
    before = record.__dict__ | _blank_row(cls)
    now = tx.later_than(record)
    after = {name: before[name] for name in plan(cls).columns}
    after |= also
    after |= {ERASED_AT: now, "version": record.version + 1, "updated_at": now}
    happening = Happening(
        event, tx.now, before, after, tx.cause, tx.traceparent, remains=what_remains
    )
    tx.changes[cls, record.id] = Change(cls, record.version, after, [happening])


def _blank_row(cls: type[Record]) -> dict[str, Any]:
    event = event_of(cls)
    told = blanks(event.state_type) if event else {}
    return dict(told) | dict.fromkeys(cls.unpublished)


def erased(tx: Tx, record: R) -> R:
    """The record as it will be."""
    change = tx.changes.get((type(record), record.id))
    return row(type(record), change.after) if change else record
