"""表单 what a form may send, from where, and with which key."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from crmkit.kernel.errors import Conflict, Fault, Forbidden, Invalid, TooMany

MARK = "crm_form_"
"""How the keys of forms begin."""

ANYWHERE = "*"
FIELDS = (
    "company",
    "contact_name",
    "email",
    "phone",
    "need",
    "product",
    "region",
    "budget",
)
"""What a form may take, besides a tenant's own fields as `custom.<key>`."""

MOST_FAILURES = 500
"""Refused rows that are kept of a form and a day; further ones are counted only."""

_MOST_NAME = 64


def is_named(origins: Collection[str], origin: str) -> bool:
    """Whether a form takes rows from pages of that origin."""
    return not {origin, ANYWHERE}.isdisjoint(origins)


def demand_origin(origins: Collection[str], origin: str | None) -> None:
    """Forbidden `capture.origin` where a page that the form does not name sends.

    Who is no browser sends no origin and is let through: this keeps pages from using a form that is
    not theirs, and nobody else.
    """
    if origin is not None and not is_named(origins, origin):
        raise Forbidden("this form takes nothing from there", code="capture.origin")


def demand_known(fields: Collection[str], sent: Mapping[str, Any]) -> None:
    """Invalid `capture.field` naming each field that the form does not take."""
    custom = sent.get("custom")
    names = [name for name in sent if name != "custom"]
    names += [f"custom.{name}" for name in custom] if isinstance(custom, dict) else []
    unknown = [name for name in names if name not in fields]
    if unknown:
        faults = [
            Fault(f"/{_pointed(name)}", "capture.field", "this form takes no such field")
            for name in unknown[:_MOST_NAME]
        ]
        raise Invalid("the form takes other fields", code="capture.field", faults=faults)


def demand_place(taken: int | None, retry_after: int) -> None:
    """TooMany `capture.cap` where the form has taken as much as it may in a day."""
    if taken is None:
        detail = "this form has taken all it may today"
        raise TooMany(detail, code="capture.cap", retry_after=retry_after)


def demand_unrevoked(revoked_at: datetime | None) -> None:
    """Conflict `capture_form.revoked` where the form was revoked before."""
    if revoked_at is not None:
        raise Conflict("this form was revoked", code="capture_form.revoked")


def demand_trap(fields: Sequence[str], honeypot: str) -> None:
    """Invalid `capture_form.honeypot` where people would fill in what is there for robots."""
    if honeypot in fields:
        raise Invalid.field("honeypot", "capture_form.honeypot", "none of the fields it takes")


def keepable(said: Any) -> Any:
    """What was sent, as it can be kept: NUL, which PostgreSQL has in no text, becomes U+FFFD."""
    if isinstance(said, str):
        return said.replace("\x00", "\ufffd")
    if isinstance(said, Mapping):
        return {keepable(name): keepable(value) for name, value in said.items()}
    return [*map(keepable, said)] if isinstance(said, list) else said


def _pointed(name: str) -> str:
    return name[:_MOST_NAME].replace("~", "~0").replace("/", "~1").replace("custom.", "custom/", 1)
