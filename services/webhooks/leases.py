"""The dispatcher's hold on deliveries: a row is its own until the lease runs out (rule 22)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from crmkit.db.pool import Database
from crmkit.kernel import ids
from services.webhooks.delivery.domain import Answer, Verdict

LEASE = timedelta(seconds=30)
PER_ENDPOINT = 4

_FIRST = "select pg_try_advisory_xact_lock(hashtext('crm.webhook_settle'))"
_HOLD = """
update webhook_delivery d set
  state = case when e.deleted_at is null then 'paused' else 'exhausted' end,
  last_error = case when e.deleted_at is null then d.last_error else 'endpoint deleted' end,
  updated_at = $1
from endpoint e
where (e.status <> 'active' or e.deleted_at is not null)
  and d.tenant_id = e.tenant_id and d.endpoint_id = e.id and d.state = 'pending'
"""
_LET_GO = """
update webhook_delivery d set state = 'pending', next_at = $1, updated_at = $1
from endpoint e
where e.status = 'active' and e.deleted_at is null
  and d.tenant_id = e.tenant_id and d.endpoint_id = e.id and d.state = 'paused'
"""
_CLAIM = """
with due as (
  select d.tenant_id, d.id, e.url, e.secret, e.old_secret, e.old_secret_until
  from endpoint e
  cross join lateral (
    select count(*) as n from webhook_delivery b
    where b.tenant_id = e.tenant_id and b.endpoint_id = e.id and b.lease_until > $1
  ) busy
  cross join lateral (
    select d.tenant_id, d.id, d.attempts, d.next_at, d.event_cursor from webhook_delivery d
    where d.tenant_id = e.tenant_id and d.endpoint_id = e.id and d.state = 'pending'
      and d.next_at <= $1 and (d.lease_until is null or d.lease_until <= $1)
    order by d.next_at, d.event_cursor
    limit greatest(0, $5 - busy.n)
    for update skip locked
  ) d
  where e.status = 'active' and e.deleted_at is null
  order by d.attempts > 0, d.next_at, d.event_cursor
  limit $4
)
update webhook_delivery d
set lease_until = $2, lease_token = $3, attempts = d.attempts + 1, updated_at = $1
from due where d.tenant_id = due.tenant_id and d.id = due.id
returning d.tenant_id, d.id, d.endpoint_id, d.event_id, d.body, d.attempts, d.replays,
  d.lease_token, due.url, due.secret, due.old_secret, due.old_secret_until
"""
_FINISH = """
with mine as (
  update webhook_delivery set
    state = case when $4 = 'pending' then state else $4 end,
    next_at = $5, lease_until = null, lease_token = null,
    last_status = $6, last_error = $7, updated_at = $8,
    delivered_at = case when $4 = 'delivered' then $8 else delivered_at end
  where tenant_id = $1 and id = $2 and lease_token = $3
  returning tenant_id, id
)
insert into webhook_attempt (tenant_id, id, version, created_at, updated_at, delivery_id, status,
  error, duration_ms, answer)
select tenant_id, uuidv7(), 1, $8, $8, id, $6, $7, $9, $10 from mine
returning 1
"""
_SILENT = """
select not exists (
  select from webhook_delivery d where d.tenant_id = $1 and d.endpoint_id = $2
    and d.delivered_at >= (select created_at from webhook_delivery where tenant_id = $1 and id = $3)
)
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery to be tried now, and where to; secrets are sealed still."""

    tenant_id: UUID
    id: UUID
    endpoint_id: UUID
    event_id: UUID
    body: str
    attempts: int
    replays: int
    lease_token: UUID
    url: str
    secret: str
    old_secret: str | None
    old_secret_until: datetime | None


async def settle(system: Database, now: datetime) -> None:
    """Let what is due wait where its endpoint does not listen, and go on where it does again."""
    async with system.transaction() as connection:
        if await connection.fetchval(_FIRST):
            await connection.execute(_HOLD, now)
            await connection.execute(_LET_GO, now)


async def claim(system: Database, now: datetime, limit: int) -> list[Claim]:
    """Up to so many due deliveries, leased in one short statement, first tries first."""
    async with system.system() as connection:
        found = await connection.fetch(_CLAIM, now, now + LEASE, ids.new(), limit, PER_ENDPOINT)
    return [Claim(**row) for row in found]


async def finish(
    system: Database, claimed: Claim, answer: Answer, verdict: Verdict, now: datetime
) -> bool:
    """Write what became of a try; False, and nothing, where the lease was lost meanwhile."""
    async with system.system() as connection:
        written = await connection.fetchval(
            _FINISH,
            claimed.tenant_id,
            claimed.id,
            claimed.lease_token,
            verdict.state.value,
            verdict.next_at,
            answer.status,
            answer.error,
            now,
            answer.duration_ms,
            answer.excerpt,
        )
    return written is not None


async def is_silent(system: Database, claimed: Claim) -> bool:
    """Whether the endpoint has taken nothing since this delivery began."""
    async with system.system() as connection:
        silent: bool = await connection.fetchval(
            _SILENT, claimed.tenant_id, claimed.endpoint_id, claimed.id
        )
    return silent
