"""Every list of forecasts, and the pipeline they rest on."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from crmkit.components.directory import tenant
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.kernel.access import Scope, scope_sql
from crmkit.kernel.period import Period, start_of
from services.forecast.forecast.domain import attainment, coverage, gap
from services.forecast.forecast.models import Deal, Forecast
from services.forecast.target.models import Target

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


@cache
def _pipeline_sql(deals: Scope, targets: Scope) -> str:
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
  where tenant_id = $1 and deleted_at is null and ($4::uuid is null or owner_id = $4)
    and (status = 'won' and won_at >= $5 and won_at < $6
      or status = 'open' and expected_close_on >= $7 and expected_close_on < $8)
    and {scope_sql(deals, "caller_id", "caller_team")}
  group by owner_id, currency),
targets as (
  select owner_id, currency, amount as target from target, caller
  where tenant_id = $1 and period = $9 and ($4::uuid is null or owner_id = $4)
    and {scope_sql(targets, "caller_id", "caller_team")})
select owner_id, currency, coalesce(won, 0.00) as won, coalesce(weighted, 0.00) as weighted,
  coalesce(best_case, 0.00) as best_case, target,
  coalesce(won_count, 0) as won_count, coalesce(open_count, 0) as open_count
from sums full join targets using (owner_id, currency)
order by owner_id, currency
"""


async def list_pipeline(
    reading: Reading, period: Period, owner_id: UUID | None = None
) -> list[Line]:
    """The pipeline of a period, a line per owner and currency, as far as the caller may see."""
    actor, policy = reading.actor, reading.policy
    scopes = [policy.demand(actor, aggregate, "read") for aggregate in ("deal", "target")]
    zone = (await tenant(reading)).zone
    found = await reading.fetch(
        _pipeline_sql(*scopes),
        actor.tenant_id,
        actor.member_id,
        actor.team,
        owner_id,
        start_of(period.start, zone),
        start_of(period.end, zone),
        period.start,
        period.end,
        period.label,
        of=(Deal, Target),
    )
    return [Line(**record) for record in found]
