"""What comes in and goes out."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from crmkit.fields import Code, Custom, Email, Flag, Instant, Label, Name, Patch, Phone, Strict
from crmkit.web.answers import Read
from services.leads.contact.domain import ContactChannel, ContactRole

Level = Annotated[int, Field(strict=True, ge=1, le=5)]
"""关系等级 from 1, known by name, to 5, on our side."""
Language = Annotated[
    str, StringConstraints(max_length=5, pattern=r"^[a-z]{2}(-[A-Z]{2})?$"), Field(examples=["zh"])
]


class ContactCreate(Strict):
    """Somebody new at an account, whose owner they have.

    `phone` is kept as E.164; without a country code it is one of the account's country.
    """

    account_id: UUID
    name: Name
    title: Label = ""
    role: ContactRole | None = None
    email: Email | None = None
    phone: Phone | None = None
    is_primary: Flag = False
    relationship_level: Level | None = None
    preferred_channel: ContactChannel | None = None
    language: Language | None = None
    do_not_contact: Flag = False
    external_system: Code | None = None
    external_id: Name | None = None
    custom: Custom = Field(default_factory=dict)


class ContactUpdate(Patch):
    """What may be changed by hand; what is left out stays."""

    account_id: UUID = UUID(int=0)
    name: Name = ""
    title: Label = ""
    role: ContactRole | None = None
    email: Email | None = None
    phone: Phone | None = None
    is_primary: Flag = False
    preferred_channel: ContactChannel | None = None
    language: Language | None = None
    do_not_contact: Flag = False
    custom: Custom = Field(default_factory=dict)


class RateContact(Strict):
    """关系等级 how well we know them, as of `Occurred-At`, or now."""

    level: Level


class ContactRead(Read):
    id: UUID
    version: int
    account_id: UUID
    name: str
    title: str
    role: ContactRole | None
    email: str | None
    phone: str | None
    is_primary: bool
    relationship_level: int | None
    relationship_at: Instant | None
    preferred_channel: ContactChannel | None
    language: str | None
    do_not_contact: bool
    owner_id: UUID
    team: str
    external_system: str | None
    external_id: str | None
    erased_at: Instant | None
    custom: dict[str, Any]
    created_at: Instant
    updated_at: Instant


CALLED = {
    "姓名": "name",
    "联系人": "name",
    "联系人姓名": "name",
    "full name": "name",
    "contact": "name",
    "contact name": "name",
    "客户编号": "account.external_id",
    "account id": "account.external_id",
    "客户名称": "account.name",
    "客户": "account.name",
    "公司": "account.name",
    "公司名称": "account.name",
    "account": "account.name",
    "account name": "account.name",
    "company": "account.name",
    "职务": "title",
    "职位": "title",
    "头衔": "title",
    "job title": "title",
    "position": "title",
    "角色": "role",
    "决策角色": "role",
    "邮箱": "email",
    "电子邮箱": "email",
    "电子邮件": "email",
    "mail": "email",
    "email address": "email",
    "电话": "phone",
    "手机": "phone",
    "手机号": "phone",
    "手机号码": "phone",
    "联系电话": "phone",
    "mobile": "phone",
    "telephone": "phone",
    "tel": "phone",
    "phone number": "phone",
    "主要联系人": "is_primary",
    "首要联系人": "is_primary",
    "primary": "is_primary",
    "关系等级": "relationship_level",
    "语言": "language",
    "请勿联系": "do_not_contact",
    "勿扰": "do_not_contact",
    "opt out": "do_not_contact",
}
"""What files call the fields."""
