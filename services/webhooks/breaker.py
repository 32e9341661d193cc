"""What tries leave behind: the breaker of each host, the pulse of each endpoint.

A host that did not answer ten tries in a row is left alone for a minute, then two, four, eight and
fifteen; each time one try of an endpoint asks whether it is back. Kept for each tenant apart: what
one sends to a host is nobody else's fault. Nothing is written while all goes well.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from crmkit.db.pool import Database

OPENS_AFTER = 10
"""Tries in a row that a host did not answer."""

_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(minutes=15)

_BLAME = """
insert into webhook_host (tenant_id, id, version, created_at, updated_at, host, failures)
values ($1, uuidv7(), 1, $3, $3, $2, 1)
on conflict (tenant_id, host) do update set
  failures = webhook_host.failures + 1, updated_at = $3,
  open_until = case when webhook_host.failures + 1 >= $4
    then $3::timestamptz + least($6::interval,
      $5::interval * 2 ^ least(webhook_host.failures + 1 - $4, 10)) end
where webhook_host.open_until is null or webhook_host.open_until <= $3
"""
_ACQUIT = """
insert into webhook_host (tenant_id, id, version, created_at, updated_at, host, failures)
values ($1, uuidv7(), 1, $3, $3, $2, 0)
on conflict (tenant_id, host) do update set failures = 0, open_until = null, updated_at = $3
"""
_FAILED = """
insert into webhook_pulse (tenant_id, id, version, created_at, updated_at, failures, failing_since,
  notices)
values ($1, $2, 1, $3, $3, 1, $3, 0)
on conflict (tenant_id, id) do update set
  failures = webhook_pulse.failures + 1, updated_at = $3,
  failing_since = coalesce(webhook_pulse.failing_since, $3)
returning failures, failing_since, notices
"""
_TOOK = """
insert into webhook_pulse (tenant_id, id, version, created_at, updated_at, failures, succeeded_at,
  notices)
values ($1, $2, 1, $3, $3, 0, $3, 0)
on conflict (tenant_id, id) do update set
  failures = 0, failing_since = null, succeeded_at = $3, notices = 0, updated_at = $3
returning failures, failing_since, coalesce(old.notices, 0) as notices
"""
_NOTED = "update webhook_pulse set notices = $3 where tenant_id = $1 and id = $2"


@dataclass(frozen=True, slots=True)
class Pulse:
    """How an endpoint does after a try: failures in a row, since when, notices given before."""

    failures: int
    failing_since: datetime | None
    notices: int


async def blame_host(system: Database, tenant_id: UUID, host: str, now: datetime) -> None:
    """The host did not answer; tries that were under way when its breaker opened count for one."""
    async with system.system() as connection:
        await connection.execute(_BLAME, tenant_id, host, now, OPENS_AFTER, _SHORTEST, _LONGEST)


async def acquit_host(system: Database, tenant_id: UUID, host: str, now: datetime) -> None:
    """The host answered: its breaker closes."""
    async with system.system() as connection:
        await connection.execute(_ACQUIT, tenant_id, host, now)


async def beat(
    system: Database, tenant_id: UUID, endpoint_id: UUID, now: datetime, *, took: bool
) -> Pulse:
    """Count a try of the endpoint."""
    async with system.system() as connection:
        found = await connection.fetchrow(_TOOK if took else _FAILED, tenant_id, endpoint_id, now)
    return Pulse(**dict(found or {}))


async def note(system: Database, tenant_id: UUID, endpoint_id: UUID, notices: int) -> None:
    """Remember how many notices its owner has had."""
    async with system.system() as connection:
        await connection.execute(_NOTED, tenant_id, endpoint_id, notices)
