"""Whether the signed roots still say what the ledger says, and are all there."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from crmkit.db.pool import Connection
from crmkit.kernel import clock
from crmkit.messaging.mirrors import Difference
from crmkit.messaging.roots import is_signed
from crmkit.proof.findings import Finding

UNSIGNED = timedelta(hours=36)
"""How old an entry may be that no root covers: the schedule signs at the first turn of each UTC
day, so an entry waits a day at most, and half a day is left for a house that was away."""

_ROOTS = """
select r.*, l.hash as now from ledger_root r left join ledger l using (position) order by r.day
"""
_BUSY = """
select distinct d.day
from ledger l join event e on e.tenant_id = l.tenant_id and e.id = l.event_id
cross join lateral (select (e.recorded_at at time zone 'utc')::date as day) d
where l.position > $1 and l.position <= $2 and d.day > $3 and d.day < $4
order by 1
"""
_OLDEST = """
select min(e.recorded_at)
from ledger l join event e on e.tenant_id = l.tenant_id and e.id = l.event_id
where l.position > $1
"""


async def check_roots(connection: Connection, service: str, *, signs: bool) -> Finding:
    """Every root: signed by its key, the hash at its position unchanged since, none missing.

    `signs`: the house has a key, so that what nobody signs is a difference.
    """
    finding = Finding(service, "signed roots")
    roots = await connection.fetch(_ROOTS)
    for root in roots:
        finding.looked_at += 1
        day = str(root["day"])
        if not is_signed(service, root):
            wrong = ("signature", root["signature"].hex(), f"one of key {root['key_id']}")
            finding.note(Difference("ledger_root", None, day, *wrong))
        if root["now"] != root["hash"]:
            now = root["now"].hex() if root["now"] else f"no position {root['position']}"
            finding.note(Difference("ledger", None, day, "hash", now, root["hash"].hex()))
    await _between(connection, finding, roots)
    if signs:
        await _since(connection, finding, roots, clock.now())
    return finding


async def _between(connection: Connection, finding: Finding, roots: Sequence[Any]) -> None:
    """Days without a root on which the house was at work, as events recorded on them show.

    On a day when nothing was recorded it may have been away, and the next root covers the same.
    """
    for one, next_ in pairwise(roots):
        if (next_["day"] - one["day"]).days > 1:
            span = (one["position"], next_["position"], one["day"], next_["day"])
            for row in await connection.fetch(_BUSY, *span):
                day = str(row["day"])
                finding.note(Difference("ledger_root", None, day, "root", "missing", "one a day"))


async def _since(
    connection: Connection, finding: Finding, roots: Sequence[Any], now: datetime
) -> None:
    """Entries that have waited too long for a root. What was imported has old instants, but there
    the newest root is of these days."""
    day, position = (roots[-1]["day"], roots[-1]["position"]) if roots else (None, 0)
    if day is not None and day >= (now - UNSIGNED).date():
        return
    oldest = await connection.fetchval(_OLDEST, position)
    if oldest is not None and oldest < now - UNSIGNED:
        since = f"after {day}" if day else "any day"
        wanted = f"one that covers positions from {position + 1}"
        finding.note(Difference("ledger_root", None, since, "root", "missing", wanted))
