"""What is compared with over GraphQL: strawberry with its FastAPI router and its two caches, over
asyncpg, with an outbox and nothing else."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import strawberry
from fastapi import FastAPI
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.fastapi import GraphQLRouter

from benchmarks.baselines import statements as sql
from benchmarks.baselines.bare import write_lead
from benchmarks.tenant import TENANT

_POOL = 8


@strawberry.type
class Lead:
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


@strawberry.input
class NewLead:
    company: str
    source: str
    contact_name: str = ""
    email: str | None = None
    phone: str | None = None
    need: str = ""
    budget: Decimal | None = None
    currency: str | None = None
    product: str = ""
    region: str = ""


@strawberry.type
class Edge:
    node: Lead


@strawberry.type
class Connection:
    edges: list[Edge]


@strawberry.type
class Query:
    @strawberry.field
    async def lead(self, id: UUID) -> Lead | None:
        found = await app.state.pool.fetchrow(sql.GET, TENANT, id)
        return Lead(**found) if found else None

    @strawberry.field
    async def leads(self, first: int, owner_id: UUID, status: str) -> Connection:
        found = await app.state.pool.fetch(sql.LIST, TENANT, owner_id, status, first)
        return Connection(edges=[Edge(node=Lead(**each)) for each in found])


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_lead(self, input: NewLead) -> Lead:
        return Lead(**await write_lead(app.state.pool, vars(input)))


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["BARE_DSN"], min_size=1, max_size=_POOL) as pool:
        app.state.pool = pool
        yield


_schema = strawberry.Schema(Query, Mutation, extensions=[ParserCache, ValidationCache])
_router: GraphQLRouter[Any, Any] = GraphQLRouter(_schema)
app = FastAPI(lifespan=_lifespan)
app.include_router(_router, prefix="/graphql")


@app.get("/livez")
async def get_livez() -> dict[str, str]:
    return {"status": "ok"}
