"""What comes in is counted by the day, where the tenant lives: in one row, by one statement.

The row is locked while it counts, so that of any number at once exactly as many get a place as
there are. Its id is made of whose it is and the day, so that two that are first at once meet in it.
"""

from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from crmkit.components.directory import tenant
from crmkit.db.reading import Reading
from crmkit.db.rows import plan
from crmkit.db.tables import Record
from crmkit.kernel import ids
from crmkit.kernel.period import day_of, start_of

_ONE_MORE = """
insert into {table} as d (tenant_id, id, version, created_at, updated_at, {owner}, day, {counts})
values ($1, $2, 1, $3, $3, $4, $5, {first})
on conflict (tenant_id, id) do update set {name} = d.{name} + 1, updated_at = $3
where d.{name} < $6
returning {name}
"""
_ONE_LESS = """
update {table} set {name} = {name} - 1, updated_at = $3
where tenant_id = $1 and id = $2 and {name} > 0
"""
_MOST = 1_000_000_000


class Today(NamedTuple):
    """The day it is, and the seconds until the next one begins."""

    day: date
    left: int


async def today(reading: Reading) -> Today:
    """The day it is where the tenant lives."""
    zone = (await tenant(reading)).zone
    day = day_of(reading.now, zone)
    left = start_of(day + timedelta(1), zone) - reading.now
    return Today(day, left // timedelta(seconds=1) + 1)


class DayCounts:
    """The counts of a table, whose column `owner` says whose they are; no event tells of them."""

    def __init__(self, cls: type[Record], owner: str, *counts: str) -> None:
        table = plan(cls).table
        self._more, self._less = {}, {}
        for name in counts:
            first = ", ".join(str(int(each == name)) for each in counts)
            self._more[name] = _ONE_MORE.format(
                table=table, owner=owner, counts=", ".join(counts), first=first, name=name
            )
            self._less[name] = _ONE_LESS.format(table=table, name=name)

    async def count(
        self, reading: Reading, name: str, owner_id: UUID, day: date, most: int = _MOST
    ) -> int | None:
        """Which one it is that day; None, and not counted, where there were `most` before."""
        row_id = ids.named(owner_id, day)
        found = await reading.fetch(
            self._more[name], reading.tenant_id, row_id, reading.now, owner_id, day, most
        )
        return int(found[0][0]) if found else None

    async def uncount(self, reading: Reading, name: str, owner_id: UUID, day: date) -> None:
        """One that was counted is none after all: somebody else has its place."""
        row_id = ids.named(owner_id, day)
        await reading.fetch(self._less[name], reading.tenant_id, row_id, reading.now)
