"""Every list of forecasts, and the pipeline they rest on."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import msgspec

from crmkit.components.directory import tenant
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.kernel.access import Scope, scope_sql
from crmkit.kernel.period import Period, start_of
from services.forecast.forecast.domain import Figure, adds, attainment, coverage, gap, parts_of
from services.forecast.forecast.models import Deal, Forecast
from services.forecast.target.models import Target

MOST_EVENTS = 100
FORECASTS = Listing(
    Forecast,
    filters=(
        "period",
        "owner_id",
        "team",
        "currency",
        "starts_on",
        "ends_on",
        "submitted_at",
        "updated_at",
    ),
    sorts=("starts_on", "submitted_at", "updated_at"),
    default="-starts_on",
)


@dataclass(frozen=True, slots=True)
class Line:
    """What one owner has won, may win and is to win in a period, in one currency."""

    owner_id: UUID
    currency: str
    won: Decimal
    weighted: Decimal
    best_case: Decimal
    target: Decimal | None
    won_count: int
    open_count: int

    @property
    def gap(self) -> Decimal | None:
        return gap(self.won, self.target)

    @property
    def attainment(self) -> Decimal | None:
        return attainment(self.won, self.target)

    @property
    def coverage(self) -> Decimal | None:
        return coverage(self.best_case, self.won, self.target)

    def figures(self) -> dict[str, Any]:
        """The sums, and what follows from them; ratios as text, so that no client rounds them."""
        return asdict(self) | {
            "gap": self.gap,
            "attainment": _written(self.attainment),
            "coverage": _written(self.coverage),
        }


def _written(ratio: Decimal | None) -> str | None:
    return None if ratio is None else str(ratio)


def _facts(deals: Scope, targets: Scope) -> tuple[str, str]:
    """Which deals and which targets count, for figures and what stands behind them alike."""
    return (
        f"""tenant_id = $1 and deleted_at is null and ($4::uuid is null or owner_id = $4)
    and (status = 'won' and won_at >= $5 and won_at < $6
      or status = 'open' and expected_close_on >= $7 and expected_close_on < $8)
    and {scope_sql(deals, "caller_id", "caller_team")}""",
        f"""tenant_id = $1 and period = $9 and ($4::uuid is null or owner_id = $4)
    and {scope_sql(targets, "caller_id", "caller_team")}""",
    )


@cache
def _pipeline_sql(deals: Scope, targets: Scope) -> str:
    of_deals, of_targets = _facts(deals, targets)
    return f"""
with caller as (select $2::uuid as caller_id, $3::text as caller_team),
sums as (
  select owner_id, currency,
    coalesce(sum(amount) filter (where status = 'won'), 0.00) as won,
    coalesce(round(sum(amount * probability) filter (where status = 'open') / 100, 2), 0.00)
      as weighted,
    coalesce(sum(amount) filter (where status = 'open'), 0.00) as best_case,
    count(*) filter (where status = 'won') as won_count,
    count(*) filter (where status = 'open') as open_count
  from deal, caller
  where {of_deals}
  group by owner_id, currency),
targets as (
  select owner_id, currency, amount as target from target, caller
  where {of_targets})
select owner_id, currency, coalesce(won, 0.00) as won, coalesce(weighted, 0.00) as weighted,
  coalesce(best_case, 0.00) as best_case, target,
  coalesce(won_count, 0) as won_count, coalesce(open_count, 0) as open_count
from sums full join targets using (owner_id, currency)
order by owner_id, currency
"""


@dataclass(frozen=True, slots=True)
class Behind:
    """Which figure of a period is asked about; `after` is the last fact of the page before."""

    period: Period
    figure: Figure
    owner_id: UUID | None
    currency: str | None
    after: UUID | None
    limit: int


@dataclass(frozen=True, slots=True)
class Lineage:
    """Figures, and one page of the facts that add up to them."""

    lines: list[Line]
    facts: list[dict[str, Any]]
    next_cursor: UUID | None


class Told(msgspec.Struct):
    """An event by its record's version."""

    version: int
    recorded_at: datetime


@cache
def _behind_sql(deals: Scope, targets: Scope) -> str:
    """Of parts $10, in the currency $11 if any, beyond the id $12, $13 at most.

    A copy's events are told by its versions, which are gap-free; a target's are this service's.
    """
    of_deals, of_targets = _facts(deals, targets)
    return f"""
with caller as (select $2::uuid as caller_id, $3::text as caller_team),
facts as (
  select 'opportunity' as aggregate, id, version, status as part, owner_id, currency, amount,
    amount * probability / 100 as weighted
  from deal, caller where {of_deals}
  union all
  select 'target', id, version, 'target', owner_id, currency, amount, amount
  from target, caller where {of_targets}),
page as (
  select * from facts
  where part = any($10::text[]) and ($11::text is null or currency = $11)
    and ($12::uuid is null or id > $12)
  order by id limit $13)
select page.*, e.events from page
cross join lateral (
  select coalesce(json_agg(h), '[]') as events from (
    select version, recorded_at from (
      select version, updated_at as recorded_at from public.deal_version
      where tenant_id = $1 and id = page.id and version <= page.version
        and page.aggregate = 'opportunity'
      union all
      select version, recorded_at from public.event
      where tenant_id = $1 and aggregate_id = page.id and version <= page.version
        and page.aggregate = 'target') v
    order by version desc limit {MOST_EVENTS}
  ) h
) e
order by page.id
"""


async def list_pipeline(
    reading: Reading, period: Period, owner_id: UUID | None = None
) -> list[Line]:
    """The pipeline of a period, a line per owner and currency, as far as the caller may see."""
    whose = await _whose(reading, period, owner_id)
    found = await reading.fetch(_pipeline_sql(*_scopes(reading)), *whose, of=(Deal, Target))
    return [Line(**record) for record in found]


async def list_behind(reading: Reading, asked: Behind) -> list[dict[str, Any]]:
    """The deals and targets that a figure rests on, by id, as far as the caller sees; one more than
    the page has where there is more."""
    found = await reading.fetch(
        _behind_sql(*_scopes(reading)),
        *await _whose(reading, asked.period, asked.owner_id),
        [part.value for part in parts_of(asked.figure)],
        asked.currency,
        asked.after,
        asked.limit + 1,
        of=(Deal, Target),
    )
    return [
        dict(row)
        | {
            "adds": str(adds(asked.figure, row["amount"], row["weighted"])),
            "events": msgspec.json.decode(row["events"], type=list[Told]),
        }
        for row in found
    ]


async def find_lineage(reading: Reading, asked: Behind) -> Lineage:
    """The lines that a question is about, and one page of the facts behind them."""
    lines = await list_pipeline(reading, asked.period, asked.owner_id)
    found = await list_behind(reading, asked)
    shown = found[: asked.limit]
    return Lineage(
        [line for line in lines if asked.currency in {None, line.currency}],
        shown,
        shown[-1]["id"] if len(found) > asked.limit else None,
    )


def _scopes(reading: Reading) -> list[Scope]:
    policy, actor = reading.policy, reading.actor
    return [policy.demand(actor, aggregate, "read") for aggregate in ("deal", "target")]


async def _whose(reading: Reading, period: Period, owner_id: UUID | None) -> list[Any]:
    actor, zone = reading.actor, (await tenant(reading)).zone
    return [
        actor.tenant_id,
        actor.member_id,
        actor.team,
        owner_id,
        start_of(period.start, zone),
        start_of(period.end, zone),
        period.start,
        period.end,
        period.label,
    ]
