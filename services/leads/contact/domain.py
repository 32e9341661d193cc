"""联系人 rules about the people at an account."""

from datetime import datetime
from uuid import UUID

from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.labels import Labelled
from crmkit.kernel.phones import e164


class ContactRole(Labelled):
    """What somebody has to say when their company buys."""

    DECIDER = "decider", "决策人", "Decides"
    INFLUENCER = "influencer", "影响者", "Influences"
    USER = "user", "使用者", "Uses it"
    BUYER = "buyer", "采购", "Buys"
    FINANCE = "finance", "财务", "Pays"
    OTHER = "other", "其他", "Other"


class ContactChannel(Labelled):
    """How somebody wants to be reached."""

    PHONE = "phone", "电话", "Phone"
    EMAIL = "email", "邮件", "E-mail"
    MESSAGE = "message", "消息", "Message"
    VISIT = "visit", "拜访", "Visit"


def dialled(text: str | None, country: str) -> str | None:
    """The number as E.164, read as one of the account's country.

    Invalid `phone.invalid` where it is none.
    """
    if text is None:
        return None
    number = e164(text, country)
    if number is None:
        raise Invalid.field("phone", "phone.invalid", "no network has a number like that")
    return number


def demand_newer(rated_at: datetime | None, at: datetime) -> None:
    """Conflict `contact.rated_since` where the relationship was judged after that already."""
    if rated_at is not None and at < rated_at:
        raise Conflict("they were rated after that already", code="contact.rated_since")


def demand_there(works_at: UUID, named: UUID | None) -> None:
    """Invalid `contact.elsewhere` where an account is named that is not the contact's."""
    if named not in (None, works_at):
        raise Invalid.field("contact_id", "contact.elsewhere", "they are at another account")
