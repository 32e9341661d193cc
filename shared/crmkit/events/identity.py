"""What identity tells: tenants and the people who work there."""

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
