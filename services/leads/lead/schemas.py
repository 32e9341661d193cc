"""What comes in and goes out."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, WithJsonSchema

from crmkit.fields import (
    Code,
    Custom,
    Email,
    Flag,
    Instant,
    Label,
    MoneyIn,
    MoneyOut,
    Name,
    Note,
    Patch,
    Phone,
    Strict,
)
from crmkit.web.answers import Read
from services.leads.lead.domain import Intent, LeadKind, LeadStatus, ScoreGrade
from services.leads.matching.domain import DuplicateRule


class LeadCreate(Strict):
    """A new lead. `received_at` comes from `Occurred-At`, or is now; `referrer_id` is the account
    that told them of us (连锁介绍法).

    With `duplicates: refuse` one whose phone or e-mail is a lead's already is refused, 409
    `lead.duplicate` with `candidates`; `override` creates it and says of which it is a duplicate.
    """

    company: Name
    contact_name: Label = ""
    email: Email | None = None
    phone: Phone | None = None
    source: Code
    need: Note = ""
    budget: MoneyIn | None = None
    product: Label = ""
    region: Label = ""
    owner_id: UUID | None = None
    channel_partner_id: UUID | None = None
    campaign_id: UUID | None = None
    referrer_id: UUID | None = None
    external_system: Code | None = None
    external_id: Name | None = None
    custom: Custom = Field(default_factory=dict)
    kind: LeadKind = LeadKind.DIRECT
    desire: Flag | None = None
    desire_note: Note = ""
    ability: Flag | None = None
    ability_note: Note = ""
    authority: Flag | None = None
    authority_note: Note = ""
    eligibility: Flag | None = None
    eligibility_note: Note = ""
    expected_price: MoneyIn | None = None
    duplicates: DuplicateRule = DuplicateRule.ALLOW


class LeadNamed(Strict):
    """What another system calls a lead."""

    system: Code
    external_id: Name


class LeadUpdate(Patch):
    """What may be changed by hand; what is left out stays."""

    company: Name = ""
    contact_name: Label = ""
    email: Email | None = None
    phone: Phone | None = None
    source: Code = ""
    need: Note = ""
    budget: MoneyIn | None = None
    product: Label = ""
    region: Label = ""
    owner_id: UUID | None = None
    channel_partner_id: UUID | None = None
    campaign_id: UUID | None = None
    referrer_id: UUID | None = None
    custom: Custom = Field(default_factory=dict)
    kind: LeadKind = LeadKind.DIRECT
    desire: Flag | None = None
    desire_note: Note = ""
    ability: Flag | None = None
    ability_note: Note = ""
    authority: Flag | None = None
    authority_note: Note = ""
    eligibility: Flag | None = None
    eligibility_note: Note = ""
    expected_price: MoneyIn | None = None


class QualifyLead(Patch):
    """客户意向确认 what was confirmed: need, intent, budget, and 甄别 four questions.

    Where one of the four is answered, here or before, all have to be answered with yes, else 422
    `lead.unqualified` names each that is not.
    """

    intent: Intent
    need: Note = ""
    budget: MoneyIn | None = None
    desire: Flag | None = None
    desire_note: Note = ""
    ability: Flag | None = None
    ability_note: Note = ""
    authority: Flag | None = None
    authority_note: Note = ""
    eligibility: Flag | None = None
    eligibility_note: Note = ""
    expected_price: MoneyIn | None = None


class DisqualifyLead(Strict):
    reason: Name


class ConvertLead(Strict):
    """The deal to be opened; account and name default to the lead's company.

    With `opportunity: false` only the account is there afterwards; `opportunity_id` names a deal
    that is open already, which the lead joins: its account is the lead's then. With
    `contact: true` the lead's contact is one of the account then, if it has one; `contact_id` names
    one who is there already, and with them the account. Asking again for the same deal answers with
    what there is.
    """

    account_id: UUID | None = None
    opportunity_id: UUID | None = None
    contact_id: UUID | None = None
    contact: Flag = False
    opportunity_name: Label = ""
    opportunity: Flag = True


UuidText = Annotated[str, WithJsonSchema({"type": "string", "format": "uuid"})]


class LeadRead(Read):
    id: UUID
    version: int
    company: str
    contact_name: str
    email: str | None
    phone: str | None
    source: str
    status: LeadStatus
    intent: Intent | None
    need: str
    budget: MoneyOut | None
    product: str
    region: str
    owner_id: UUID
    team: str
    received_at: Instant
    qualified_at: Instant | None
    converted_at: Instant | None
    disqualified_at: Instant | None
    disqualified_reason: str
    account_id: UUID | None
    opportunity_id: UUID | None
    contact_id: UUID | None
    campaign_id: UUID | None
    referrer_id: UUID | None
    ownership_protected_until: Instant | None
    external_system: str | None
    external_id: str | None
    custom: dict[str, Any]
    channel_partner_id: UUID | None
    pool_id: UUID | None
    claimed_at: Instant | None
    recycle_at: Instant | None
    protected: bool
    kind: LeadKind
    desire: bool | None
    desire_note: str
    ability: bool | None
    ability_note: str
    authority: bool | None
    authority_note: str
    eligibility: bool | None
    eligibility_note: str
    expected_price: MoneyOut | None
    duplicate_of: UUID | None
    merged_into: UUID | None
    merged_at: Instant | None
    merged_from: list[UuidText]
    first_response_due_at: Instant | None
    first_responded_at: Instant | None
    first_response_minutes: int | None
    response_overdue_at: Instant | None
    erased_at: Instant | None
    score: int | None
    grade: ScoreGrade | None
    scored_at: Instant | None
    created_at: Instant
    updated_at: Instant


CALLED = {
    "公司": "company",
    "公司名称": "company",
    "公司全称": "company",
    "客户名称": "company",
    "客户": "company",
    "企业名称": "company",
    "企业": "company",
    "单位": "company",
    "单位名称": "company",
    "company name": "company",
    "account": "company",
    "account name": "company",
    "customer": "company",
    "organisation": "company",
    "organization": "company",
    "联系人": "contact_name",
    "联系人姓名": "contact_name",
    "客户姓名": "contact_name",
    "姓名": "contact_name",
    "contact": "contact_name",
    "contact person": "contact_name",
    "full name": "contact_name",
    "last name": "contact_name",
    "邮箱": "email",
    "邮箱地址": "email",
    "电子邮箱": "email",
    "电子邮件": "email",
    "mail": "email",
    "email address": "email",
    "电话": "phone",
    "电话号码": "phone",
    "联系电话": "phone",
    "联系方式": "phone",
    "手机": "phone",
    "手机号": "phone",
    "手机号码": "phone",
    "mobile": "phone",
    "mobile phone": "phone",
    "telephone": "phone",
    "tel": "phone",
    "phone number": "phone",
    "来源": "source",
    "线索来源": "source",
    "客户来源": "source",
    "来源渠道": "source",
    "渠道": "source",
    "lead source": "source",
    "channel": "source",
    "需求": "need",
    "客户需求": "need",
    "需求描述": "need",
    "备注": "need",
    "notes": "need",
    "description": "need",
    "产品": "product",
    "产品名称": "product",
    "意向产品": "product",
    "product name": "product",
    "地区": "region",
    "区域": "region",
    "省份": "region",
    "城市": "region",
    "province": "region",
    "city": "region",
    "预算": "budget.amount",
    "预算金额": "budget.amount",
    "币种": "budget.currency",
    "需求愿望": "desire",
    "购买能力": "ability",
    "购买决定权": "authority",
    "资格": "eligibility",
    "期望价格": "expected_price.amount",
    "budget": "budget.amount",
    "currency": "budget.currency",
}
"""What files call the fields."""
