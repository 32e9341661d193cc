"""What comes in and goes out."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from crmkit.fields import Day, Flag, Instant, Label, Note, Patch, Strict
from crmkit.web.answers import Read
from services.leads.feedback.domain import (
    FeedbackCost,
    FeedbackEffect,
    FeedbackKind,
    FeedbackStatus,
)

_Words = Annotated[Note, StringConstraints(min_length=1)]


class SendFeedback(Strict):
    """What hinders or helps the caller. It may be about a `step`, which is the key of a stage of
    the process, a lead or a campaign. Who is `unnamed` is known to themselves and to those who
    decide on it; their team is told."""

    kind: FeedbackKind
    effect: FeedbackEffect = FeedbackEffect.HINDERS
    cost: FeedbackCost
    details: _Words
    step: Label = ""
    lead_id: UUID | None = None
    campaign_id: UUID | None = None
    unnamed: Flag = False


class FeedbackUpdate(Patch):
    """What may be changed until it was decided on; a name that was told cannot be taken back."""

    kind: FeedbackKind = FeedbackKind.PROCESS
    effect: FeedbackEffect = FeedbackEffect.HINDERS
    cost: FeedbackCost = FeedbackCost.LOW
    details: _Words = ""
    step: Label = ""
    lead_id: UUID | None = None
    campaign_id: UUID | None = None


class AcceptFeedback(Strict):
    """Who sees to it, or the caller, by which day, and what the sender is told."""

    assignee_id: UUID | None = None
    due_on: Day
    answer: Note = ""


class ReassignFeedback(Strict):
    """Who sees to it from now on; by another day where one is said."""

    assignee_id: UUID
    due_on: Day | None = None


class DeclineFeedback(Strict):
    """Why nothing comes of it, for the sender."""

    answer: _Words


class FinishFeedback(Strict):
    """What was changed, for the sender."""

    result: _Words


class FeedbackRead(Read):
    """`owner_id` is who sent it, for those alone who decide on it; `sender_id` for whoever sees it,
    unless they stay unnamed. `decided_by` accepted or declined it at `decided_at`."""

    id: UUID
    version: int
    kind: FeedbackKind
    effect: FeedbackEffect
    cost: FeedbackCost
    status: FeedbackStatus
    details: str
    step: str
    lead_id: UUID | None
    campaign_id: UUID | None
    unnamed: bool
    sender_id: UUID | None
    owner_id: UUID | None
    team: str
    region: str
    received_at: Instant
    assignee_id: UUID | None
    due_on: date | None
    answer: str
    result: str
    decided_at: Instant | None
    decided_by: UUID | None
    done_at: Instant | None
    erased_at: Instant | None
    created_at: Instant
    updated_at: Instant
