"""What comes in and goes out."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from crmkit.fields import (
    Code,
    Count,
    Flag,
    Instant,
    Label,
    MoneyIn,
    MoneyOut,
    Name,
    Patch,
    Strict,
)
from crmkit.web.answers import Read
from services.leads.account.domain import AccountGrade, AccountLifecycle, AccountTier

Preferences = Annotated[dict[Code, Label], Field(max_length=50)]
"""客户偏好 what they want and how, in the words of the house: `{"delivery": "before noon"}`."""


class AccountCreate(Strict):
    """A new account, owned by `owner_id` or the caller.

    `lifecycle` is for those that come over from elsewhere; else events move it on.
    """

    name: Name
    industry: Label = ""
    region: Label = ""
    country: Label = ""
    website: Label = ""
    employees: Count | None = None
    annual_revenue: MoneyIn | None = None
    parent_id: UUID | None = None
    owner_id: UUID | None = None
    grade: AccountGrade | None = None
    tier: AccountTier = AccountTier.ORDINARY
    is_important: Flag = False
    is_problem: Flag = False
    segment: Label = ""
    preferences: Preferences = Field(default_factory=dict)
    lifecycle: AccountLifecycle = AccountLifecycle.PROSPECT
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
    grade: AccountGrade | None = None
    tier: AccountTier = AccountTier.ORDINARY
    is_important: Flag = False
    is_problem: Flag = False
    segment: Label = ""
    preferences: Preferences = Field(default_factory=dict)


class LoseAccount(Strict):
    """流失 why they are no customer of ours any more, or will be none."""

    reason: Name


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
    grade: AccountGrade | None
    tier: AccountTier
    is_important: bool
    is_problem: bool
    segment: str
    preferences: dict[str, str]
    lifecycle: AccountLifecycle
    lifecycle_at: Instant | None
    customer_since: Instant | None
    lost_reason: str
    contacted_at: Instant | None
    created_at: Instant
    updated_at: Instant


class AccountNode(Read):
    """One account of a tree; the one that was asked for stands at level 0."""

    id: UUID
    parent_id: UUID | None
    level: int
    name: str
    lifecycle: AccountLifecycle
    owner_id: UUID


class AccountTree(BaseModel):
    """Level by level, each by name; `truncated` where there are more than 1,000."""

    items: list[AccountNode]
    truncated: bool
