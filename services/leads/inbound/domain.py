"""推送接入 how another system proves that it sent something, and which lead that becomes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crmkit.kernel.errors import (
    Conflict,
    CrmError,
    Forbidden,
    Invalid,
    TooMany,
    Unauthorized,
)
from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle
from crmkit.kernel.signatures import (
    Message,
    is_plain,
    is_standard,
    named,
    standard_key,
)

MARK = "crm_hook_"
"""How the keys of inbound endpoints begin."""

TEXTS = ("company", "contact_name", "email", "phone", "need", "product", "region")
FIELDS = (*TEXTS, "budget.amount", "budget.currency", "external_id")
"""What a mapping may fill, besides a tenant's own fields as `custom.<key>`."""

_UNKEPT = frozenset({"authorization", "cookie", "proxy-authorization"})
_LEAST_SECRET = 16
_STEP = re.compile(r"~(?![01])")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


class InboundScheme(Labelled):
    """How a system signs."""

    STANDARD = "standard", "Standard Webhooks", "Standard Webhooks"
    HMAC_SHA256 = "hmac_sha256", "HMAC-SHA256", "HMAC-SHA256 of the body in a header"


class InboundStatus(Labelled):
    """What became of a message."""

    ACCEPTED = "accepted", "已接收", "Became a lead, or changed one"
    DUPLICATE = "duplicate", "重复客户", "The customer is a lead already"
    REFUSED = "refused", "已拒绝", "What was sent does not fit"
    FAILED = "failed", "失败", "It fits, and could not be done"


LIFECYCLE = Lifecycle(
    {
        InboundStatus.ACCEPTED: frozenset(),
        InboundStatus.DUPLICATE: frozenset({InboundStatus.ACCEPTED}),
        InboundStatus.REFUSED: frozenset({InboundStatus.ACCEPTED}),
        InboundStatus.FAILED: frozenset({InboundStatus.ACCEPTED}),
    }
)

_TOLD = {"lead.duplicate": InboundStatus.DUPLICATE, "inbound.reused": InboundStatus.REFUSED}


@dataclass(frozen=True, slots=True)
class Received:
    """A signed message: its sender's name of it, by what it counts once, the body's SHA-256, and
    what is kept of both."""

    name: str
    place: str
    digest: str
    size: int
    headers: Mapping[str, str]
    body: str


def is_signed(
    endpoint: Mapping[str, Any], message: Message, secrets: Sequence[str], now: datetime
) -> bool:
    """Whether it is of the system that the endpoint of these columns is for."""
    if endpoint["scheme"] == InboundScheme.STANDARD:
        return is_standard(message, secrets, now)
    how = (endpoint[name] for name in ("header", "header_prefix", "encoding"))
    return is_plain(message, secrets, *how)


def unsigned() -> Unauthorized:
    """`inbound.signature`, in one voice for every cause."""
    return Unauthorized("this is not signed as it should be", code="inbound.signature")


def name_of(endpoint: Mapping[str, Any], message: Message, digest: str) -> str:
    """The sender's id of a message; where there is none, what it says is its name."""
    standard = endpoint["scheme"] == InboundScheme.STANDARD
    header = "webhook-id" if standard else endpoint["id_header"]
    return (named(message, header) if header else None) or digest


def place_of(endpoint: Mapping[str, Any], name: str, digest: str) -> str:
    """By what a message counts once: its id where that is signed with it, else what it says. Plain
    HMAC signs the body alone, so an id of it is anybody's who has seen a message."""
    return name if endpoint["scheme"] == InboundScheme.STANDARD else digest


def place_beside(place: str, digest: str) -> str:
    """Where a message is kept that says something else than the first one of its id."""
    return f"{place} {digest}"


def keepable_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that are kept with a message: all but credentials."""
    return {name: value for name, value in headers.items() if name not in _UNKEPT}


def as_text(raw: bytes) -> str:
    """A body as a column of text takes it. What is no UTF-8, or holds NUL, begins with a backslash,
    by which it is no JSON either."""
    told = raw.decode(errors="backslashreplace")
    if told.encode() == raw and "\0" not in told:
        return told
    return "\\" + told.replace("\0", "\\0")


def demand_active(active: bool) -> None:
    """Forbidden `inbound.inactive` where the endpoint takes nothing for now."""
    if not active:
        raise Forbidden("nothing is taken here for now", code="inbound.inactive")


def demand_unrevoked(revoked_at: datetime | None) -> None:
    """Conflict `inbound_endpoint.revoked` where the endpoint was revoked before."""
    if revoked_at is not None:
        raise Conflict("this endpoint was revoked", code="inbound_endpoint.revoked")


def demand_place(taken: int | None, retry_after: int) -> None:
    """TooMany `inbound.cap` where an endpoint has taken as much as it may in a day."""
    if taken is None:
        detail = "no more is taken here today"
        raise TooMany(detail, code="inbound.cap", retry_after=retry_after)


def demand_same(known: str, sent: str) -> None:
    """Conflict `inbound.reused` where a message of that id said something else before."""
    if known != sent:
        raise Conflict("that id was another message's", code="inbound.reused")


def demand_raw(body: str | None) -> None:
    """Conflict `inbound_message.raw_gone` where what was sent is not kept any more."""
    if body is None:
        raise Conflict("what was sent is kept no longer", code="inbound_message.raw_gone")


def demand_secret(scheme: InboundScheme, secret: str) -> None:
    """Invalid `inbound_endpoint.secret` where nobody could sign with it by that scheme."""
    if scheme is InboundScheme.STANDARD:
        if standard_key(secret) is None:
            told = "whsec_ and 24 to 64 bytes in base64"
            raise Invalid.field("secret", "inbound_endpoint.secret", told)
    elif len(secret) < _LEAST_SECRET:
        told = f"at least {_LEAST_SECRET} characters"
        raise Invalid.field("secret", "inbound_endpoint.secret", told)


def demand_scheme(scheme: InboundScheme, header: str) -> None:
    """Invalid `inbound_endpoint.header` where a signature has no place, or one of its own."""
    if (scheme is InboundScheme.HMAC_SHA256) is not bool(header):
        told = "for hmac_sha256, and for no other scheme"
        raise Invalid.field("header", "inbound_endpoint.header", told)


def demand_mapping(mapping: Sequence[Mapping[str, Any]], external_system: str | None) -> None:
    """Invalid `inbound_endpoint.mapping` where a field is filled twice, out of nothing or by no
    pointer, where nobody would be named, or where an id is of no system (or a system has no id)."""
    fields = [each["field"] for each in mapping]
    for n, each in enumerate(mapping):
        if fields.index(each["field"]) < n:
            raise _unfit(f"mapping/{n}/field", "each field once")
        if each["pointer"] is None and each["default"] is None:
            raise _unfit(f"mapping/{n}/pointer", "a pointer, or a default, or both")
        if each["pointer"] is not None and _STEP.search(each["pointer"]):
            raise _unfit(f"mapping/{n}/pointer", "an RFC 6901 pointer")
    if {"company", "contact_name"}.isdisjoint(fields):
        raise _unfit("mapping", "a company, or a contact's name, is needed")
    if ("external_id" in fields) is not (external_system is not None):
        raise _unfit("mapping", "external_id and external_system go together")


def mapped(mapping: Sequence[Mapping[str, Any]], document: Any) -> dict[str, Any]:
    """The lead's fields that a message says, by the endpoint's mapping, for LeadCreate to check.

    What is missing, null or empty is the default's. Numbers become text as they were written, but
    in a tenant's own fields, which have types. A currency of no amount is left out.
    """
    lead: dict[str, Any] = {}
    for each in mapping:
        found = each["default"] if each["pointer"] is None else at(document, each["pointer"])
        if found is None or found == "":
            found = each["default"]
        elif isinstance(found, bool | int | str):
            found = each["values"].get(_word(found), found)
        if found is not None:
            _put(lead, each["field"], found)
    if "amount" not in lead.get("budget", {"amount"}):
        del lead["budget"]
    return lead


def at(document: Any, pointer: str) -> Any:
    """What an RFC 6901 pointer points at; None where there is nothing."""
    found = document
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list) and _INDEX.fullmatch(name) and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found


def status_of(error: Exception) -> InboundStatus:
    """What became of a message that this came of: refused is what its sender has to put right."""
    if not isinstance(error, CrmError) or isinstance(error, Invalid):
        return InboundStatus.REFUSED
    return _TOLD.get(error.code, InboundStatus.FAILED)


def _put(lead: dict[str, Any], field: str, value: Any) -> None:
    group, _, member = field.partition(".")
    if group != "custom" and not isinstance(value, bool | str | dict | list):
        value = str(value)
    if member:
        lead.setdefault(group, {})[member] = value
    else:
        lead[group] = value


def _word(value: bool | int | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unfit(pointer: str, told: str) -> Invalid:
    return Invalid.field(pointer, "inbound_endpoint.mapping", told)
