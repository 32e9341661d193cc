"""Every change of feedback."""

from datetime import date
from uuid import UUID

from crmkit.components.directory import owner, zone
from crmkit.components.jobs.commands import JobCommands
from crmkit.components.jobs.subject import Jobs
from crmkit.db.writing import Tx
from crmkit.events.leads_components import (
    FeedbackJobEnded,
    FeedbackJobProgressed,
    FeedbackJobRequested,
)
from crmkit.events.leads_feedback import (
    FeedbackAccepted,
    FeedbackDeclined,
    FeedbackDone,
    FeedbackHandedOver,
    FeedbackReceived,
    FeedbackUpdated,
)
from crmkit.fields import given
from crmkit.kernel.errors import Invalid
from crmkit.kernel.period import day_of
from services.leads.campaign.models import Campaign
from services.leads.feedback.domain import (
    LIFECYCLE,
    FeedbackStatus,
    demand_accepted,
    demand_ahead,
    demand_new,
)
from services.leads.feedback.models import Feedback, FeedbackJob, FeedbackJobPart
from services.leads.feedback.queries import FEEDBACK
from services.leads.feedback.schemas import (
    AcceptFeedback,
    DeclineFeedback,
    FeedbackRead,
    FeedbackUpdate,
    FinishFeedback,
    ReassignFeedback,
    SendFeedback,
)
from services.leads.lead.models import Lead


async def send_feedback(tx: Tx, new: SendFeedback) -> Feedback:
    """反馈 say what hinders or helps. Of who stays unnamed no event tells outside this service."""
    await _expect_about(tx, new.lead_id, new.campaign_id)
    who = await owner(tx, None)
    tx.unnamed = new.unnamed
    return tx.create(
        Feedback,
        FeedbackReceived,
        **given(new),
        sender_id=None if new.unnamed else who.owner_id,
        owner_id=who.owner_id,
        team=who.team,
        region=who.region,
        received_at=tx.occurred_at,
    )


async def update_feedback(tx: Tx, feedback_id: UUID, patch: FeedbackUpdate) -> Feedback:
    """Put right what was said, until it was decided on."""
    feedback = await tx.take(Feedback, feedback_id)
    demand_new(feedback.status)
    await _expect_about(tx, patch.lead_id, patch.campaign_id)
    tx.unnamed = feedback.unnamed and feedback.owner_id == tx.actor.member_id
    return tx.update(feedback, FeedbackUpdated, **given(patch))


async def accept_feedback(tx: Tx, feedback_id: UUID, said: AcceptFeedback) -> Feedback:
    """采纳 have somebody see to it by a day."""
    feedback = await tx.take(Feedback, feedback_id, "triage")
    status = LIFECYCLE.move(feedback.status, FeedbackStatus.ACCEPTED)
    await _demand_ahead(tx, said.due_on)
    return tx.update(
        feedback,
        FeedbackAccepted,
        status=status,
        assignee_id=await _assignee(tx, said.assignee_id),
        due_on=said.due_on,
        answer=said.answer,
        decided_at=tx.occurred_at,
        decided_by=tx.actor.member_id,
    )


async def reassign_feedback(tx: Tx, feedback_id: UUID, said: ReassignFeedback) -> Feedback:
    """转交 have somebody else see to it, or by another day."""
    feedback = await tx.take(Feedback, feedback_id, "triage")
    demand_accepted(feedback.status)
    if said.due_on is not None:
        await _demand_ahead(tx, said.due_on)
    return tx.update(
        feedback,
        FeedbackHandedOver,
        assignee_id=await _assignee(tx, said.assignee_id),
        due_on=said.due_on or feedback.due_on,
    )


async def decline_feedback(tx: Tx, feedback_id: UUID, said: DeclineFeedback) -> Feedback:
    """不采纳 answer why nothing comes of it, at once or after all."""
    feedback = await tx.take(Feedback, feedback_id, "triage")
    return tx.update(
        feedback,
        FeedbackDeclined,
        status=LIFECYCLE.move(feedback.status, FeedbackStatus.DECLINED),
        answer=said.answer,
        decided_at=tx.occurred_at,
        decided_by=tx.actor.member_id,
    )


async def finish_feedback(tx: Tx, feedback_id: UUID, said: FinishFeedback) -> Feedback:
    """完成 say what was changed."""
    feedback = await tx.take(Feedback, feedback_id, "triage")
    return tx.update(
        feedback,
        FeedbackDone,
        status=LIFECYCLE.move(feedback.status, FeedbackStatus.DONE),
        result=said.result,
        done_at=tx.occurred_at,
    )


async def _expect_about(tx: Tx, lead_id: UUID | None, campaign_id: UUID | None) -> None:
    if lead_id is not None:
        await tx.get(Lead, lead_id)
    if campaign_id is not None:
        await tx.get(Campaign, campaign_id)


async def _assignee(tx: Tx, member_id: UUID | None) -> UUID:
    try:
        return (await owner(tx, member_id)).owner_id
    except Invalid as unknown:
        told = "nobody of that id works here"
        raise Invalid.field("assignee_id", "owner.unknown", told) from unknown


async def _demand_ahead(tx: Tx, due_on: date) -> None:
    demand_ahead(due_on, day_of(tx.occurred_at, await zone(tx)))


JOBS = Jobs(
    JobCommands(
        FeedbackJob,
        Feedback,
        requested=FeedbackJobRequested,
        progressed=FeedbackJobProgressed,
        ended=FeedbackJobEnded,
    ),
    FeedbackJobPart,
    FeedbackRead,
    FEEDBACK,
)
