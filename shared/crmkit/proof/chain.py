"""Whether a service's ledger is whole: gap-free, chained, each event in it once and unchanged."""

import hashlib
from typing import Any
from uuid import UUID

from crmkit.db.pool import Connection
from crmkit.messaging.heads import HEAD
from crmkit.messaging.ledger import FORM, GENESIS, LAST, chain
from crmkit.messaging.mirrors import Difference
from crmkit.proof.erasures import is_erased, unvouched
from crmkit.proof.findings import Finding

_ENTRIES = f"""
select l.position, l.tenant_id, l.event_id, l.hash, l.form, l.head, e.digest, e.salt, e.data,
  e.aggregate_id, {HEAD} as said
from ledger l left join event e on e.tenant_id = l.tenant_id and e.id = l.event_id
where l.position >= $1 and l.position < $2 order by l.position
"""
_BEFORE = "select hash from ledger where position < $1 order by position desc limit 1"
_RESUMED = "select first, last from ledger_resumed"
_HEAD = f"""
select {LAST} as position,
       greatest((select position from relay), (select max(position) from published)) as told
"""
_PLACES = """
with placed as (
  select tenant_id, event_id, position from ledger
  union all select tenant_id, event_id, null from outbox
)
select coalesce(e.tenant_id, p.tenant_id) as tenant_id, coalesce(e.id, p.event_id) as id,
       count(p.event_id) as places
from event e full join placed p on p.tenant_id = e.tenant_id and p.event_id = e.id
group by 1, 2 having count(p.event_id) <> 1 or count(e.id) = 0
order by 2 desc limit 100000
"""
_TURNED = """
select tenant_id, aggregate, aggregate_id, version, position, before from (
  select e.tenant_id, e.aggregate, e.aggregate_id, e.version, l.position,
    lag(e.version) over (partition by e.tenant_id, e.aggregate_id order by l.position) as before
  from ledger l join event e on e.tenant_id = l.tenant_id and e.id = l.event_id) v
where before >= version
order by position desc limit 100000
"""
_EVERYTHING = 2**62


async def check_ledger(connection: Connection, service: str) -> Finding:
    """Every entry, and every event's place."""
    finding = Finding(service, "entries of the ledger")
    await _follow(connection, finding, 1, _EVERYTHING)
    (head,) = await connection.fetch(_HEAD)
    if head["told"] is not None and head["told"] > head["position"]:
        finding.note(_entry(None, head["told"], "position", "missing", "told to others before"))
    for row in await connection.fetch(_PLACES):
        said = f"in {row['places']} places" if row["places"] else "in no ledger and no outbox"
        finding.note(_event(row["tenant_id"], row["id"], "place", said, "one event in one place"))
    for row in await connection.fetch(_TURNED):
        wanted = f"after version {row['before']}"
        place = f"position {row['position']}, version {row['version']}"
        finding.note(_event(row["tenant_id"], row["aggregate_id"], "order", place, wanted))
    return finding


async def check_window(connection: Connection, service: str, first: int, size: int) -> Finding:
    """The entries from position `first` on, `size` at most."""
    finding = Finding(service, "entries of the ledger")
    await _follow(connection, finding, first, first + size)
    return finding


async def _follow(connection: Connection, finding: Finding, first: int, end: int) -> None:
    """Each link hangs on the one kept before, so that one wrong link is told once, not for ever.

    Positions that a `resume` gave up are no gap; a window may begin among them.
    """
    given_up = {row["last"]: row["first"] for row in await connection.fetch(_RESUMED)}
    emptied: set[tuple[UUID, UUID]] = set()
    wanted = first
    previous = await connection.fetchval(_BEFORE, first) or GENESIS
    async for row in connection.cursor(_ENTRIES, first, end, prefetch=2000):
        finding.looked_at += 1
        resumed_at = given_up.get(row["position"] - 1)
        if row["position"] != wanted and not (resumed_at and resumed_at <= wanted):
            span = f"{wanted} to {row['position'] - 1}"
            finding.note(_entry(None, span, "position", "missing", "every position"))
        finding.erased += is_erased(row)
        if is_erased(row):
            emptied.add((row["tenant_id"], row["aggregate_id"]))
        finding.note(*_wrong(row, previous))
        wanted, previous = row["position"] + 1, row["hash"]
    finding.note(*await unvouched(connection, emptied))


def _wrong(row: Any, previous: bytes) -> list[Difference]:
    tenant, position, event_id = row["tenant_id"], row["position"], row["event_id"]
    if row["digest"] is None:
        return [_entry(tenant, position, "event", "missing", str(event_id))]
    found = []
    told = hashlib.sha256(row["said"].encode()).digest()
    link = chain(previous, position, event_id, row["digest"], _covered(row, told))
    if link != row["hash"]:
        found.append(_entry(tenant, position, "hash", row["hash"].hex(), link.hex()))
    if row["form"] not in {1, FORM}:
        found.append(_entry(tenant, position, "form", str(row["form"]), f"1 or {FORM}"))
    if row["form"] == FORM and row["head"] not in (None, told):
        found.append(_event(tenant, event_id, "head", row["said"], f"one of {row['head'].hex()}"))
    digest = hashlib.sha256(row["salt"] + row["data"].encode()).digest()
    if digest != row["digest"] and not is_erased(row):
        kept = f"data of digest {digest.hex()}"
        found.append(_event(tenant, event_id, "data", kept, row["digest"].hex()))
    return found


def _covered(row: Any, told: bytes) -> bytes:
    """What the link covers of the head. Each form has a length of its own, so none passes for
    another: an entry that lost its head's digest is tried with that of the head there is."""
    if row["form"] == 1:
        return b""
    head: bytes = row["head"] or told
    return head


def _entry(tenant: Any, position: Any, field: str, kept: str, wanted: str) -> Difference:
    return Difference("ledger", tenant, f"position {position}", field, kept, wanted)


def _event(tenant: Any, row_id: Any, field: str, kept: str, wanted: str) -> Difference:
    return Difference("event", tenant, str(row_id), field, kept, wanted)
