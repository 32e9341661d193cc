"""The dispatcher's hold on deliveries: a row is its own until the lease runs out (rule 22)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from crmkit.db.pool import Database
from crmkit.kernel import ids
from crmkit.kernel.keyring import Keyring
from services.webhooks.delivery.domain import Answer, Verdict

LEASE = timedelta(seconds=30)
PER_ENDPOINT = 8
Key = tuple[UUID, UUID]
"""A try: its delivery and the token of its lease."""

_FIRST = "select pg_try_advisory_xact_lock(hashtext('crm.webhook_settle'))"
_HOLD = """
update webhook_delivery d set
  state = case when e.deleted_at is null then 'paused' else 'exhausted' end,
  live = d.live and e.deleted_at is null,
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
_CANCEL = """
update webhook_delivery d set
  state = case when d.delivered_at is not null then 'delivered'
    when d.live then 'exhausted' else 'skipped' end,
  updated_at = $1
from webhook_replay r
where r.state = 'canceled' and d.tenant_id = r.tenant_id and d.replay_id = r.id
  and d.state in ('pending', 'paused') and (d.lease_until is null or d.lease_until <= $1)
"""
# Live deliveries and replays are looked for apart, so that a long replay is not read through to
# find what is new. A host that is not known to answer gets one place; an endpoint's replays get one
# beside those of its live deliveries. Nobody waits for the disk: a lease that PostgreSQL forgets as
# it crashes is of a try under way, which is made again, as it is where a dispatcher crashes.
_CLAIM = """
with due as (
  select d.*, e.url, e.host, e.ordered, e.secrets, e.sealed, e.resumed_at,
    p.failures, h.failures as host_failures, coalesce(h.failures, 1) > 0 as suspect
  from endpoint e
  left join webhook_host h on h.tenant_id = e.tenant_id and h.host = e.host
  left join webhook_pulse p on p.tenant_id = e.tenant_id and p.id = e.id
  left join unnest($7::uuid[], $8::int[]) q (id, extra) on q.id = e.id
  cross join lateral (
    select count(*) as n, count(*) filter (where b.replay_id is not null) as replays
    from webhook_delivery b
    where b.tenant_id = e.tenant_id and b.endpoint_id = e.id and b.lease_until > $1
  ) busy
  cross join lateral (
    select * from (
      select d.tenant_id, d.id, d.attempts, d.next_at, d.event_cursor from webhook_delivery d
      where d.tenant_id = e.tenant_id and d.endpoint_id = e.id and d.state = 'pending'
        and d.next_at <= $1 and (d.lease_until is null or d.lease_until <= $1)
        and d.replay_id is null
        and (not e.ordered or not exists (
          select from webhook_delivery b
          where b.tenant_id = e.tenant_id and b.endpoint_id = e.id
            and b.aggregate_id = d.aggregate_id and b.event_cursor < d.event_cursor
            and b.state in ('pending', 'paused', 'exhausted') and (b.live or not d.live)))
      order by d.next_at, d.event_cursor
      limit greatest(0, case when coalesce(h.failures, 1) > 0 then 1
        else $5 + coalesce(q.extra, 0) end - (busy.n - busy.replays))
      for update skip locked
    ) live
    union all
    select * from (
      select d.tenant_id, d.id, d.attempts, d.next_at, d.event_cursor from webhook_delivery d
      where d.tenant_id = e.tenant_id and d.endpoint_id = e.id and d.state = 'pending'
        and d.next_at <= $1 and (d.lease_until is null or d.lease_until <= $1)
        and d.replay_id is not null
        and (not e.ordered or not exists (
          select from webhook_delivery b
          where b.tenant_id = e.tenant_id and b.endpoint_id = e.id
            and b.aggregate_id = d.aggregate_id and b.event_cursor < d.event_cursor
            and b.state in ('pending', 'paused', 'exhausted') and (b.live or not d.live)))
      order by d.next_at, d.event_cursor
      limit case when busy.replays = 0 and (busy.n = 0 or coalesce(h.failures, 1) = 0)
        then 1 else 0 end
      for update skip locked
    ) replayed
  ) d
  where e.status = 'active' and e.deleted_at is null
    and (h.open_until is null or h.open_until <= $1)
), ranked as (
  select *, row_number() over (partition by suspect order by attempts > 0, next_at, event_cursor)
    as place
  from due
), chosen as (
  select * from ranked where not suspect or place <= $6
  order by suspect, place limit $4
), undelayed as (
  select set_config('synchronous_commit', 'off', true)
)
update webhook_delivery d
set lease_until = $2, lease_token = $3, attempts = d.attempts + 1, updated_at = $1
from chosen c, undelayed where d.tenant_id = c.tenant_id and d.id = c.id
returning d.tenant_id, d.id, d.endpoint_id, d.event_id, d.body, d.attempts, d.replays,
  d.lease_token, c.url, c.host, c.ordered, c.secrets, c.sealed, c.resumed_at, c.failures,
  c.host_failures, c.suspect
"""
_FINISH = """
with mine as (
  update webhook_delivery d set
    state = case when r.state = 'pending' then d.state else r.state end,
    live = d.live and (r.state = 'pending' or (r.state = 'exhausted' and r.ordered)),
    next_at = r.next_at, lease_until = null, lease_token = null,
    last_status = r.status, last_error = r.error, updated_at = r.at,
    delivered_at = case when r.state = 'delivered' then r.at else d.delivered_at end
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::int[],
    $7::text[], $8::timestamptz[], $9::int[], $10::text[], $11::boolean[])
    r (tenant_id, id, token, state, next_at, status, error, at, duration_ms, answer, ordered)
  where d.tenant_id = r.tenant_id and d.id = r.id and d.lease_token = r.token
  returning d.tenant_id, d.id, d.endpoint_id, r.token, r.at, r.status, r.error, r.duration_ms,
    r.answer
), kept as (
  insert into webhook_attempt (tenant_id, id, version, created_at, updated_at, delivery_id,
    endpoint_id, status, error, duration_ms, answer)
  select tenant_id, uuidv7(), 1, at, at, id, endpoint_id, status, error, duration_ms, answer
  from mine
)
select id, token from mine
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
    host: str
    ordered: bool
    secrets: list[dict[str, Any]]
    sealed: dict[str, str]
    resumed_at: datetime | None
    failures: int | None
    """Of the endpoint in a row, before this try; None where it was never tried."""

    host_failures: int | None
    suspect: bool
    """Its host is not known to answer."""

    @property
    def keyring(self) -> Keyring:
        return Keyring(self.secrets, self.sealed)


@dataclass(frozen=True, slots=True)
class Tried:
    """A try that is over."""

    claimed: Claim
    answer: Answer
    verdict: Verdict
    now: datetime

    @property
    def key(self) -> Key:
        return self.claimed.id, self.claimed.lease_token


async def present(system: Database) -> datetime:
    """The instant by which leases and what is due are told: the database's, which all who claim
    share, so that no worker's clock can make them wait or take what another has in its hands."""
    async with system.system() as connection:
        now: datetime = await connection.fetchval("select now()")
    return now


async def settle(system: Database, now: datetime) -> None:
    """Let what is due wait where its endpoint does not listen, and go on where it does again."""
    async with system.transaction() as connection:
        if await connection.fetchval(_FIRST):
            await connection.execute(_HOLD, now)
            await connection.execute(_LET_GO, now)
            await connection.execute(_CANCEL, now)


async def claim(
    system: Database,
    now: datetime,
    limit: int,
    suspects: int | None = None,
    extra: Mapping[UUID, int] = MappingProxyType({}),
) -> list[Claim]:
    """Up to so many due deliveries, leased in one short statement, first tries first.

    No more than `suspects` (half of `limit` by default) go to hosts not known to answer, so that
    however many of them hang, there is room for the others. `extra` are places of endpoints beyond
    the usual ones.
    """
    most = limit // 2 if suspects is None else suspects
    more = [*extra], [*extra.values()]
    async with system.system() as connection:
        found = await connection.fetch(
            _CLAIM, now, now + LEASE, ids.new(), limit, PER_ENDPOINT, most, *more
        )
    return [Claim(**row) for row in found]


async def finish(system: Database, tries: Sequence[Tried]) -> set[Key]:
    """Write what became of tries; of which it was written.

    Nothing is written of those whose lease was lost meanwhile.
    """
    rows = [
        (
            each.claimed.tenant_id,
            each.claimed.id,
            each.claimed.lease_token,
            each.verdict.state.value,
            each.verdict.next_at,
            each.answer.status,
            each.answer.error,
            each.now,
            each.answer.duration_ms,
            each.answer.excerpt,
            each.claimed.ordered,
        )
        for each in tries
    ]
    async with system.system() as connection:
        written = await connection.fetch(_FINISH, *map(list, zip(*rows, strict=True)))
    return {(row["id"], row["token"]) for row in written}


async def is_silent(system: Database, claimed: Claim) -> bool:
    """Whether the endpoint has taken nothing since this delivery began."""
    async with system.system() as connection:
        silent: bool = await connection.fetchval(
            _SILENT, claimed.tenant_id, claimed.endpoint_id, claimed.id
        )
    return silent
