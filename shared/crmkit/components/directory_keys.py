"""The local copy of API keys: what a service needs to let a program in without asking another."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from crmkit.db.pool import Connection, Database, encode
from crmkit.events.envelope import Wire
from crmkit.events.identity import KeyState
from crmkit.kernel.rights import Maker
from crmkit.web.keys import KnownKey

_KEY = """
select k.hash, k.old_hash, k.old_hash_until, k.roles, k.scopes, k.team, k.expires_at, k.revoked_at,
  m.active as maker_active, m.roles as maker_roles, m.team as maker_team
from directory_key k
left join directory_member m on m.tenant_id = k.tenant_id and m.id = k.maker_id
where k.tenant_id = $1 and k.id = $2
"""
_PUT_KEYS = """
insert into directory_key as t (tenant_id, id, version, hash, old_hash, old_hash_until, roles,
  scopes, team, maker_id, expires_at, revoked_at)
select tenant_id, id, version, hash, old_hash, old_hash_until, roles::jsonb,
  scopes::jsonb, team, maker_id, expires_at, revoked_at
from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::timestamptz[],
  $7::text[], $8::text[], $9::text[], $10::uuid[], $11::timestamptz[],
  $12::timestamptz[])
  w (tenant_id, id, version, hash, old_hash, old_hash_until, roles,
  scopes, team, maker_id, expires_at, revoked_at)
on conflict (tenant_id, id) do update set
  version = excluded.version, hash = excluded.hash, old_hash = excluded.old_hash,
  old_hash_until = excluded.old_hash_until, roles = excluded.roles, scopes = excluded.scopes,
  team = excluded.team, maker_id = excluded.maker_id, expires_at = excluded.expires_at,
  revoked_at = excluded.revoked_at
where t.version < excluded.version or (t.version = excluded.version and t.maker_id is null)
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
    "maker_id",
    "expires_at",
    "revoked_at",
)


async def find_key(database: Database, tenant_id: UUID, key_id: UUID) -> KnownKey | None:
    """The key as the directory knows it; the tenant is what the key says, and bound like any."""
    async with database.lend(tenant_id) as connection:
        found = await connection.fetchrow(_KEY, tenant_id, key_id)
    if found is None:
        return None
    known = dict(found)
    active, roles, team = (known.pop(f"maker_{name}") for name in ("active", "roles", "team"))
    maker = Maker(active, roles, team) if active is not None else None
    return KnownKey(**known, maker=maker)


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
        state.maker_id,
        state.expires_at,
        state.revoked_at,
    )
