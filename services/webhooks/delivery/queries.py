"""Every list of deliveries, and how an endpoint takes them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from crmkit.db.asof import Past
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import row
from services.webhooks.delivery.models import Attempt, Delivery
from services.webhooks.endpoint.models import Endpoint, Host, Pulse

DELIVERIES = Listing(
    Delivery,
    filters=(
        "endpoint_id",
        "event_id",
        "aggregate_id",
        "state",
        "type",
        "last_status",
        "replay_id",
        "created_at",
    ),
    sorts=("created_at",),
    default="-created_at",
)

TRIES = Past(
    "webhook_attempt",
    "select * from public.webhook_attempt where created_at + duration_ms * interval '1 ms' <= {at}",
)
"""A try is known from when its answer came, and as it is from then on; what is gone now is gone for
questions about the past, too."""

_ATTEMPTS = """
select * from webhook_attempt where tenant_id = $1 and delivery_id = $2 order by id limit 200
"""

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


async def list_attempts(reading: Reading, delivery_id: UUID) -> list[Attempt]:
    """The tries of a delivery that the caller may see."""
    await reading.get(Delivery, delivery_id)
    found = await reading.fetch(_ATTEMPTS, reading.tenant_id, delivery_id, of=(TRIES,))
    return [row(Attempt, record) for record in found]


async def get_health(reading: Reading, endpoint_id: UUID) -> dict[str, Any]:
    """How an endpoint that the caller may see takes what it is told."""
    endpoint = await reading.get(Endpoint, endpoint_id)
    (found,) = await reading.fetch(
        _HEALTH,
        reading.tenant_id,
        endpoint_id,
        endpoint.host,
        reading.at,
        reading.at - _RECENT,
        of=(TRIES, Delivery, Pulse, Host),
    )
    return {
        **found,
        "endpoint_id": endpoint_id,
        "status": endpoint.status,
        "notice": endpoint.notice,
        "breaker": "open" if found["breaker_until"] else "closed",
    }
