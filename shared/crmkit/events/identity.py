"""What identity tells: tenants, the people who work there, and the keys of programs."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from crmkit.events.envelope import Event, State


class TenantState(State):
    """A tenant; days, weeks and months are cut in `time_zone` (IANA name)."""

    name: str
    time_zone: str
    base_currency: str
    fiscal_year_start: int


class MemberState(State):
    """A person; `team` is a path such as `cn/east/shanghai-1`."""

    name: str
    email: str | None
    team: str
    region: str
    roles: list[str]
    active: bool
    external_system: str | None = None
    external_id: str | None = None
    manager_id: UUID | None = None


class KeyState(State):
    """An API key. The hashes travel to the services that let it in; all others are told null.

    Until `old_hash_until` the secret before the last rotation holds too. `maker_id` is who made it.
    """

    private: ClassVar[frozenset[str]] = frozenset({"hash", "old_hash"})

    name: str
    prefix: str
    hash: str | None
    old_hash: str | None
    old_hash_until: datetime | None
    roles: list[str]
    scopes: list[str]
    team: str
    maker_id: UUID
    expires_at: datetime | None
    revoked_at: datetime | None


class TenantCreated(Event[TenantState], type="tenant.created.v1"):
    """A tenant was set up."""


class TenantUpdated(Event[TenantState], type="tenant.updated.v1"):
    """A tenant's name, zone, currency or calendar changed."""


class MemberCreated(Event[MemberState], type="member.created.v1"):
    """A person joined."""


class MemberUpdated(Event[MemberState], type="member.updated.v1"):
    """A person's name, team, region or roles changed."""


class MemberDeactivated(Event[MemberState], type="member.deactivated.v1"):
    """A person left; what they owned keeps their name."""


class MemberReactivated(Event[MemberState], type="member.reactivated.v1"):
    """A person came back."""


class KeyCreated(Event[KeyState], type="key.created.v1"):
    """A program was let in."""


class KeyUpdated(Event[KeyState], type="key.updated.v1"):
    """A key was given another name."""


class KeyRotated(Event[KeyState], type="key.rotated.v1"):
    """A key got a new secret; the old one holds beside it for a while."""


class KeyRevoked(Event[KeyState], type="key.revoked.v1"):
    """A key holds no longer, at once and for good."""
