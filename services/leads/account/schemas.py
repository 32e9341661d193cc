"""What comes in and goes out."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from crmkit.fields import (
    Code,
    Count,
    Custom,
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

Preferences = Annotated[
    dict[Code, Label], Field(max_length=50, json_schema_extra={"additionalProperties": False})
]
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
    custom: Custom = Field(default_factory=dict)


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
    custom: Custom = Field(default_factory=dict)


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
    erased_at: Instant | None
    custom: dict[str, Any]
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


CALLED = {
    "客户名称": "name",
    "客户": "name",
    "公司": "name",
    "公司名称": "name",
    "企业": "name",
    "企业名称": "name",
    "单位名称": "name",
    "company": "name",
    "company name": "name",
    "account": "name",
    "account name": "name",
    "organisation": "name",
    "organization": "name",
    "行业": "industry",
    "所属行业": "industry",
    "industry type": "industry",
    "地区": "region",
    "区域": "region",
    "省份": "region",
    "城市": "region",
    "province": "region",
    "city": "region",
    "国家": "country",
    "网站": "website",
    "网址": "website",
    "官网": "website",
    "url": "website",
    "homepage": "website",
    "员工数": "employees",
    "人数": "employees",
    "人员规模": "employees",
    "headcount": "employees",
    "number of employees": "employees",
    "年收入": "annual_revenue.amount",
    "年营业额": "annual_revenue.amount",
    "营业额": "annual_revenue.amount",
    "revenue": "annual_revenue.amount",
    "annual revenue": "annual_revenue.amount",
    "币种": "annual_revenue.currency",
    "currency": "annual_revenue.currency",
    "客户等级": "grade",
    "等级": "grade",
    "rating": "grade",
    "客户级别": "tier",
    "大客户": "tier",
    "重要客户": "is_important",
    "问题客户": "is_problem",
    "细分市场": "segment",
    "客户类型": "segment",
    "type": "segment",
}
"""What files call the fields."""
