"""Every reading of the feed."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from crmkit.db.asof import Past
from crmkit.db.reading import Reading
from crmkit.db.visits import rest
from crmkit.kernel.access import Scope, scope_sql
from crmkit.kernel.errors import Invalid
from services.webhooks import bodies
from services.webhooks.conditions import BadCondition, normal
from services.webhooks.feed.domain import select, selected, unknown_patterns
from services.webhooks.feed.schemas import FeedFilter
from services.webhooks.feed.statements import HOLDS
from services.webhooks.policy import PARTNER_AGGREGATES
from services.webhooks.settings import knobs

_WINDOW = 5000
"""Rows that one statement looks at, so that a filter that finds nothing cannot run for long."""

_PATIENCE_SECONDS = 1.0
_POLL_SECONDS, _TIP_SECONDS = 0.5, 0.4
_TRIMMED = "select cursor from feed_trim where tenant_id = $1 and cursor > $2"
_TIP = "select coalesce(max(cursor), 0) as cursor from feed_event where tenant_id = $1"
_PAGE = """
with edge as (
  select max(cursor) as last, count(*) as seen from (
    select cursor from feed_event where {narrow} order by cursor limit {window}) w
)
select edge.last, edge.seen, f.cursor, f.body
from edge left join lateral (
  select cursor, body from feed_event
  where {narrow} and cursor <= edge.last and {wide} order by cursor limit {limit}
) f on true order by f.cursor
"""

_KEPT = Past("feed_trim", "select * from public.feed_trim")
"""What is gone now is gone for questions about the past, too."""
_TOLD = Past("feed_event", "select * from public.feed_event where recorded_at <= {at}")


class CursorExpired(Invalid):
    """What came after the cursor is kept no longer; `earliest` is where there is something."""

    code = "feed.expired"


@dataclass(frozen=True, slots=True)
class FeedItem:
    """An event as the reader may see it: JSON text, and its place."""

    cursor: int
    type: str
    body: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Some events, the cursor to go on from, and whether there is more to look at now."""

    items: list[FeedItem]
    cursor: int
    more: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked question; `demand` makes one."""

    types: tuple[str, ...]
    aggregates: tuple[str, ...]
    filter: FeedFilter
    conditions: list[dict[str, Any]]


@dataclass(slots=True)
class _Sql:
    """Clauses with their arguments."""

    arguments: list[Any] = field(default_factory=list)

    def add(self, value: Any) -> str:
        self.arguments.append(value)
        return f"${len(self.arguments)}"


def demand(reading: Reading, types: str, wanted: FeedFilter) -> Asked:
    """The question, where the caller may ask it: Forbidden, Invalid `parameter.invalid`."""
    reading.policy.demand(reading.actor, "feed_event", "read")
    patterns = types.split(",")
    unknown = unknown_patterns(patterns, bodies.told())
    if unknown:
        message = "types: there are no such events"
        raise Invalid.field("types", "parameter.invalid", message)
    selection = select(patterns)
    hidden = reading.policy.masks(reading.actor, "feed_event")
    try:
        conditions = normal(wanted.conditions(), selected(patterns, bodies.told()), hidden)
    except BadCondition as error:
        name = "value" if error.member == "in" else error.member
        raise Invalid.field(name, "parameter.invalid", f"{name}: {error}") from error
    return Asked(selection.types, selection.aggregates, wanted, conditions)


async def list_events(reading: Reading, asked: Asked, after: int, limit: int) -> Seen:
    """What comes after the cursor, oldest first, as far as the policy lets the caller see.

    CursorExpired where events after it are gone. Looks for about a second at most.
    """
    await demand_kept(reading, after)
    started = time.monotonic()
    while True:
        seen = await _look(reading, asked, after, limit)
        if seen.items or not seen.more or time.monotonic() - started > _PATIENCE_SECONDS:
            return seen
        after = seen.cursor


async def follow(reading: Reading, asked: Asked, after: int | None) -> AsyncIterator[Seen]:
    """Page after page for ever, an empty one about twice a second while nothing happens.

    Begins now where `after` is None. No connection is held between pages, however slowly they are
    taken, and no place while nothing happens; all followers of a tenant in this process share one
    look for news.
    """
    place = await _tip(reading) if after is None else after
    await demand_kept(reading, place)
    while True:
        if await _tip(reading) > place:
            seen = await _look(reading, asked, place, 100)
            place = seen.cursor
        else:
            seen = Seen([], place, False)
        yield seen
        if not seen.more:
            rest()
            await asyncio.sleep(_POLL_SECONDS)


async def _look(reading: Reading, asked: Asked, after: int, limit: int) -> Seen:
    actor = reading.actor
    scope = reading.policy.demand(actor, "feed_event", "read")
    masks = reading.policy.masks(actor, "feed_event")
    sql = _Sql()
    narrow = _narrow(sql, reading, asked, after)
    wide = _wide(sql, reading, asked, scope)
    window = _WINDOW if wide else limit
    text = _PAGE.format(
        narrow=narrow,
        wide=" and ".join(wide) or "true",
        window=sql.add(window),
        limit=sql.add(limit),
    )
    found = await reading.fetch(text, *sql.arguments, of=(_TOLD,))
    items = [
        _item(row["cursor"], bodies.masked(row["body"], masks) if masks else row["body"])
        for row in found
        if row["cursor"] is not None
    ]
    if len(items) == limit:
        return Seen(items, items[-1].cursor, True)
    return Seen(items, found[0]["last"] or after, found[0]["seen"] == window)


def _item(cursor: int, body: str) -> FeedItem:
    """The type stands near the beginning of every body, written by `bodies.body`."""
    return FeedItem(cursor, body.split('"type":"', 1)[1].split('"', 1)[0], body)


def _narrow(sql: _Sql, reading: Reading, asked: Asked, after: int) -> str:
    """What an index finds."""
    where = [f"tenant_id = {sql.add(reading.tenant_id)}", f"cursor > {sql.add(after)}"]
    if asked.filter.aggregate_id:
        where.append(f"aggregate_id = {sql.add(asked.filter.aggregate_id)}")
    if asked.filter.event_id:
        where.append(f"id = {sql.add(asked.filter.event_id)}")
    return " and ".join(where)


def _wide(sql: _Sql, reading: Reading, asked: Asked, scope: Scope) -> list[str]:
    """What each row is asked."""
    where = []
    if asked.types or asked.aggregates:
        types, aggregates = sql.add(list(asked.types)), sql.add(list(asked.aggregates))
        where.append(f"(type = any({types}::text[]) or aggregate = any({aggregates}::text[]))")
    for column in ("occurred_at", "recorded_at"):
        for suffix, operator in (("gte", ">="), ("lt", "<")):
            bound = getattr(asked.filter, f"{column}_{suffix}")
            if bound is not None:
                where.append(f"{column} {operator} {sql.add(bound)}")
    if scope is not Scope.ALL:
        where.append(f"aggregate = any({sql.add(list(PARTNER_AGGREGATES))}::text[])")
        member, team = sql.add(reading.actor.member_id), sql.add(reading.actor.team)
        where.append(f"{scope_sql(scope, f'{member}::uuid', f'{team}::text')}")
        where.append(f"{team}::text is not null")
    if asked.conditions:
        holds = HOLDS.format(
            conditions=f"{sql.add(asked.conditions)}::jsonb", data="(body::jsonb -> 'data')"
        )
        where.append(holds)
    return where


async def demand_kept(reading: Reading, after: int) -> None:
    """CursorExpired where events after the cursor are gone; 0 stands for all there are."""
    if not after or not knobs().webhook_feed_days:
        return
    found = await reading.fetch(_TRIMMED, reading.tenant_id, after, of=(_KEPT,))
    if found:
        earliest = str(found[0]["cursor"])
        message = f"events so long ago are kept no longer; go on after {earliest}"
        raise CursorExpired(message, extra={"earliest": earliest})


async def _tip(reading: Reading) -> int:
    """The tenant's last cursor, known to this process for less than half a second."""

    async def ask() -> int:
        (found,) = await reading.fetch(_TIP, reading.tenant_id)
        return int(found["cursor"])

    return await reading.recall("feed.tip", ask, _TIP_SECONDS)
