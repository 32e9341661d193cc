"""History of a record: a view of its events, for every room alike."""

from typing import Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from crmkit.db.asof import EVENTS
from crmkit.db.rows import plan
from crmkit.db.tables import Record
from crmkit.events.envelope import private_fields
from crmkit.events.erasure import MARK
from crmkit.fields import Instant
from crmkit.web.asof import present_only
from crmkit.web.edge import Edge

_HISTORY = """
select id, type, version, occurred_at, recorded_at, actor, cause, data
from event where tenant_id = $1 and aggregate_id = $2 and version < $3
order by version desc limit $4
"""
_LAST_VERSION = 2**31 - 1


class HistoryEntry(BaseModel):
    """One event: what changed as [before, after], and the state it left behind.

    Of one that was `erased` all is left that told of no person, as if it had told nothing else.
    """

    id: UUID
    type: str
    version: int
    occurred_at: Instant
    recorded_at: Instant
    actor: str
    cause: UUID | None
    changed: dict[str, list[Any]]
    state: dict[str, Any]
    erased: bool = False


class History(BaseModel):
    """Newest first; `before` of the next page is the last version of this one."""

    items: list[HistoryEntry]


def history(
    router: APIRouter, cls: type[Record], *, present: bool = False, name: str | None = None
) -> None:
    """Add `GET /{id}/history` to a room's router.

    `present`: the record itself can only be read as it is now, so its history is, too. `name` is
    the operation's where a service has such a path more than once.
    """
    aggregate = plan(cls).table

    async def read_history(
        row_id: UUID,
        edge: Edge,
        before: int = Query(_LAST_VERSION, ge=1, le=_LAST_VERSION),
        limit: int = Query(50, ge=1, le=200),
    ) -> Response:
        await edge.reading.get(cls, row_id)
        masks = edge.reading.policy.masks(edge.actor, aggregate)
        tenant = edge.reading.tenant_id
        events = await edge.reading.fetch(_HISTORY, tenant, row_id, before, limit, of=(EVENTS,))
        return edge.plain({"items": [_entry(event, masks) for event in events]})

    router.add_api_route(
        "/{row_id}/history",
        present_only(read_history) if present else read_history,
        response_model=History,
        name=name or f"{aggregate}_history",
        summary=f"Every event of one {aggregate}, newest first",
    )


def _entry(event: Any, masks: frozenset[str]) -> dict[str, Any]:
    data = msgspec.json.decode(event["data"])
    masks |= private_fields(event["type"])
    for name in masks & data["state"].keys():
        data["state"][name] = None
        data["changed"].pop(name, None)
    return {
        "id": event["id"],
        "type": event["type"],
        "version": event["version"],
        "occurred_at": event["occurred_at"],
        "recorded_at": event["recorded_at"],
        "actor": event["actor"],
        "cause": event["cause"],
        "changed": data["changed"],
        "state": data["state"],
        "erased": MARK in data,
    }
