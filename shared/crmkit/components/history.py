"""History of a record: a view of its events, for every room alike."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from crmkit.db.asof import EVENTS
from crmkit.db.reading import Reading
from crmkit.db.rows import plan
from crmkit.db.tables import Record
from crmkit.events.envelope import private_fields
from crmkit.events.erasure import MARK
from crmkit.fields import Instant
from crmkit.web.answers import Read
from crmkit.web.edge import Edge

_HISTORY = """
select id, type, version, occurred_at, recorded_at, actor, cause, data
from event where tenant_id = $1 and aggregate_id = $2 and version < $3 and aggregate = $5
order by version desc limit $4
"""
LAST_VERSION = 2**31 - 1


class HistoryEntry(Read):
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


Shown = Callable[[Reading, Any, list[dict[str, Any]]], list[dict[str, Any]]]
"""Of a record's entries, newest first, those that the reader is told."""


@dataclass(frozen=True, slots=True)
class Told:
    """A table whose history is told; `shown` of what there is, all of it if None."""

    cls: type[Record]
    shown: Shown | None = None


async def list_history(
    reading: Reading, told: Told, row_id: UUID, before: int, limit: int
) -> list[dict[str, Any]]:
    """Events of a record that the caller sees, newest first, below a version."""
    record = await reading.get(told.cls, row_id)
    table = plan(told.cls).table  # what a tenant has once has its id, and is not alone in that
    masks = reading.policy.masks(reading.actor, table)
    given = (reading.tenant_id, row_id, before, limit, table)
    events = await reading.fetch(_HISTORY, *given, of=(EVENTS,))
    entries = [_entry(event, masks) for event in events]
    return told.shown(reading, record, entries) if told.shown else entries


def history(
    router: APIRouter, cls: type[Record], *, name: str | None = None, shown: Shown | None = None
) -> None:
    """Add `GET /{id}/history` to a room's router, and `<aggregate>History` to the service's GraphQL
    (`components.history_gql`).

    `name` is the operation's where a service has such a path more than once. `shown`: not whoever
    sees the record is told all of it.
    """
    aggregate = plan(cls).table
    told = Told(cls, shown)

    async def read_history(
        row_id: UUID,
        edge: Edge,
        before: int = Query(LAST_VERSION, ge=1, le=LAST_VERSION),
        limit: int = Query(50, ge=1, le=200),
    ) -> Response:
        return edge.plain({"items": await list_history(edge.reading, told, row_id, before, limit)})

    read_history.__dict__["history_of"] = told
    router.add_api_route(
        "/{row_id}/history",
        read_history,
        response_model=History,
        name=name or f"{aggregate}_history",
        summary=f"Every event of one {aggregate}, newest first",
    )


def histories(routers: Iterable[APIRouter]) -> list[Told]:
    """Whose history these routers tell."""
    handlers = [getattr(route, "endpoint", None) for router in routers for route in router.routes]
    told: list[Told | None] = [getattr(handler, "history_of", None) for handler in handlers]
    return [each for each in told if each is not None]


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
