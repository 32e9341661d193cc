"""Reading: rows of the caller's tenant, as far as the policy lets the caller see."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg

from crmkit.db.asof import Source, as_of, sources
from crmkit.db.pool import Database
from crmkit.db.rows import plan, row
from crmkit.db.statements import Statement, above, by_columns, by_ids, ordered
from crmkit.db.tables import Record
from crmkit.kernel.access import Policy, covers
from crmkit.kernel.actor import Actor
from crmkit.kernel.errors import NotFound

R = TypeVar("R", bound=Record)
T = TypeVar("T")


@dataclass(slots=True)
class Reading:
    """What a query needs. Each statement has a connection of its own: siblings may run at once."""

    database: Database
    policy: Policy
    actor: Actor
    now: datetime
    as_of: datetime | None = field(default=None, kw_only=True)
    """Everything is read as it was known at that recorded instant; None for now."""

    @property
    def at(self) -> datetime:
        """The instant that answers are about."""
        return self.as_of or self.now

    @property
    def realm(self) -> str:
        """Whose records of which instant: what a cursor is good for."""
        return f"{self.tenant_id}@{self.as_of.isoformat()}" if self.as_of else f"{self.tenant_id}"

    @property
    def tenant_id(self) -> UUID:
        return self.actor.tenant_id

    async def recall(
        self, what: object, ask: Callable[[], Awaitable[T]], seconds: float, *, fresh: bool = False
    ) -> T:
        """What this process remembers of the tenant under that name, else what is asked for; as of
        an instant nothing is remembered, for it would be told as what is."""
        if self.as_of is not None:
            return await ask()
        key = (self.tenant_id, what)
        return await self.database.memory.recall(key, ask, seconds, fresh=fresh)

    async def get(self, cls: type[R], row_id: UUID) -> R:
        """The row; NotFound where there is none that the caller may see."""
        found = await self.find(cls, id=row_id)
        aggregate = plan(cls).table
        if found is None or not covers(
            self.policy.scope(self.actor, aggregate, "read"), self.actor, found
        ):
            raise NotFound.of(aggregate)
        return found

    async def find(self, cls: type[R], **equal: Any) -> R | None:
        """The first row whose columns equal these values, whoever owns it, or None."""
        sql = by_columns(cls, tuple(equal))
        found = await self.fetch(sql, self.tenant_id, *equal.values(), of=(cls,))
        return row(cls, found[0]) if found else None

    async def by_ids(self, cls: type[R], ids: list[UUID]) -> list[R | None]:
        """The rows in the order asked for, None where the caller sees none (for DataLoaders)."""
        scope = self.policy.scope(self.actor, plan(cls).table, "read")
        records = await self.fetch(by_ids(cls), self.tenant_id, ids, of=(cls,))
        rows = [row(cls, record) for record in records]
        return ordered(ids, {r.id: r for r in rows if covers(scope, self.actor, r)})

    async def above(self, cls: type[R], row_id: UUID, parent: str) -> list[R]:
        """The row and all that stand above it by the column `parent`, at any distance."""
        found = await self.fetch(above(cls, parent), self.tenant_id, row_id, of=(cls,))
        return [row(cls, record) for record in found]

    async def rows(self, cls: type[R], query: Statement, **given: Any) -> list[R]:
        """The rows a compiled statement finds; `tenant_id` is given already."""
        return [row(cls, record) for record in await self.records(query, **given)]

    async def records(self, query: Statement, **given: Any) -> list[asyncpg.Record]:
        """The records a compiled statement finds; `tenant_id` is given already."""
        given["tenant_id"] = self.tenant_id
        return await self.fetch(query.sql, *query.arguments(given))

    async def fetch(
        self, sql: str, *arguments: Any, of: Sequence[Source] | None = None
    ) -> list[asyncpg.Record]:
        """Run one written-out statement; `of` are the tables it reads.

        Invalid `as_of.unsupported` as of an instant, where it does not say so or they keep no past.
        """
        if self.as_of is not None:
            sql = as_of(sql, sources(of), len(arguments) + 1)
            arguments = (*arguments, self.as_of)
        async with self.database.lend(self.tenant_id) as connection:
            found: Sequence[asyncpg.Record] = await connection.fetch(sql, *arguments)
            return list(found)
