"""The audit trail of a service: a view of its events, newest first, for auditors."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from crmkit.db.asof import EVENTS
from crmkit.fields import Instant
from crmkit.kernel import ids
from crmkit.web.edge import Edge

_TRAIL = """
select id, type, aggregate, aggregate_id, version, occurred_at, recorded_at, actor, cause,
       traceparent
from event
where tenant_id = $1 and id < $2 and ($3::uuid is null or aggregate_id = $3)
  and ($4::text is null or actor = $4) and ($5::text is null or type = $5)
order by id desc limit $6
"""
_LAST = UUID(int=2**128 - 1)


class AuditEntry(BaseModel):
    """Who did what to which record; `id` of the last entry is the next page's `before`."""

    id: UUID
    type: str
    aggregate: str
    aggregate_id: UUID
    version: int
    occurred_at: Instant
    recorded_at: Instant
    actor: str
    cause: UUID | None
    traceparent: str | None


class AuditTrail(BaseModel):
    items: list[AuditEntry]


def audit(service: str) -> APIRouter:
    """The router of `GET /v1/audit/{service}`."""
    router = APIRouter(prefix="/v1/audit", tags=["operations"])

    @router.get(f"/{service}", response_model=AuditTrail, name=f"{service}_audit")
    async def read_audit(
        edge: Edge,
        before: UUID | None = None,
        until: Instant | None = None,
        aggregate_id: UUID | None = None,
        actor: Annotated[str | None, Query(max_length=64)] = None,
        type: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Response:
        edge.demand_operator()
        tenant = edge.reading.tenant_id
        start = _start(before, until)
        asked = (tenant, start, aggregate_id, actor, type, limit)
        rows = await edge.reading.fetch(_TRAIL, *asked, of=(EVENTS,))
        return edge.plain({"items": [dict(row) for row in rows]})

    return router


def _start(before: UUID | None, until: datetime | None) -> UUID:
    return before or (ids.floor(until) if until else _LAST)
