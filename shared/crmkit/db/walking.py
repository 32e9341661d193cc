"""A table that is looked through whole, in statements none of which takes long."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from crmkit.db.reading import Reading
from crmkit.kernel.identifiers import SIGNS

STEP = 500
"""Rows that one statement looks at, unless they are long ones."""

_WALK = """
with page as (
  select {columns} from {table} where tenant_id = $1 and id > $2 and {among}
  order by id limit {step}
)
select r.id as reached, f.* from (select id from page order by id desc limit 1) r
left join (select * from page where {condition}) f on true
"""


class Walk(NamedTuple):
    """Which rows of a table: `among` those that an index by id has, those of which `condition`
    holds, whose parameters begin at $3. Columns are separated by commas, `id` among them."""

    table: str
    columns: str
    among: str
    condition: str
    step: int = STEP


def naming(text: str, values: str) -> str:
    """SQL: whether one of the values, written plainly (`kernel.identifiers`), stands somewhere in a
    text."""
    plain = f"(select translate(lower({text}), '{SIGNS}', '') as text offset 0) plain"
    one = f"unnest({values}::text[]) v (said)"
    return f"exists (select from {plain}, {one} where position(v.said in plain.text) > 0)"


async def walk(reading: Reading, wanted: Walk, *arguments: Any) -> AsyncIterator[asyncpg.Record]:
    """The tenant's rows that are wanted, by their ids."""
    sql = _WALK.format(**wanted._asdict())
    after: UUID | None = UUID(int=0)
    while after is not None:
        found = await reading.fetch(sql, reading.tenant_id, after, *arguments)
        for each in found:
            if each["id"] is not None:
                yield each
        after = found[0]["reached"] if found else None
