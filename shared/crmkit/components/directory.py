"""The local copy of tenants, people and keys that every service keeps, fed by identity's events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from crmkit.components import directory_keys
from crmkit.db.asof import Past
from crmkit.db.pool import Connection, Database, encode
from crmkit.db.reading import Reading
from crmkit.events.envelope import Wire
from crmkit.events.identity import KeyState, MemberState, TenantState
from crmkit.kernel.errors import Invalid
from crmkit.messaging.handlers import each_of, newest_of
from crmkit.messaging.mirrors import Mirror

_MEMBER = "select name, team, region, active from directory_member where tenant_id = $1 and id = $2"
_TENANT = """
select name, time_zone, base_currency, fiscal_year_start from directory_tenant where tenant_id = $1
"""
_REMEMBER_SECONDS = 2.0
_ZONE = "zone"
_NAMES = "select id, name from directory_member where tenant_id = $1"
_LEAVERS = "select id from directory_member where tenant_id = $1 and not active"
TENANTS = Past(
    "directory_tenant",
    """
  select distinct on (tenant_id) * from public.directory_tenant_version
  where recorded_at <= {at} order by tenant_id desc, version desc""",
)
MEMBERS = Past(
    "directory_member",
    """
  select distinct on (tenant_id, id) * from public.directory_member_version
  where recorded_at <= {at} order by tenant_id desc, id desc, version desc""",
)
"""Every version the directory has had, which folds keep beside the newest."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a record is; frozen into it, because figures are cut by it."""

    owner_id: UUID
    team: str
    region: str


@dataclass(frozen=True, slots=True)
class Tenant:
    """How a tenant reckons: zone, base currency, first month of the fiscal year."""

    name: str
    zone: ZoneInfo
    currency: str
    fiscal_year_start: int


UNKNOWN = Tenant("", ZoneInfo("UTC"), "USD", 1)
"""What holds until the tenant's own settings have arrived."""


async def owner(reading: Reading, owner_id: UUID | None) -> Owner:
    """The owner as the directory knows them; the caller where none is named.

    Invalid `owner.unknown` where nobody of that id works here, or not any more.
    """
    wanted = owner_id or reading.actor.member_id
    known = _remembered(reading, wanted)
    if known is not None:
        return known
    found = await reading.fetch(_MEMBER, reading.tenant_id, wanted)
    if found and found[0]["active"]:
        return _remember(reading, Owner(wanted, found[0]["team"], found[0]["region"]))
    if wanted == reading.actor.member_id and not found:
        return Owner(wanted, reading.actor.team, "")
    raise Invalid.field("owner_id", "owner.unknown", "nobody of that id works here")


def _remembered(reading: Reading, wanted: UUID) -> Owner | None:
    """The directory is a copy that lags by itself: another second or two changes nothing."""
    kept = reading.database.memory.find((reading.tenant_id, wanted))
    return kept[0] if kept is not None else None


def _remember(reading: Reading, known: Owner) -> Owner:
    reading.database.memory.keep((reading.tenant_id, known.owner_id), known, _REMEMBER_SECONDS)
    return known


async def tenant(reading: Reading) -> Tenant:
    """The caller's tenant."""
    found = await reading.fetch(_TENANT, reading.tenant_id, of=(TENANTS,))
    if not found:
        return UNKNOWN
    row = found[0]
    return Tenant(
        row["name"], ZoneInfo(row["time_zone"]), row["base_currency"], row["fiscal_year_start"]
    )


async def zone(reading: Reading) -> ZoneInfo:
    """Where the caller's tenant lives, as it was known at most two seconds ago."""

    async def ask() -> ZoneInfo:
        return (await tenant(reading)).zone

    return await reading.recall(_ZONE, ask, _REMEMBER_SECONDS)


async def find_leavers(database: Database, tenant_id: UUID) -> frozenset[UUID]:
    """The members who were deactivated; the tenant is what the token says, and bound like any."""
    async with database.lend(tenant_id) as connection:
        return frozenset(row["id"] for row in await connection.fetch(_LEAVERS, tenant_id))


async def names(reading: Reading) -> dict[UUID, str]:
    """What everybody is called, for tables that people read."""
    found = await reading.fetch(_NAMES, reading.tenant_id, of=(MEMBERS,))
    return {row["id"]: row["name"] for row in found}


class DirectoryCopy:
    """Keeps the directory up to date."""

    aggregates: ClassVar[frozenset[str]] = frozenset({"tenant", "member", "key"})

    @property
    def mirrors(self) -> tuple[Mirror, ...]:
        return (
            Mirror("directory_tenant", "tenant", _TENANT_COLUMNS, _tenants, key="tenant_id"),
            Mirror(
                "directory_member",
                "member",
                (*_MEMBER_COLUMNS, "roles"),
                _members,
                only="roles is not null",
            ),
            Mirror(
                "directory_key",
                "key",
                directory_keys.COLUMNS,
                directory_keys.key_rows,
                only="maker_id is not null",
            ),
            Mirror(
                "directory_tenant_version",
                "tenant",
                (*_TENANT_COLUMNS, *_TOLD_COLUMNS),
                _tenant_versions,
                key="tenant_id",
                versions=True,
                filled="event_id",
            ),
            Mirror(
                "directory_member_version",
                "member",
                (*_MEMBER_COLUMNS, *_TOLD_COLUMNS),
                _member_versions,
                versions=True,
                filled="event_id",
            ),
        )

    async def apply(self, connection: Connection, events: Sequence[Wire]) -> None:
        told = each_of(events)
        newest = {event.id for event in newest_of(told)}
        states = [(event, event.event().state) for event in told]
        for event, state in states:
            if isinstance(state, TenantState):
                if event.id in newest:
                    await connection.execute(_PUT_TENANT, *_tenant(event, state))
                await connection.execute(_KEEP_TENANT, *_tenant(event, state), *_told(event))
        members = [(e, s) for e, s in states if isinstance(s, MemberState)]
        if members:
            put = sorted(_with_roles(e, s, encode) for e, s in members if e.id in newest)
            kept = [(*_member(event, state), *_told(event)) for event, state in members]
            await connection.execute(_PUT_MEMBERS, *_columns(put))
            await connection.execute(_KEEP_MEMBERS, *_columns(kept))
        keys = [(e, s) for e, s in states if isinstance(s, KeyState) and e.id in newest]
        await directory_keys.put_keys(connection, keys)


def _columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _told(event: Wire) -> tuple[Any, ...]:
    return event.recordedat, event.id, event.type, event.actor


def _tenant(event: Wire, state: TenantState) -> tuple[Any, ...]:
    return (
        event.tenantid,
        event.aggregateversion,
        state.name,
        state.time_zone,
        state.base_currency,
        state.fiscal_year_start,
    )


def _member(event: Wire, state: MemberState) -> tuple[Any, ...]:
    return (
        event.tenantid,
        event.subject,
        event.aggregateversion,
        state.name,
        state.team,
        state.region,
        state.active,
    )


def _with_roles(
    event: Wire, state: MemberState, shown: Callable[[list[str]], Any] = list
) -> tuple[Any, ...]:
    return (*_member(event, state), shown(state.roles))


def _tenants(events: Sequence[Wire]) -> list[tuple[Any, ...]]:
    return [_tenant(event, event.event().state) for event in events]


def _members(events: Sequence[Wire]) -> list[tuple[Any, ...]]:
    return [_with_roles(event, event.event().state) for event in events]


def _tenant_versions(events: Sequence[Wire]) -> list[tuple[Any, ...]]:
    return [(*_tenant(event, event.event().state), *_told(event)) for event in events]


def _member_versions(events: Sequence[Wire]) -> list[tuple[Any, ...]]:
    return [(*_member(event, event.event().state), *_told(event)) for event in events]


_TOLD_COLUMNS = ("recorded_at", "event_id", "type", "actor")
_TENANT_COLUMNS = (
    "tenant_id",
    "version",
    "name",
    "time_zone",
    "base_currency",
    "fiscal_year_start",
)
_MEMBER_COLUMNS = ("tenant_id", "id", "version", "name", "team", "region", "active")
_PUT_TENANT = """
insert into directory_tenant as t
  (tenant_id, version, name, time_zone, base_currency, fiscal_year_start)
values ($1, $2, $3, $4, $5, $6)
on conflict (tenant_id) do update set
  version = excluded.version, name = excluded.name, time_zone = excluded.time_zone,
  base_currency = excluded.base_currency, fiscal_year_start = excluded.fiscal_year_start
where t.version < excluded.version
"""
_PUT_MEMBERS = """
insert into directory_member as t (tenant_id, id, version, name, team, region, active, roles)
select tenant_id, id, version, name, team, region, active, roles::jsonb from unnest(
  $1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::boolean[], $8::text[])
  w (tenant_id, id, version, name, team, region, active, roles)
on conflict (tenant_id, id) do update set
  version = excluded.version, name = excluded.name, team = excluded.team,
  region = excluded.region, active = excluded.active, roles = excluded.roles
where t.version < excluded.version or (t.version = excluded.version and t.roles is null)
"""
_KEEP_TENANT = """
insert into directory_tenant_version as t
  (tenant_id, version, name, time_zone, base_currency, fiscal_year_start,
   recorded_at, event_id, type, actor)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (tenant_id, version) do update set
  recorded_at = excluded.recorded_at, event_id = excluded.event_id, type = excluded.type,
  actor = excluded.actor
where t.event_id is null
"""
_KEEP_MEMBERS = """
insert into directory_member_version as t
  (tenant_id, id, version, name, team, region, active, recorded_at, event_id, type, actor)
select * from unnest(
  $1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::boolean[],
  $8::timestamptz[], $9::uuid[], $10::text[], $11::text[])
on conflict (tenant_id, id, version) do update set
  recorded_at = excluded.recorded_at, event_id = excluded.event_id, type = excluded.type,
  actor = excluded.actor
where t.event_id is null
"""
