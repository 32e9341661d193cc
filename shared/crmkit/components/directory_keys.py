"""The local copy of API keys: what a service needs to let a program in without asking another."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from crmkit.db.pool import Connection, Database, encode
from crmkit.events.envelope import Wire
from crmkit.events.identity import KeyState
from crmkit.web.keys import KnownKey

_KEY = """
select hash, old_hash, old_hash_until, roles, scopes, team, expires_at, revoked_at
from directory_key where tenant_id = $1 and id = $2
"""
_PUT_KEYS = """
insert into directory_key as t (tenant_id, id, version, hash, old_hash, old_hash_until, roles,
  scopes, team, expires_at, revoked_at)
select tenant_id, id, version, hash, old_hash, old_hash_until, roles::jsonb,
  scopes::jsonb, team, expires_at, revoked_at
from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::timestamptz[],
  $7::text[], $8::text[], $9::text[], $10::timestamptz[], $11::timestamptz[])
  w (tenant_id, id, version, hash, old_hash, old_hash_until, roles,
  scopes, team, expires_at, revoked_at)
on conflict (tenant_id, id) do update set
  version = excluded.version, hash = excluded.hash, old_hash = excluded.old_hash,
  old_hash_until = excluded.old_hash_until, roles = excluded.roles, scopes = excluded.scopes,
  team = excluded.team, expires_at = excluded.expires_at, revoked_at = excluded.revoked_at
where t.version < excluded.version
"""


COLUMNS = (
    "tenant_id",
    "id",
    "version",
    "hash",
    "old_hash",
    "old_hash_until",
    "roles",
    "scopes",
    "team",
    "expires_at",
    "revoked_at",
)


async def find_key(database: Database, tenant_id: UUID, key_id: UUID) -> KnownKey | None:
    """The key as the directory knows it; the tenant is what the key says, and bound like any."""
    async with database.lend(tenant_id) as connection:
        found = await connection.fetchrow(_KEY, tenant_id, key_id)
    return KnownKey(**found) if found else None


async def put_keys(connection: Connection, states: Sequence[tuple[Wire, KeyState]]) -> None:
    """Keep the newest state of each key."""
    if states:
        rows = [_row(event, state) for event, state in states]
        kept = [[encode(v) if isinstance(v, list) else v for v in row] for row in rows]
        await connection.execute(_PUT_KEYS, *map(list, zip(*kept, strict=True)))


def key_rows(events: Sequence[Wire]) -> list[tuple[Any, ...]]:
    """The values of COLUMNS, event by event."""
    return [_row(event, event.event().state) for event in events]


def _row(event: Wire, state: KeyState) -> tuple[Any, ...]:
    return (
        event.tenantid,
        event.subject,
        event.aggregateversion,
        state.hash,
        state.old_hash,
        state.old_hash_until,
        state.roles,
        state.scopes,
        state.team,
        state.expires_at,
        state.revoked_at,
    )
