"""回收客户登记本 what people who go leave behind, and who gets it."""

from uuid import UUID

from crmkit.kernel.errors import Invalid
from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle

AT_ONCE = 50
"""Records that go by one statement."""

MOST_REFUSALS = 100


class OffboardingState(Labelled):
    """How far it is."""

    OPEN = "open", "待处理", "Open"
    RUNNING = "running", "进行中", "Running"
    DONE = "done", "已完成", "Done"
    CANCELLED = "cancelled", "已取消", "Cancelled"


class OffboardingTrigger(Labelled):
    """Why it was drawn up."""

    HAND = "hand", "人工发起", "By hand"
    DEACTIVATED = "deactivated", "成员停用", "The member was deactivated"


class LeadsTo(Labelled):
    """Who gets the leads."""

    SUCCESSOR = "successor", "接任人", "Successor"
    POOL = "pool", "公海", "Pool"
    RULES = "rules", "分配规则", "Assignment rules"


class Holding(Labelled):
    """What somebody may have."""

    SEAT = "seat", "公海成员资格", "Place in a pool"
    JOB = "job", "导入导出", "Import or export under way"
    LEAD = "lead", "线索", "Lead"
    POOL_LEAD = "pool_lead", "公海线索", "Lead claimed from a pool"
    ACCOUNT = "account", "客户", "Account"
    FOLLOW_UP = "follow_up", "跟进计划", "Follow-up"
    ACTIVITY = "activity", "销售活动", "Planned activity"
    ENQUIRY = "enquiry", "电话咨询", "Open enquiry"
    CHANNEL_PARTNER = "channel_partner", "渠道商", "Channel partner"
    CAMPAIGN = "campaign", "营销活动", "Campaign"
    CAPTURE_FORM = "capture_form", "表单", "Form"
    INBOUND_ENDPOINT = "inbound_endpoint", "推送接入", "Inbound endpoint"
    SITE_CHECKLIST = "site_checklist", "现场准备清单", "Check list of a site"
    FEEDBACK = "feedback", "待落实反馈", "Feedback to see to"


LIFECYCLE = Lifecycle(
    {
        OffboardingState.OPEN: frozenset({OffboardingState.RUNNING, OffboardingState.CANCELLED}),
        OffboardingState.RUNNING: frozenset({OffboardingState.DONE, OffboardingState.CANCELLED}),
        OffboardingState.DONE: frozenset(),
        OffboardingState.CANCELLED: frozenset(),
    }
)
_LEADS = (Holding.LEAD, Holding.POOL_LEAD)
_ENDS = (Holding.SEAT, Holding.JOB)
"""What nobody gets: it is over. First, so that no rule gives them what they just gave up."""


def course(successor_id: UUID | None) -> tuple[Holding, ...]:
    """What goes, in its order. Without a successor the leads alone, for pools and rules take
    nothing else."""
    if successor_id is None:
        return _ENDS + _LEADS
    rest = (each for each in Holding if each not in _ENDS + _LEADS)
    return (*_ENDS, *_LEADS, *rest)


def at_once(holding: Holding, leads_to: LeadsTo) -> int:
    """How many go by one statement: leads whose getters are counted go one by one, each after what
    was counted for the one before."""
    if holding not in _LEADS or leads_to is LeadsTo.POOL:
        return AT_ONCE
    counted = leads_to is LeadsTo.RULES or holding is Holding.POOL_LEAD
    return 1 if counted else AT_ONCE


def demand_way(
    leads_to: LeadsTo, leaver_id: UUID, successor_id: UUID | None, pool_id: UUID | None
) -> None:
    """Invalid `offboarding.nobody` where leads go to a successor and none is named, or to who goes;
    `offboarding.pool` where a pool is named and not asked for, or the other way round."""
    if leads_to is LeadsTo.SUCCESSOR and successor_id is None:
        raise Invalid.field("successor_id", "offboarding.nobody", "say who gets the leads")
    if successor_id == leaver_id:
        raise Invalid.field("successor_id", "offboarding.nobody", "that is who goes: name another")
    if leads_to is LeadsTo.POOL and pool_id is None:
        raise Invalid.field("pool_id", "offboarding.pool", "say which pool the leads go to")
    if leads_to is not LeadsTo.POOL and pool_id is not None:
        raise Invalid.field("pool_id", "offboarding.pool", "only where the leads go to a pool")
