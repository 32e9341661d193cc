"""线索 the life of a lead, from the first word to an opportunity."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from crmkit.kernel.errors import Conflict, Fault, Invalid
from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle
from crmkit.kernel.worktime import WorkWeek


class LeadStatus(Labelled):
    """Where a lead stands."""

    NEW = "new", "新线索", "New"
    WORKING = "working", "跟进中", "Working"
    QUALIFIED = "qualified", "已确认", "Qualified"
    CONVERTED = "converted", "已转化", "Converted"
    DISQUALIFIED = "disqualified", "无效", "Disqualified"
    MERGED = "merged", "已合并", "Merged"


class LeadKind(Labelled):
    """目标客户 whether they would buy for themselves or to sell on."""

    DIRECT = "direct", "直销", "Direct"
    CHANNEL = "channel", "代理商", "Channel"


class Intent(Labelled):
    """客户意向 how much they want it: A buys within a month, D one day perhaps."""

    A = "a", "一个月内", "Within a month"
    B = "b", "三个月内", "Within three months"
    C = "c", "半年内", "Within half a year"
    D = "d", "以后", "Some day"


class ScoreGrade(Labelled):
    """评分等级 quarters of the scale from 0 to 100."""

    A = "a", "重点", "75 and more"
    B = "b", "优先", "50 and more"
    C = "c", "一般", "25 and more"
    D = "d", "暂缓", "Less than 25"


OPEN = (LeadStatus.NEW, LeadStatus.WORKING, LeadStatus.QUALIFIED)
"""What somebody still has to do something about."""


class Question(Labelled):
    """甄别 what has to be known of a lead; each is a field of it, answered yes, no or not yet."""

    DESIRE = "desire", "需求愿望", "Do they want it"
    ABILITY = "ability", "购买能力", "Can they pay for it"
    AUTHORITY = "authority", "购买决定权", "Is it theirs to decide"
    ELIGIBILITY = "eligibility", "资格", "May they buy it, and now"


LIFECYCLE = Lifecycle(
    {
        LeadStatus.NEW: frozenset(
            {LeadStatus.WORKING, LeadStatus.QUALIFIED, LeadStatus.DISQUALIFIED}
        ),
        LeadStatus.WORKING: frozenset({LeadStatus.QUALIFIED, LeadStatus.DISQUALIFIED}),
        LeadStatus.QUALIFIED: frozenset({LeadStatus.CONVERTED, LeadStatus.DISQUALIFIED}),
        LeadStatus.DISQUALIFIED: frozenset({LeadStatus.WORKING}),
        LeadStatus.CONVERTED: frozenset(),
        LeadStatus.MERGED: frozenset(),
    }
)
"""A merge, and what undoes it, stand beside it: a lead comes back as what it was."""


def demand_editable(status: LeadStatus, merged_into: UUID | None = None) -> None:
    """Conflict `lead.closed` where the lead went on to an opportunity: that one is edited then;
    `lead.merged`, which names the other lead, where it went into one."""
    if status is LeadStatus.CONVERTED:
        raise Conflict("a converted lead is history", code="lead.closed")
    demand_apart(status, merged_into)


def demand_apart(status: LeadStatus, merged_into: UUID | None) -> None:
    """Conflict `lead.merged`, which names the other lead, where it went into one."""
    if status is LeadStatus.MERGED:
        raise Conflict(
            "it went into another lead: that one is the customer's",
            code="lead.merged",
            extra={"merged_into": str(merged_into)},
        )


def demand_four(answers: Mapping[str, Any]) -> None:
    """Invalid `lead.unqualified` naming each of the four questions that is not answered with yes.

    Who has asked none of them, as callers did before there were four, has found out enough in some
    other way; the first answer to one of them asks for all.
    """
    given = {question: answers[question] for question in Question}
    if all(answer is None for answer in given.values()):
        return
    faults = [
        Fault(f"/{question}", *_MISSING[answer])
        for question, answer in given.items()
        if answer is not True
    ]
    if faults:
        names = ", ".join(fault.pointer[1:] for fault in faults)
        raise Invalid(f"not qualified by {names}", code="lead.unqualified", faults=faults)


_MISSING: Mapping[bool | None, tuple[str, str]] = {
    None: ("qualification.missing", "nobody has found this out yet"),
    False: ("qualification.denied", "the answer to this was no"),
}


def demand_one_currency(currencies: Iterable[str | None]) -> None:
    """Invalid `currency.mixed` where budget and expected price are in two currencies."""
    if len({currency for currency in currencies if currency}) > 1:
        raise Invalid.field(
            "expected_price", "currency.mixed", "budget and price are in one currency"
        )


def response_due(
    received_at: datetime, now: datetime, zone: ZoneInfo, within: timedelta
) -> datetime | None:
    """首次响应 by when a lead has to be answered, `within` so much business time; None of one that
    is recorded later than that, for the past cannot be late any more."""
    due = WorkWeek(zone).after(received_at, within)
    return due if due > now else None


def is_overdue(
    due_at: datetime | None, responded_at: datetime | None, told_at: datetime | None, now: datetime
) -> bool:
    """Whether an answer is late, and nobody was told so yet."""
    if due_at is None or responded_at is not None or told_at is not None:
        return False
    return due_at < now


def is_same_deal(opened: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a conversion that is asked for is the one there was: what is named was named then,
    what is left out does not differ."""
    return all(wanted[name] in (None, "", value) for name, value in opened.items())


def demand_theirs(contacts_account: UUID, account: UUID | None) -> None:
    """Invalid `lead.contact_elsewhere` where the contact named is at another account than that."""
    if account not in (None, contacts_account):
        raise Invalid.field("contact_id", "lead.contact_elsewhere", "they are at another account")


def demand_joined(named: bool, wanted: bool, name: str) -> None:
    """Invalid `lead.deal_named` where a deal that is there is to be left out, or renamed."""
    if named and (name or not wanted):
        raise Invalid.field("opportunity_id", "lead.deal_named", "it is there, and has a name")


def demand_joinable(status: str) -> None:
    """Conflict `opportunity.closed` where the deal that a lead is to join is won or lost."""
    if status != "open":
        raise Conflict("this deal is not open", code="opportunity.closed")


def demand_with(deals_account: UUID | None, account: UUID | None) -> None:
    """Invalid `lead.deal_elsewhere` where the deal is with another account than the one named."""
    if None not in (deals_account, account) and deals_account != account:
        raise Invalid.field("opportunity_id", "lead.deal_elsewhere", "it is with another account")


def is_pooled(owner_id: UUID, pool_id: UUID | None) -> bool:
    """公海 whether a lead lies in a pool, which is its owner then: nobody has it."""
    return owner_id == pool_id


def demand_had(owner_id: UUID, pool_id: UUID | None) -> None:
    """Conflict `lead.pooled` where a lead lies in a pool, so that nobody would have the deal."""
    if is_pooled(owner_id, pool_id):
        raise Conflict("it lies in a pool: somebody claims it first", code="lead.pooled")


def demand_person(erased_at: datetime | None) -> None:
    """Conflict `lead.erased` where nobody is left who could become a customer."""
    if erased_at is not None:
        raise Conflict("who it was about has been erased", code="lead.erased")


def demand_order(received_at: datetime, happened_at: datetime) -> None:
    """Conflict `lead.before_received` where something happened to a lead before it came in."""
    if happened_at < received_at:
        raise Conflict("that is before the lead came in", code="lead.before_received")


def demand_given_up(status: LeadStatus, reopens: bool) -> None:
    """Conflict `lead.given_up` where one that was given up is worked on without being reopened,
    `lead.not_given_up` where one is reopened that never was."""
    if reopens and status is LeadStatus.NEW:
        raise Conflict("it was never given up", code="lead.not_given_up")
    if not reopens and status is LeadStatus.DISQUALIFIED:
        raise Conflict("it was given up: reopen it", code="lead.given_up")
