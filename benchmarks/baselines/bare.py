"""What is compared with over REST: bare FastAPI and asyncpg, with an outbox and nothing else.

No identity, tenants' security, policy, idempotency, history, metrics or limits.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID, uuid4

import asyncpg
import orjson
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel

from benchmarks.baselines import statements as sql
from benchmarks.tenant import CALLER, TENANT
from crmkit.kernel import clock

_POOL = 8
_PAGE = 50
_TRIES = 5


class Lead(BaseModel):
    id: UUID
    version: int
    company: str
    contact_name: str
    email: str | None
    phone: str | None
    source: str
    status: str
    intent: str | None
    need: str
    budget: Decimal | None
    currency: str | None
    product: str
    region: str
    owner_id: UUID
    team: str
    received_at: datetime
    qualified_at: datetime | None
    converted_at: datetime | None
    disqualified_at: datetime | None
    disqualified_reason: str
    account_id: UUID | None
    opportunity_id: UUID | None
    external_system: str | None
    external_id: str | None
    created_at: datetime
    updated_at: datetime


class NewLead(BaseModel):
    company: str
    contact_name: str = ""
    email: str | None = None
    phone: str | None = None
    source: str
    need: str = ""
    budget: Decimal | None = None
    currency: str | None = None
    product: str = ""
    region: str = ""


class Page(BaseModel):
    items: list[Lead]


class Opportunity(BaseModel):
    id: UUID
    version: int
    name: str
    account_id: UUID | None
    lead_id: UUID | None
    pipeline_id: UUID
    stage: str
    status: str
    probability: int
    amount: Decimal
    currency: str
    product_id: UUID | None
    product: str
    source: str
    owner_id: UUID
    team: str
    region: str
    expected_close_on: date | None
    opened_at: datetime
    won_at: datetime | None
    lost_at: datetime | None
    lost_reason: str
    contract_id: UUID | None
    external_system: str | None
    external_id: str | None
    imported: bool
    created_at: datetime
    updated_at: datetime


class Stage(BaseModel):
    stage: str


class Item(BaseModel):
    period: date
    value: int


class Items(BaseModel):
    items: list[Item]


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    rows, cells = os.environ["BARE_DSN"], os.environ["BARE_REPORTING_DSN"]
    async with (
        asyncpg.create_pool(rows, min_size=1, max_size=_POOL, init=_read_json) as pool,
        asyncpg.create_pool(cells, min_size=1, max_size=_POOL) as figures,
    ):
        app.state.pool, app.state.figures = pool, figures
        yield


async def _read_json(connection: Any) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=orjson.dumps, decoder=orjson.loads
    )


app = FastAPI(lifespan=_lifespan)


async def _pool() -> Any:
    return app.state.pool


async def _figures() -> Any:
    return app.state.figures


Pool = Annotated[Any, Depends(_pool)]
Figures = Annotated[Any, Depends(_figures)]


@app.get("/livez")
async def get_livez() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/v1/leads/{lead_id}")
async def get_lead(lead_id: UUID, pool: Pool) -> Lead:
    found = await pool.fetchrow(sql.GET, TENANT, lead_id)
    if found is None:
        raise HTTPException(404)
    return Lead(**found)


@app.get("/v1/leads")
async def list_leads(owner_id: UUID, status: str, pool: Pool) -> Page:
    found = await pool.fetch(sql.LIST, TENANT, owner_id, status, _PAGE)
    return Page(items=[Lead(**each) for each in found])


@app.post("/v1/leads", status_code=201)
async def create_lead(new: NewLead, pool: Pool) -> Lead:
    return Lead(**await write_lead(pool, new.model_dump()))


async def write_lead(pool: Any, new: dict[str, Any]) -> Any:
    """The lead and its outbox row, in one statement."""
    lead_id, now = uuid4(), clock.now()
    told = orjson.dumps(new | {"id": lead_id}, default=str).decode()
    given = (new[name] for name in NewLead.model_fields)
    return await pool.fetchrow(sql.CREATE, TENANT, lead_id, now, *given, CALLER, "cn/east", told)


@app.post("/v1/opportunities/{opportunity_id}/stage")
async def move_stage(opportunity_id: UUID, to: Stage, pool: Pool) -> Opportunity:
    """Guarded: what is decided on is read first, and its version must still be the same."""
    found = await pool.fetchrow(sql.FIND, TENANT, opportunity_id)
    if found is None or found["status"] != "open" or found["stage"] == to.stage:
        raise HTTPException(409)
    stages = await pool.fetchval(sql.STAGES, TENANT, found["pipeline_id"])
    probability = next(each["probability"] for each in stages if each["code"] == to.stage)
    told = orjson.dumps({"id": opportunity_id, "stage": to.stage}).decode()
    given = (to.stage, probability, clock.now(), told, found["version"])
    return _moved(await pool.fetchrow(sql.MOVE, TENANT, opportunity_id, *given))


@app.post("/v1/opportunities/{opportunity_id}/stage/blindly")
async def move_stage_blindly(opportunity_id: UUID, to: Stage, pool: Pool) -> Opportunity:
    """Unguarded: nothing is read, any stage from any state."""
    told = orjson.dumps({"id": opportunity_id, "stage": to.stage}).decode()
    given = (to.stage, 25, clock.now(), told, None)
    return _moved(await pool.fetchrow(sql.MOVE, TENANT, opportunity_id, *given))


@app.post("/v1/opportunities/{opportunity_id}/stage/locking")
async def move_stage_locking(opportunity_id: UUID, to: Stage, pool: Pool) -> Opportunity:
    """Guarded as most write it: a transaction, the row locked, two statements that write."""
    async with pool.acquire() as connection, connection.transaction():
        found = await connection.fetchrow(sql.FIND_LOCKED, TENANT, opportunity_id)
        if found is None or found["status"] != "open" or found["stage"] == to.stage:
            raise HTTPException(409)
        stages = await connection.fetchval(sql.STAGES, TENANT, found["pipeline_id"])
        probability = next(each["probability"] for each in stages if each["code"] == to.stage)
        given = (to.stage, probability, clock.now())
        moved = await connection.fetchrow(sql.MOVE_ONLY, TENANT, opportunity_id, *given)
        told = orjson.dumps({"id": opportunity_id, "stage": to.stage}).decode()
        await connection.execute(sql.TELL, told)
    return _moved(moved)


def _moved(found: Any) -> Opportunity:
    if found is None:
        raise HTTPException(409)
    return Opportunity(**found)


@app.post("/v1/leads/{lead_id}/claim")
async def claim_lead(lead_id: UUID, member: Annotated[UUID, Header()], pool: Pool) -> Lead:
    """Read, decided and written as ours is, but for the event and what goes with it."""
    for _ in range(_TRIES):
        now = clock.now()
        met = await pool.fetchrow(sql.FIND_CLAIM, TENANT, lead_id, member, now.date())
        if met is None or met["owner_id"] != met["pool_id"]:
            raise HTTPException(409)
        used = met["claimed"] if met["counted_on"] == now.date() else 0
        if used >= met["claim_cap_per_day"] or met["held"] >= met["holding_cap"]:
            raise HTTPException(409)
        cooled_at = now - timedelta(hours=met["previous_owner_cooldown_hours"])
        if met["released_by"] == member and met["released_at"] > cooled_at:
            raise HTTPException(409)
        due_at = now + timedelta(days=met["default_protect_days"])
        told = orjson.dumps({"id": lead_id, "owner_id": member}, default=str).decode()
        seat = (now.date(), used + 1, now, met["seat_id"], met["seat_version"])
        moved = (member, "cn/east", due_at, met["version"], told)
        found = await pool.fetchrow(sql.CLAIM, TENANT, lead_id, *seat, *moved)
        if found is not None:
            return Lead(**found)
    raise HTTPException(409)


@app.get("/v1/rollups")
async def get_rollup(measure: str, first: date, last: date, figures: Figures) -> Items:
    found = await figures.fetch(sql.ROLLUP, TENANT, measure, first, last)
    return Items(items=[Item(**each) for each in found])
