"""What comes in and goes out."""

from typing import Any
from uuid import UUID

from crmkit.fields import Code, Instant, Label, MoneyIn, MoneyOut, Name, Patch, Strict
from crmkit.web.answers import Read
from services.contracts.contract.domain import ContractStatus

_LEFT_OUT: Any = None


class ContractCreate(Strict):
    """A new draft, owned by `owner_id` or the caller."""

    title: Name
    account_id: UUID | None = None
    opportunity_id: UUID | None = None
    amount: MoneyIn
    owner_id: UUID | None = None
    product: Label = ""
    source: Code = ""
    region: Label = ""


class ContractUpdate(Patch):
    """What may be changed of a draft; what is left out stays."""

    title: Name = ""
    account_id: UUID | None = None
    opportunity_id: UUID | None = None
    amount: MoneyIn = _LEFT_OUT
    owner_id: UUID = _LEFT_OUT
    product: Label = ""
    source: Code = ""
    region: Label = ""


class ContractRead(Read):
    """`collected` is what has come in so far; `plan_revision` counts the instalment plans;
    `account_tier` is what the account was when the contract was signed."""

    id: UUID
    version: int
    number: str
    title: str
    status: ContractStatus
    opportunity_id: UUID | None
    account_id: UUID | None
    amount: MoneyOut
    collected: MoneyOut
    plan_revision: int
    product: str
    source: str
    owner_id: UUID
    team: str
    region: str
    drafted_at: Instant
    signed_at: Instant | None
    completed_at: Instant | None
    voided_at: Instant | None
    void_reason: str
    campaign_id: UUID | None
    channel_partner_id: UUID | None
    account_tier: str
    created_at: Instant
    updated_at: Instant
