"""重复客户 when two leads are one customer: keys that equal ones share, and how alike names are."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crmkit.kernel.errors import Conflict
from crmkit.kernel.labels import Labelled
from crmkit.kernel.phones import e164

_LONGEST_KEY = 200
_WORDS = re.compile(r"[^\W_]+")
_FORMS = frozenset(
    {
        *("ag", "bv", "co", "company", "corp", "corporation", "gmbh", "group", "holding"),
        *("holdings", "inc", "incorporated", "kg", "limited", "llc", "llp", "ltd", "nv", "oy"),
        *("plc", "pte", "pty", "sa", "sarl", "spa", "srl"),
    }
)
_ENDING = re.compile(
    "(股份有限公司|有限责任公司|有限公司|股份公司|总公司|公司|集团|股份|控股|企业|有限)$"
)
_CERTAIN, _LIKELY, _MOST_POSSIBLE, _LEAST_ALIKE = 100, 80, 75, 60


class MatchCertainty(Labelled):
    """How sure it is that two leads are one customer."""

    CERTAIN = "certain", "确定重复", "Certain"
    LIKELY = "likely", "很可能重复", "Likely"
    POSSIBLE = "possible", "疑似重复", "Possible"


class MatchReason(Labelled):
    """What two leads have in common."""

    PHONE = "phone", "电话相同", "Same phone"
    EMAIL = "email", "邮箱相同", "Same e-mail"
    COMPANY = "company", "公司相同", "Same company"
    SIMILAR = "similar", "公司名称相近", "Similar company"


class DuplicateRule(Labelled):
    """What happens to a new lead that is certainly a duplicate."""

    ALLOW = "allow", "不检查", "Not looked for"
    REFUSE = "refuse", "拒绝", "Refused"
    OVERRIDE = "override", "仍然创建", "Created all the same, and said so"


@dataclass(frozen=True, slots=True)
class Keys:
    """What a lead is recognised by; None where it has no such thing."""

    phone: str | None
    email: str | None
    company: str | None

    @property
    def tail(self) -> str | None:
        """The company's key from its end, by which names with another beginning stand together."""
        return self.company[::-1] if self.company else None


@dataclass(frozen=True, slots=True)
class Match:
    """A lead that may be the same customer; `score` is 1 to 100."""

    row: Any
    certainty: MatchCertainty
    score: int
    reasons: tuple[MatchReason, ...]


def keys_of(company: str, phone: str | None, email: str | None) -> Keys:
    """The keys of a lead, or of what might become one."""
    named = email.casefold() if email else None
    return Keys(phone_key(phone or ""), named, company_key(company) or None)


def phone_key(phone: str) -> str | None:
    """The number as E.164, of China where it names no country; None where it cannot be anybody's,
    be it too short or one digit again and again."""
    number = e164(phone)
    return number if number is not None and len(set(number[3:])) > 1 else None


def company_key(name: str) -> str:
    """The name without legal form, width, case, spaces and signs, at most 200 characters; what is
    nothing but a legal form keeps its last one."""
    words = _WORDS.findall(unicodedata.normalize("NFKC", name).casefold())
    while len(words) > 1 and words[-1] in _FORMS:
        words.pop()
    key = "".join(words)
    while (shorter := _ENDING.sub("", key)) and shorter != key:
        key = shorter
    return key[:_LONGEST_KEY]


def likeness(one: str, other: str) -> int:
    """Dice's coefficient of two names' pairs of neighbouring characters, in whole percent."""
    left, right = _pairs(one), _pairs(other)
    both = (left & right).total()
    return 200 * both // (left.total() + right.total())


def match(known: Keys, other: Keys, row: Any) -> Match | None:
    """How the lead of that row, with its keys, matches; None where it does not."""
    reasons = tuple(
        reason
        for reason, mine, theirs in (
            (MatchReason.PHONE, known.phone, other.phone),
            (MatchReason.EMAIL, known.email, other.email),
            (MatchReason.COMPANY, known.company, other.company),
        )
        if mine is not None and mine == theirs
    )
    if {MatchReason.PHONE, MatchReason.EMAIL} & set(reasons):
        return Match(row, MatchCertainty.CERTAIN, _CERTAIN, reasons)
    if reasons:
        return Match(row, MatchCertainty.LIKELY, _LIKELY, reasons)
    alike = likeness(known.company, other.company) if known.company and other.company else 0
    if alike < _LEAST_ALIKE:
        return None
    return Match(
        row, MatchCertainty.POSSIBLE, alike * _MOST_POSSIBLE // 100, (MatchReason.SIMILAR,)
    )


def demand_unknown(found: list[dict[str, Any]]) -> None:
    """Conflict `lead.duplicate`, with the candidates, where there are any."""
    if found:
        raise Conflict(
            "this customer is a lead already: work on that one, or create with `override`",
            code="lead.duplicate",
            extra={"candidates": found},
        )


def _pairs(text: str) -> Counter[str]:
    if len(text) == 1:
        return Counter([text])
    return Counter(text[n : n + 2] for n in range(len(text) - 1))


UNGUARDED: Mapping[str, None] = {"phone_guard": None, "email_guard": None}


def key_columns(keys: Keys) -> dict[str, str | None]:
    """The columns by which a lead is found again; the company's is never null in a keyed lead."""
    return {
        "phone_key": keys.phone,
        "email_key": keys.email,
        "company_key": keys.company or "",
        "company_tail": keys.tail,
    }


def keys_changed(lead: Any, values: Mapping[str, Any]) -> dict[str, str | None]:
    """The keys of a lead that takes other values, which guards nothing any more."""
    named = {name: values.get(name, getattr(lead, name)) for name in ("company", "phone", "email")}
    if all(getattr(lead, name) == value for name, value in named.items()):
        return {}
    return {**key_columns(keys_of(**named)), **UNGUARDED}
