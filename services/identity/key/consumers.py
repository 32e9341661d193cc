"""When keys were last used, as all services tell."""

from collections.abc import Sequence
from typing import ClassVar

from crmkit.db.pool import Connection
from crmkit.events.envelope import Wire
from crmkit.events.keys import key_used
from crmkit.installed import installed

_USED = """
update key k set last_used_at = greatest(k.last_used_at, u.used_at)
from (select tenant_id, id, max(used_at) from unnest($1::uuid[], $2::uuid[], $3::timestamptz[])
  w (tenant_id, id, used_at) group by 1, 2 order by 1, 2) u (tenant_id, id, used_at)
where k.tenant_id = u.tenant_id and k.id = u.id
"""


class LastUses:
    """Keeps the latest use of each key. No version: whoever reads the key decides nothing by it."""

    lasting: ClassVar[bool] = True
    restores: ClassVar[bool] = True

    def __init__(self) -> None:
        self.aggregates = frozenset(key_used(name).aggregate for name in installed())

    async def apply(self, connection: Connection, events: Sequence[Wire]) -> None:
        rows = [(event.tenantid, event.subject, event.time) for event in events]
        await connection.execute(_USED, *map(list, zip(*rows, strict=True)))


last_uses = LastUses()
