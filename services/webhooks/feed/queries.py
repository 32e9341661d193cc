"""Every reading of the feed."""

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from crmkit.db.asof import Past
from crmkit.db.reading import Reading
from crmkit.kernel.access import Scope, scope_sql
from crmkit.kernel.errors import Invalid
from services.webhooks import bodies
from services.webhooks.feed.domain import select, unknown_patterns
from services.webhooks.policy import PARTNER_AGGREGATES

_TOLD = Past("feed_event", "select * from public.feed_event where recorded_at <= {at}")


@dataclass(frozen=True, slots=True)
class FeedItem:
    """An event as the reader may see it: JSON text, and its place."""

    cursor: int
    body: str


async def list_events(
    reading: Reading, after: int, types: str, aggregate_id: UUID | None, limit: int
) -> list[FeedItem]:
    """What comes after the cursor, oldest first, as far as the policy lets the caller see."""
    actor = reading.actor
    scope = reading.policy.demand(actor, "feed_event", "read")
    masks = reading.policy.masks(actor, "feed_event")
    wanted = select(_checked(types.split(",")))
    arguments: list[Any] = [reading.tenant_id, after, list(wanted.types), list(wanted.aggregates)]
    if scope is not Scope.ALL:
        arguments += [list(PARTNER_AGGREGATES), actor.member_id, actor.team]
    found = await reading.fetch(
        _list_sql(scope, whole=not (wanted.types or wanted.aggregates)),
        limit,
        aggregate_id,
        *arguments,
        of=(_TOLD,),
    )
    return [
        FeedItem(row["cursor"], bodies.masked(row["body"], masks) if masks else row["body"])
        for row in found
    ]


def _checked(patterns: list[str]) -> list[str]:
    unknown = unknown_patterns(patterns, bodies.told())
    if unknown:
        message = f"types: there are no events {unknown[0][:200]!r}"
        raise Invalid.field("types", "parameter.invalid", message)
    return patterns


@cache
def _list_sql(scope: Scope, *, whole: bool) -> str:
    where = ["tenant_id = $3", "cursor > $4", "($2::uuid is null or aggregate_id = $2)"]
    types = "type = any($5::text[]) or aggregate = any($6::text[])"
    where.append(f"({whole} or {types})")
    if scope is not Scope.ALL:
        where.append("aggregate = any($7::text[])")
        where.append(f"{scope_sql(scope, '$8::uuid', '$9::text')} and $9::text is not null")
    return (
        f"select cursor, body from feed_event where {' and '.join(where)} order by cursor limit $1"
    )
