"""What belongs to accounts."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar
from uuid import UUID

from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from crmkit.db.tables import Record

R = TypeVar("R", bound=Record)


async def find_belongings(
    reading: Reading, cls: type[R], column: str, accounts: Sequence[UUID], most: int
) -> list[R]:
    """The rows whose `column` holds one of these ids, deleted ones as well, for they may be
    restored; so many at most."""
    found = await reading.fetch(_sql(cls, column), reading.tenant_id, list(accounts), most)
    return [row(cls, each) for each in found]


@lru_cache(maxsize=16)
def _sql(cls: type[Record], column: str) -> str:
    return f"{plan(cls).select} where tenant_id = $1 and {column} = any($2::uuid[]) limit $3"
