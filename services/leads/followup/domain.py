"""跟进计划 what is to be done about somebody after so many days, and when that is looked after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle
from services.leads.account.domain import AccountLifecycle
from services.leads.activity.domain import ActivityKind
from services.leads.lead.domain import LeadStatus

Document = list[dict[str, Any]]
"""Steps as they are kept in JSON."""

KINDS = {kind.value: kind for kind in ActivityKind}
LEAD_TIME = timedelta(days=1)
"""A step becomes a planned activity this long before it is due."""

GRACE = timedelta(days=1)
"""A step that was not done this long after it was due is told."""


class FollowUpTrigger(Labelled):
    """What starts a plan."""

    HAND = "hand", "手动", "By hand"
    CONTRACT_SIGNED = "contract_signed", "签约后", "When a contract is signed"
    CONTRACT_COMPLETED = "contract_completed", "合同完成后", "When a contract is completed"
    ACCOUNT_STAGE = "account_stage", "客户进入阶段", "When an account comes to a stage"
    ACCOUNT_PROBLEM = "account_problem", "标为问题客户后", "When an account is marked as a problem"
    ACCOUNT_IMPORTANT = "account_important", "标为重要客户后", "When an account is marked important"


class FollowUpStatus(Labelled):
    """Where a plan stands."""

    RUNNING = "running", "进行中", "Running"
    FINISHED = "finished", "已结束", "Finished"
    STOPPED = "stopped", "已停止", "Stopped"


class FollowUpStopReason(Labelled):
    """Why a plan was stopped."""

    HAND = "hand", "人工停止", "By hand"
    LEAD_CLOSED = "lead_closed", "线索已关闭", "The lead is closed"
    STAGE_LEFT = "stage_left", "客户已离开阶段", "The account is at another stage"


LIFECYCLE = Lifecycle(
    {
        FollowUpStatus.RUNNING: frozenset({FollowUpStatus.FINISHED, FollowUpStatus.STOPPED}),
        FollowUpStatus.FINISHED: frozenset(),
        FollowUpStatus.STOPPED: frozenset(),
    }
)
CLOSED = frozenset({LeadStatus.CONVERTED, LeadStatus.DISQUALIFIED, LeadStatus.MERGED})
"""A lead that stands here is not followed up any more."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is due so many days after the plan began."""

    after_days: int
    kind: ActivityKind
    subject: str


@dataclass(frozen=True, slots=True, order=True)
class Action:
    """What a plan does next: it plans the activity of a step, or warns that it was not done."""

    at: datetime
    step: int
    warns: bool


MARKS = {
    "is_problem": FollowUpTrigger.ACCOUNT_PROBLEM,
    "is_important": FollowUpTrigger.ACCOUNT_IMPORTANT,
}
"""重要客户、问题客户 what starts when an account is marked."""


def marked(changed: Mapping[str, Sequence[Any]]) -> list[FollowUpTrigger]:
    """What starts where an account's facts changed; a mark that was taken away starts nothing."""
    return [starts for mark, starts in MARKS.items() if changed.get(mark, (None, False))[1] is True]


def steps_of(document: Document) -> list[Step]:
    """Steps as they were kept."""
    return [Step(s["after_days"], KINDS[s["kind"]], s["subject"]) for s in document]


def document_of(steps: Sequence[Step]) -> Document:
    """Steps as they are kept, in the order in which they are due."""
    ordered = sorted(steps, key=lambda step: step.after_days)
    return [{"after_days": s.after_days, "kind": s.kind, "subject": s.subject} for s in ordered]


def due_of(step: Step, started_at: datetime) -> datetime:
    """When a step is due."""
    return started_at + timedelta(days=step.after_days)


def course_of(steps: Sequence[Step], started_at: datetime) -> list[Action]:
    """All that a plan does, in order: each step is planned first, and warned of later."""
    actions = []
    for number, step in enumerate(steps):
        due = due_of(step, started_at)
        actions.append(Action(max(started_at, due - LEAD_TIME), number, False))
        actions.append(Action(due + GRACE, number, True))
    return sorted(actions)


def demand_about(*about: object) -> None:
    """Invalid `follow_up.about` where nobody is named who is to be followed up."""
    if not any(about):
        raise Invalid.field(
            "lead_id", "follow_up.about", "a lead, an account or an opportunity is named"
        )


def demand_stage(trigger: FollowUpTrigger, lifecycle: str) -> None:
    """Invalid `follow_up_template.stage` where a stage of accounts starts it, and `lifecycle` is
    none of theirs."""
    stages = [stage.value for stage in AccountLifecycle]
    if trigger is FollowUpTrigger.ACCOUNT_STAGE and lifecycle not in stages:
        told = f"the stages of accounts are {', '.join(stages)}"
        raise Invalid.field("lifecycle", "follow_up_template.stage", told)


def demand_open(status: LeadStatus) -> None:
    """Conflict `follow_up.lead_closed` where the lead is not followed up any more."""
    if status in CLOSED:
        raise Conflict("the lead is closed", code="follow_up.lead_closed")


def demand_active(active: bool) -> None:
    """Conflict `follow_up.inactive` where a template is not used any more."""
    if not active:
        raise Conflict("this template is not used any more", code="follow_up.inactive")
