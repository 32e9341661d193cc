"""Whether the signed roots still say what the ledger says."""

from crmkit.db.pool import Connection
from crmkit.messaging.mirrors import Difference
from crmkit.messaging.roots import is_signed
from crmkit.proof.findings import Finding

_ROOTS = """
select r.*, l.hash as now from ledger_root r left join ledger l using (position) order by r.day
"""


async def check_roots(connection: Connection, service: str) -> Finding:
    """Every root: signed by its key, and the hash at its position unchanged since."""
    finding = Finding(service, "signed roots")
    for root in await connection.fetch(_ROOTS):
        finding.looked_at += 1
        day = str(root["day"])
        if not is_signed(service, root):
            wrong = ("signature", root["signature"].hex(), f"one of key {root['key_id']}")
            finding.note(Difference("ledger_root", None, day, *wrong))
        if root["now"] != root["hash"]:
            now = root["now"].hex() if root["now"] else f"no position {root['position']}"
            finding.note(Difference("ledger", None, day, "hash", now, root["hash"].hex()))
    return finding
