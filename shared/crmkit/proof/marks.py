"""Whether an owner still knows all that its listeners have heard of it."""

from typing import Any

from crmkit.db.pool import Connection
from crmkit.events.envelope import topic
from crmkit.messaging.ledger import LAST
from crmkit.messaging.mirrors import Difference
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


async def check_marks(listener: Service, owner: Service) -> Finding:
    """The listener's snapshot is the older one."""
    async with snapshot(listener) as kept, snapshot(owner) as told:
        return await compare_marks(kept, told, listener, owner)


async def compare_marks(
    kept: Connection, told: Connection, listener: Service, owner: Service
) -> Finding:
    """No watermark may be past the owner's end (that tells of a database that was put back to an
    older state), and each stands where an event of its topic has its place. One that is behind
    what was published is lag, or was set back: then the events come again, which harms nothing.
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
