"""Whether an owner still knows all that its listeners have heard of it.

A watermark that is behind is lag, or was set back: then copies hold what comes after it, and it
does not move, though a consumer writes both within a turn. Who looks once cannot tell that.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from crmkit.db.pool import Connection
from crmkit.events.envelope import Wire, topic
from crmkit.messaging.ledger import LAST
from crmkit.messaging.mirrors import Difference, Mirror
from crmkit.proof import copies, telling
from crmkit.proof.findings import Finding
from crmkit.proof.snapshots import snapshot
from crmkit.service import Service

_MARKS = """
select topic, partition, position from watermark where producer = $1 order by topic, partition
"""
_TOLD = f"select {LAST}"
_PLACES = """
select p.position, e.aggregate, exists (
    select from ledger_resumed r where p.position between r.first and r.last) as given_up
from unnest($1::bigint[]) p (position)
left join ledger l on l.position = p.position
left join event e on e.tenant_id = l.tenant_id and e.id = l.event_id
"""
_HEADS = "select topic, partition, position from published where topic = any($1::text[])"
_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Passed:
    """A watermark, and the place of an event after it that a copy holds already."""

    topic: str
    partition: int
    position: int
    applied: int = field(compare=False)

    def difference(self, owner: str) -> Difference:
        place = f"{self.topic}/{self.partition} of {owner}"
        wanted = f"{self.applied} at least: a copy holds it"
        return Difference("watermark", None, place, "position", str(self.position), wanted)


async def check_marks(listener: Service, owner: Service) -> Finding:
    """The listener's snapshot is the older one."""
    async with snapshot(listener) as kept, snapshot(owner) as told:
        return await compare_marks(kept, told, listener, owner)


async def find_passed(
    kept: Connection, told: Connection, listener: Service, owner: Service
) -> list[Passed]:
    """The watermarks past which a copy holds an event: of a turn under way, or set back."""
    partitions = listener.settings.load().kafka_partitions
    marks = await kept.fetch(_MARKS, owner.name)
    reached = {(row["topic"], row["partition"]): row["position"] for row in marks}
    heads = await told.fetch(_HEADS, sorted(owner.topics & set(listener.follows)))
    found: dict[tuple[str, int], Passed] = {}
    for head in heads:
        slot = head["topic"], head["partition"]
        mark = reached.get(slot, 0)
        for mirror in listener.mirrors if mark and mark < head["position"] else ():
            if topic(mirror.aggregate) != head["topic"]:
                continue
            events = await telling.between(
                told, owner.name, (mark, head["position"]), mirror.aggregate, _LOOKED_AT
            )
            mine = [event for event in events if telling.slot(event, partitions) == slot]
            held = await _held(kept, mirror, mine)
            if held:
                so_far = found[slot].applied if slot in found else 0
                found[slot] = Passed(*slot, mark, max(so_far, *held))
    return list(found.values())


async def _held(kept: Connection, mirror: Mirror, events: list[Wire]) -> list[int]:
    """The places of those events that the mirror holds, or a newer one of the same record."""
    keys = {_key(mirror, event): event for event in reversed(events)}
    if not keys:
        return []
    columns = [list(column) for column in zip(*keys, strict=True)]
    rows = await kept.fetch(*copies.select(mirror, (columns[0], columns[1])))
    return [
        keys[row["tenant_id"], row[mirror.key]].position
        for row in rows
        if row["version"] >= keys[row["tenant_id"], row[mirror.key]].aggregateversion
    ]


def _key(mirror: Mirror, event: Wire) -> tuple[UUID, UUID]:
    return event.tenantid, event.id if mirror.each else event.subject


async def compare_marks(
    kept: Connection, told: Connection, listener: Service, owner: Service
) -> Finding:
    """No watermark may be past the owner's end (that tells of a database that was put back to an
    older state), and each stands where an event of its topic has its place. One that is behind
    what was published is counted as that.
    """
    finding = Finding(listener.name, f"watermarks of {owner.name}")
    marks = await kept.fetch(_MARKS, owner.name)
    end = await told.fetchval(_TOLD)
    rows = await told.fetch(_PLACES, [row["position"] for row in marks])
    places = {row["position"]: row for row in rows}
    for row in marks:
        finding.looked_at += 1
        wanted = _wanted(row, end, places, owner.name)
        if wanted:
            place = f"{row['topic']}/{row['partition']} of {owner.name}"
            kept_at = str(row["position"])
            finding.note(Difference("watermark", None, place, "position", kept_at, wanted))
    reached = {(row["topic"], row["partition"]): row["position"] for row in marks}
    for head in await told.fetch(_HEADS, sorted(owner.topics & set(listener.follows))):
        finding.behind += reached.get((head["topic"], head["partition"]), 0) < head["position"]
    return finding


def _wanted(mark: Any, end: int, places: dict[int, Any], owner: str) -> str:
    """What the mark should be, where it is wrong."""
    if mark["position"] > end:
        return f"{end} at most; see crm ledger resume {owner}"
    place = places[mark["position"]]
    if place["given_up"] or (place["aggregate"] and topic(place["aggregate"]) == mark["topic"]):
        return ""
    return "the place of an event of the topic"
