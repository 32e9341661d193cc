"""Every list of endpoints, and how one of them does."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from services.webhooks.endpoint.models import Endpoint

ENDPOINTS = Listing(
    Endpoint,
    filters=("status", "payload", "ordered", "owner_id", "created_at"),
    sorts=("name", "created_at"),
    default="name",
    search=("name", "url"),
)
_RECENT = timedelta(days=7)
_HEALTH = """
with tried as (
  select status between 200 and 299 as accepted, duration_ms from webhook_attempt
  where tenant_id = $1 and endpoint_id = $2 and created_at >= $5
  order by created_at desc limit 1000
), sums as (
  select count(*)::int as tries,
    (100 * count(*) filter (where accepted) / nullif(count(*), 0))::int as success_rate,
    (percentile_disc(0.5) within group (order by duration_ms))::int as p50_ms,
    (percentile_disc(0.99) within group (order by duration_ms))::int as p99_ms
  from tried
), queue as (
  select count(*) filter (where state in ('pending', 'paused'))::int as waiting,
    min(created_at) filter (where state in ('pending', 'paused')) as oldest_waiting_at,
    count(*) filter (where state = 'exhausted' and live)::int as blocked
  from webhook_delivery
  where tenant_id = $1 and endpoint_id = $2 and state in ('pending', 'paused', 'exhausted')
), given_up as (
  select count(*)::int as skipped from webhook_delivery
  where tenant_id = $1 and endpoint_id = $2 and state = 'skipped'
), pulse as (
  select failures, failing_since, succeeded_at from webhook_pulse where tenant_id = $1 and id = $2
), breaker as (
  select open_until from webhook_host
  where tenant_id = $1 and host = $3 and open_until > $4
)
select sums.*, queue.*, given_up.skipped,
  coalesce((select failures from pulse), 0) as consecutive_failures,
  (select failing_since from pulse) as failing_since,
  (select succeeded_at from pulse) as succeeded_at,
  (select open_until from breaker) as breaker_until
from sums, queue, given_up
"""


async def get_health(reading: Reading, endpoint_id: UUID) -> dict[str, Any]:
    """How an endpoint that the caller may see takes what it is told."""
    endpoint = await reading.get(Endpoint, endpoint_id)
    (found,) = await reading.fetch(
        _HEALTH,
        reading.tenant_id,
        endpoint_id,
        endpoint.host,
        reading.now,
        reading.now - _RECENT,
    )
    return {
        **found,
        "endpoint_id": endpoint_id,
        "status": endpoint.status,
        "notice": endpoint.notice,
        "breaker": "open" if found["breaker_until"] else "closed",
    }
