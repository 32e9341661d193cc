"""渠道商、代理商 the way of those who sell for us, from a name to the end."""

from datetime import datetime

from crmkit.kernel.errors import Conflict
from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle


class ChannelPartnerKind(Labelled):
    """In whose name they sell: their own, or ours."""

    DEALER = "dealer", "经销商", "Dealer"
    AGENT = "agent", "代理商", "Agent"


class ChannelPartnerStatus(Labelled):
    """How far we have come with them."""

    IDENTIFIED = "identified", "已发现", "Identified"
    ASSESSED = "assessed", "已评估", "Assessed"
    SIGNED = "signed", "已签约", "Signed"
    ACTIVE = "active", "合作中", "Active"
    ENDED = "ended", "已终止", "Ended"


LIFECYCLE = Lifecycle(
    {
        ChannelPartnerStatus.IDENTIFIED: frozenset(
            {ChannelPartnerStatus.ASSESSED, ChannelPartnerStatus.ENDED}
        ),
        ChannelPartnerStatus.ASSESSED: frozenset(
            {ChannelPartnerStatus.SIGNED, ChannelPartnerStatus.ENDED}
        ),
        ChannelPartnerStatus.SIGNED: frozenset(
            {ChannelPartnerStatus.ACTIVE, ChannelPartnerStatus.ENDED}
        ),
        ChannelPartnerStatus.ACTIVE: frozenset({ChannelPartnerStatus.ENDED}),
        ChannelPartnerStatus.ENDED: frozenset(),
    }
)


def assessed(current: ChannelPartnerStatus) -> ChannelPartnerStatus:
    """Where an assessment leads: who is signed already is judged again, and stays so.

    Conflict `lifecycle.illegal` where it has ended.
    """
    if current in {
        ChannelPartnerStatus.ASSESSED,
        ChannelPartnerStatus.SIGNED,
        ChannelPartnerStatus.ACTIVE,
    }:
        return current
    return LIFECYCLE.move(current, ChannelPartnerStatus.ASSESSED)


def demand_editable(status: ChannelPartnerStatus) -> None:
    """Conflict `channel_partner.closed` where they sell for us no more."""
    if status is ChannelPartnerStatus.ENDED:
        raise Conflict("what has ended is history", code="channel_partner.closed")


def demand_order(earlier: datetime, at: datetime) -> None:
    """Conflict `channel_partner.before` where a step is dated before the one it follows."""
    if at < earlier:
        raise Conflict("that is before the step it follows", code="channel_partner.before")
