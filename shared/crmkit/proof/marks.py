"""Whether an owner still knows all that its listeners have heard of it."""

from crmkit.messaging.mirrors import Difference
from crmkit.proof.findings import Finding
from crmkit.proof.snapshots import snapshot
from crmkit.service import Service

_MARKS = """
select topic, partition, position from watermark where producer = $1 order by topic, partition
"""
_TOLD = """
select greatest((select max(position) from ledger), (select max(last) from ledger_resumed), 0)
"""


async def check_marks(listener: Service, owner: Service) -> Finding:
    """The listener's snapshot is the older one, so no watermark of it may be past the owner's end;
    one that is tells of a database that was put back to an older state."""
    finding = Finding(listener.name, f"watermarks of {owner.name}")
    async with snapshot(listener) as kept, snapshot(owner) as told:
        marks = await kept.fetch(_MARKS, owner.name)
        end = await told.fetchval(_TOLD)
    for row in marks:
        finding.looked_at += 1
        if row["position"] > end:
            place = f"{row['topic']}/{row['partition']} of {owner.name}"
            wanted = f"{end} at most; see crm ledger resume {owner.name}"
            finding.note(
                Difference("watermark", None, place, "position", str(row["position"]), wanted)
            )
    return finding
