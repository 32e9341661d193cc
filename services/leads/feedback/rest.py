"""REST of feedback."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.components.jobs.rest import jobs_of
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.leads.feedback import commands
from services.leads.feedback.domain import (
    FeedbackCost,
    FeedbackEffect,
    FeedbackKind,
    FeedbackStatus,
)
from services.leads.feedback.models import Feedback
from services.leads.feedback.queries import FEEDBACK, FEEDBACK_JOBS
from services.leads.feedback.schemas import (
    AcceptFeedback,
    DeclineFeedback,
    FeedbackRead,
    FeedbackUpdate,
    FinishFeedback,
    ReassignFeedback,
    SendFeedback,
)

router = APIRouter(prefix="/v1/feedback", tags=["feedback"])
enums(
    router,
    {
        "kind": FeedbackKind,
        "effect": FeedbackEffect,
        "cost": FeedbackCost,
        "status": FeedbackStatus,
    },
)
jobs_of(router, commands.JOBS, FEEDBACK_JOBS)


@router.post("", status_code=201, response_model=FeedbackRead)
async def send_feedback(new: SendFeedback, edge: Edge) -> Response:
    return edge.created(FeedbackRead, await edge.write(commands.send_feedback, new))


@router.get("", response_model=Page[FeedbackRead], openapi_extra=FEEDBACK.openapi())
async def list_feedback(edge: Edge) -> Response:
    found = await FEEDBACK.find(edge.reading, edge.listing(FEEDBACK))
    return edge.page(FeedbackRead, Feedback, found)


@router.get("/{feedback_id}", response_model=FeedbackRead)
async def get_feedback(feedback_id: UUID, edge: Edge) -> Response:
    return edge.shown(FeedbackRead, await edge.get(Feedback, feedback_id))


@router.patch("/{feedback_id}", response_model=FeedbackRead)
async def update_feedback(feedback_id: UUID, patch: FeedbackUpdate, edge: Matched) -> Response:
    changed = await edge.write(commands.update_feedback, feedback_id, patch)
    return edge.changed(FeedbackRead, changed)


@router.post("/{feedback_id}/accept", response_model=FeedbackRead)
async def accept_feedback(feedback_id: UUID, said: AcceptFeedback, edge: Edge) -> Response:
    changed = await edge.write(commands.accept_feedback, feedback_id, said)
    return edge.changed(FeedbackRead, changed)


@router.post("/{feedback_id}/reassign", response_model=FeedbackRead)
async def reassign_feedback(feedback_id: UUID, said: ReassignFeedback, edge: Edge) -> Response:
    changed = await edge.write(commands.reassign_feedback, feedback_id, said)
    return edge.changed(FeedbackRead, changed)


@router.post("/{feedback_id}/decline", response_model=FeedbackRead)
async def decline_feedback(feedback_id: UUID, said: DeclineFeedback, edge: Edge) -> Response:
    changed = await edge.write(commands.decline_feedback, feedback_id, said)
    return edge.changed(FeedbackRead, changed)


@router.post("/{feedback_id}/finish", response_model=FeedbackRead)
async def finish_feedback(feedback_id: UUID, said: FinishFeedback, edge: Edge) -> Response:
    changed = await edge.write(commands.finish_feedback, feedback_id, said)
    return edge.changed(FeedbackRead, changed)


history(router, Feedback)
