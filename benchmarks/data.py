"""The records: grown from size to size, so that each size is measured on the way to the next."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from sqlalchemy import Column, Index, MetaData, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from benchmarks import statements
from benchmarks.tenant import FIRST_POOLED, MEMBERS, POOL, POOLED, TENANT
from crmkit.db.pool import encode
from crmkit.events.envelope import State, canonical
from crmkit.events.leads import LeadState
from crmkit.events.opportunities import OpportunityState
from crmkit.kernel import clock
from crmkit.local.postgres import Postgres
from services.leads.lead.models import Lead
from services.opportunities.opportunity.models import Opportunity
from services.opportunities.pipeline.domain import (
    STANDARD,
    STANDARD_NAME,
    document,
    standard_id,
)
from services.opportunities.pipeline.models import Pipeline
from services.reporting.rollup.statements import rebuild, week_differences

EVENTS_OF_A_ROW = 5
BARE = "bare"
"""The database of the servers that are compared with; it has the same rows."""

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy types none of its dialects
_MADE = Path(__file__).with_name("made.sql").read_text()
_HELD = {
    "leads": ("lead",),
    "opportunities": ("opportunity",),
    "reporting": ("fact_lead", "fact_opportunity", "fact_lead_history", "fact_opportunity_history"),
    BARE: ("lead", "opportunity"),
}
_FORM = ("id", "owner_id", "team", "region", "source", "at", "status", "moved_at", "called")
_INSTANTS = tuple(n for n, name in enumerate(_FORM, 1) if name.endswith("at"))
_SALT = bytes(16)
_OUTBOX = (
    "create table outbox (position bigint generated always as identity primary key, body json)"
)


class Data:
    """What the databases hold: so many leads, as many opportunities, and all that follows."""

    def __init__(self, postgres: Postgres) -> None:
        self.postgres = postgres
        self.until = clock.now().replace(microsecond=0) - timedelta(hours=1)
        self.rows = 0
        self.events = 0
        """Of each of the two services."""

    async def prepare(self) -> None:
        """Sellers, tenant and what makes the rest; the services' databases are migrated."""
        await self.postgres.provision(BARE)
        for service in _HELD:
            async with connected(self.postgres, service) as connection:
                await connection.execute(_MADE.replace(";;", ";"))
                if service == BARE:
                    await _create_plain_tables(connection)
                if service in {BARE, "opportunities"}:
                    await connection.execute(statements.PIPELINE, *_pipeline())
                if service != BARE:
                    await connection.execute(statements.MEMBERS, TENANT, MEMBERS)
                    await connection.execute(statements.ZONE, TENANT)

    async def grow(self, rows: int, told: int = EVENTS_OF_A_ROW) -> None:
        """Up to so many rows; each new one has `told` events behind it."""
        given = (TENANT, self.rows, rows, self.until, told)
        await self._grow_each({name: _steps(name, given, self.events) for name in _HELD})
        self.events += (rows - self.rows) * told
        self.rows = rows

    async def pool(self) -> None:
        """公海 a pool with caps, everybody in it, and leads that lie there."""
        async with connected(self.postgres, "leads") as connection:
            await connection.execute(statements.POOL, TENANT, POOL)
            await connection.execute(statements.SEATS, TENANT, POOL, MEMBERS)
            await connection.execute(
                statements.POOLED, TENANT, POOL, FIRST_POOLED, POOLED, self.until
            )
            await connection.execute("vacuum analyze lead, pool_member, pool_rule")

    async def fill(self, rows: int) -> None:
        """Up to so many rows, for whoever asks the services alone and folds nothing any more.

        Each new row has one event, whose data are those of the first; facts have no history, and
        the servers that are compared with stay as they are.
        """
        given = (TENANT, self.rows, rows, self.until, 1)
        ours = [name for name in _HELD if name != BARE]
        await self._grow_each({name: _filling(name, given, self.events) for name in ours})
        self.events += rows - self.rows
        self.rows = rows

    async def _grow_each(self, steps: Mapping[str, "_Steps"]) -> None:
        """Two at once: a machine that measures has two processors."""
        gate = asyncio.Semaphore(2)

        async def grow(service: str) -> None:
            async with gate:
                await self._grow(service, steps[service])

        await asyncio.gather(*map(grow, steps))

    async def _grow(self, service: str, steps: "_Steps") -> None:
        async with connected(self.postgres, service) as connection:
            await connection.execute(statements.HASTE)
            indexes = await drop_indexes(connection, _HELD[service])
            for sql, arguments in steps:
                await connection.execute(sql, *arguments)
            for index in indexes:
                await connection.execute(index)
            if service == "reporting":
                await _add_up(connection)
            await connection.execute("vacuum analyze")
            await connection.execute("checkpoint")


_Steps = list[tuple[str, Sequence[Any]]]
"""Statements with their arguments."""


def _filling(service: str, given: Sequence[Any], events: int) -> _Steps:
    """The rows alone, and of those who publish one event each."""
    told: dict[str, tuple[str, type[State]]] = {
        "leads": ("lead", LeadState),
        "opportunities": ("opportunity", OpportunityState),
    }
    table, state = told.get(service, ("", State))
    rows, *others = _steps(service, given, events)
    if not table:
        return [rows, others[0]]
    data = _form(state).replace("%%", "%")
    for n in range(1, len(_FORM) + 1):
        data = data.replace(f"%{n}$s", "null" if n in _INSTANTS else str(TENANT))
    digest = hashlib.sha256(_SALT + data.encode()).digest()
    alike = (*given[:4], events, table, data, _SALT, digest)
    return [rows, (statements.EVENTS_ALIKE, alike)]


def _steps(service: str, given: Sequence[Any], events: int) -> _Steps:
    pipeline = standard_id(TENANT)
    rows: dict[str, _Steps] = {
        "leads": [
            (statements.LEADS, given),
            (statements.LEAD_EVENTS, (*given, events, _form(LeadState))),
        ],
        "opportunities": [
            (statements.OPPORTUNITIES, (*given, pipeline)),
            (statements.OPPORTUNITY_EVENTS, (*given, events, _form(OpportunityState))),
        ],
        "reporting": [
            (statements.LEAD_FACTS, given),
            (statements.OPPORTUNITY_FACTS, given),
            (statements.LEAD_HISTORY, (*given, events)),
            (statements.OPPORTUNITY_HISTORY, (*given, events)),
        ],
        BARE: [(statements.LEADS, given), (statements.OPPORTUNITIES, (*given, pipeline))],
    }
    return rows[service]


def _pipeline() -> tuple[Any, ...]:
    return TENANT, standard_id(TENANT), STANDARD_NAME, encode(document(STANDARD))


def _form(state: type[State]) -> str:
    """An event's data as PostgreSQL's `format` takes it, with the arguments of _FORM."""
    known: dict[str, Any] = {
        "id": "<id>",
        "owner_id": "<owner_id>",
        "team": "<team>",
        "region": "<region>",
        "source": "<source>",
        "status": "<status>",
        "company": "<called>",
        "name": "<called>",
        "received_at": "<at>",
        "opened_at": "<at>",
        "qualified_at": "<moved_at>",
        "won_at": "<moved_at>",
        "contact_name": "Li Lei",
        "email": "buyer@example.com",
        "phone": "+8613800000000",
        "need": "Two lines of visual inspection for gearbox housings",
        "budget": "250000.00",
        "amount": "250000.00",
        "currency": "CNY",
        "product": "VX-200",
        "pipeline_id": standard_id(TENANT),
        "stage": "qualification",
        "probability": 10,
        "imported": False,
    }
    texts = {"disqualified_reason", "opportunity_name", "lost_reason"}
    told = {
        field.name: known.get(field.name, "" if field.name in texts else _default(field))
        for field in msgspec.structs.fields(state)
    }
    form = canonical({"state": told, "changed": {}}).decode()
    for n, name in enumerate(_FORM, 1):
        mark = f'"<{name}>"' if name.endswith("at") else f"<{name}>"
        form = form.replace(mark, f"%{n}$s")
    return form


def _default(field: Any) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return None if field.default is msgspec.NODEFAULT else field.default


async def _add_up(connection: Any) -> None:
    """RuntimeError where weeks are not what their days are: a trigger makes them, and it rested."""
    await connection.execute("truncate rollup_day, rollup_week")
    await connection.execute("set session_replication_role = origin")
    await connection.execute(rebuild(), TENANT)
    if await connection.fetch(week_differences(), TENANT):
        raise RuntimeError("cells of weeks are missing")


async def drop_indexes(connection: Any, tables: Sequence[str]) -> list[str]:
    """What makes them again: sorted at the end they cost a third."""
    found = [each for table in tables for each in await connection.fetch(statements.INDEXES, table)]
    for each in found:
        await connection.execute(f'drop index "{each["indexname"]}"')
    return [each["indexdef"] for each in found]


async def _create_plain_tables(connection: Any) -> None:
    """The services' tables with no row security, trigger or check."""
    rooms: tuple[Any, ...] = (Lead, Opportunity, Pipeline)
    for cls in rooms:
        plain = plain_table(cls.__table__)
        await connection.execute(str(CreateTable(plain).compile(dialect=DIALECT)))
        for index in plain.indexes:
            await connection.execute(str(CreateIndex(index).compile(dialect=DIALECT)))
    await connection.execute(_OUTBOX)


def plain_table(ours: Table) -> Table:
    """Columns, the key and indexes, of which partial ones are as partial."""
    columns = [Column(c.name, c.type, primary_key=c.primary_key) for c in ours.columns]
    plain = Table(ours.name, MetaData(), *columns)
    for index in ours.indexes:
        where = index.dialect_options["postgresql"]["where"]
        names = (plain.c[c.name] for c in index.columns)
        Index(str(index.name), *names, unique=index.unique, postgresql_where=where)
    return plain


@asynccontextmanager
async def connected(postgres: Postgres, service: str) -> AsyncIterator[Any]:
    """A superuser's connection to a database: row security does not hold it back."""
    connection = await asyncpg.connect(postgres.admin_url(f"crm_{service}"))
    try:
        yield connection
    finally:
        await connection.close()
