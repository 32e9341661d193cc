"""线索 the life of a lead, from the first word to an opportunity."""

from datetime import datetime

from crmkit.kernel.errors import Conflict
from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle


class LeadStatus(Labelled):
    """Where a lead stands."""

    NEW = "new", "新线索", "New"
    WORKING = "working", "跟进中", "Working"
    QUALIFIED = "qualified", "已确认", "Qualified"
    CONVERTED = "converted", "已转化", "Converted"
    DISQUALIFIED = "disqualified", "无效", "Disqualified"


class Intent(Labelled):
    """客户意向 how much they want it: A buys within a month, D one day perhaps."""

    A = "a", "一个月内", "Within a month"
    B = "b", "三个月内", "Within three months"
    C = "c", "半年内", "Within half a year"
    D = "d", "以后", "Some day"


OPEN = (LeadStatus.NEW, LeadStatus.WORKING, LeadStatus.QUALIFIED)
"""What somebody still has to do something about."""

LIFECYCLE = Lifecycle(
    {
        LeadStatus.NEW: frozenset(
            {LeadStatus.WORKING, LeadStatus.QUALIFIED, LeadStatus.DISQUALIFIED}
        ),
        LeadStatus.WORKING: frozenset({LeadStatus.QUALIFIED, LeadStatus.DISQUALIFIED}),
        LeadStatus.QUALIFIED: frozenset({LeadStatus.CONVERTED, LeadStatus.DISQUALIFIED}),
        LeadStatus.DISQUALIFIED: frozenset({LeadStatus.WORKING}),
        LeadStatus.CONVERTED: frozenset(),
    }
)


def demand_editable(status: LeadStatus) -> None:
    """Conflict `lead.closed` where the lead went on to an opportunity: that one is edited then."""
    if status is LeadStatus.CONVERTED:
        raise Conflict("a converted lead is history", code="lead.closed")


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
