"""What comes in and goes out."""

from uuid import UUID

from crmkit.fields import Code, Count, Instant, Label, MoneyIn, MoneyOut, Name, Patch, Strict
from crmkit.web.answers import Read


class AccountCreate(Strict):
    """A new account, owned by `owner_id` or the caller."""

    name: Name
    industry: Label = ""
    region: Label = ""
    country: Label = ""
    website: Label = ""
    employees: Count | None = None
    annual_revenue: MoneyIn | None = None
    parent_id: UUID | None = None
    owner_id: UUID | None = None
    external_system: Code | None = None
    external_id: Name | None = None


class AccountUpdate(Patch):
    """What may be changed by hand; what is left out stays."""

    name: Name = ""
    industry: Label = ""
    region: Label = ""
    country: Label = ""
    website: Label = ""
    employees: Count | None = None
    annual_revenue: MoneyIn | None = None
    parent_id: UUID | None = None
    owner_id: UUID | None = None


class AccountRead(Read):
    id: UUID
    version: int
    name: str
    industry: str
    region: str
    country: str
    website: str
    employees: int | None
    annual_revenue: MoneyOut | None
    parent_id: UUID | None
    owner_id: UUID
    team: str
    external_system: str | None
    external_id: str | None
    contacted_at: Instant | None
    created_at: Instant
    updated_at: Instant
