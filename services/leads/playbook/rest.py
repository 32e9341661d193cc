"""REST of the playbook, and of what is known of needs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.kernel.period import parse_period
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.leads.activity.domain import ActivityOutcome, Objection
from services.leads.lead.models import Lead
from services.leads.playbook import commands
from services.leads.playbook.models import ObjectionEntry, QuestionSet
from services.leads.playbook.queries import OBJECTION_ENTRIES, QUESTION_SETS, list_usage
from services.leads.playbook.schemas import (
    AnswerNeeds,
    LeadNeedsRead,
    ObjectionEntryCreate,
    ObjectionEntryRead,
    ObjectionEntryUpdate,
    ObjectionUsageLine,
    ObjectionUsageQuery,
    ObjectionUsageRead,
    QuestionSetCreate,
    QuestionSetRead,
    QuestionSetUpdate,
)
from services.leads.questionnaire.domain import QuestionForm

objections = APIRouter(prefix="/v1/objections", tags=["playbook"])
sets = APIRouter(prefix="/v1/question-sets", tags=["playbook"])
leads = APIRouter(prefix="/v1/leads", tags=["playbook"])
enums(objections, {"objection": Objection, "outcome": ActivityOutcome})
enums(sets, {"kind": QuestionForm})


@objections.get("/usage", response_model=ObjectionUsageRead)
async def get_objection_usage(
    edge: Edge, asked: Annotated[ObjectionUsageQuery, Query()]
) -> Response:
    """Which doubts were met in a period, and what came of it."""
    period = parse_period(asked.period)
    lines = await list_usage(edge.reading, period)
    shown = [ObjectionUsageLine.of(line.shown()) for line in lines]
    return edge.plain({"period": period.label, "lines": shown})


@objections.post("", status_code=201, response_model=ObjectionEntryRead)
async def create_objection_entry(new: ObjectionEntryCreate, edge: Edge) -> Response:
    return edge.created(ObjectionEntryRead, await edge.write(commands.create_objection_entry, new))


@objections.get(
    "", response_model=Page[ObjectionEntryRead], openapi_extra=OBJECTION_ENTRIES.openapi()
)
async def list_objection_entries(edge: Edge) -> Response:
    found = await OBJECTION_ENTRIES.find(edge.reading, edge.listing(OBJECTION_ENTRIES))
    return edge.page(ObjectionEntryRead, ObjectionEntry, found)


@objections.get("/{entry_id}", response_model=ObjectionEntryRead)
async def get_objection_entry(entry_id: UUID, edge: Edge) -> Response:
    return edge.shown(ObjectionEntryRead, await edge.get(ObjectionEntry, entry_id))


@objections.patch("/{entry_id}", response_model=ObjectionEntryRead)
async def update_objection_entry(
    entry_id: UUID, patch: ObjectionEntryUpdate, edge: Matched
) -> Response:
    changed = await edge.write(commands.update_objection_entry, entry_id, patch)
    return edge.changed(ObjectionEntryRead, changed)


@sets.post("", status_code=201, response_model=QuestionSetRead)
async def create_question_set(new: QuestionSetCreate, edge: Edge) -> Response:
    return edge.created(QuestionSetRead, await edge.write(commands.create_question_set, new))


@sets.get("", response_model=Page[QuestionSetRead], openapi_extra=QUESTION_SETS.openapi())
async def list_question_sets(edge: Edge) -> Response:
    found = await QUESTION_SETS.find(edge.reading, edge.listing(QUESTION_SETS))
    return edge.page(QuestionSetRead, QuestionSet, found)


@sets.get("/{set_id}", response_model=QuestionSetRead)
async def get_question_set(set_id: UUID, edge: Edge) -> Response:
    return edge.shown(QuestionSetRead, await edge.get(QuestionSet, set_id))


@sets.patch("/{set_id}", response_model=QuestionSetRead)
async def update_question_set(set_id: UUID, patch: QuestionSetUpdate, edge: Matched) -> Response:
    changed = await edge.write(commands.update_question_set, set_id, patch)
    return edge.changed(QuestionSetRead, changed)


@leads.get("/{lead_id}/needs", response_model=LeadNeedsRead)
async def get_lead_needs(lead_id: UUID, edge: Edge) -> Response:
    return edge.shown(LeadNeedsRead, await edge.get(Lead, lead_id))


@leads.post("/{lead_id}/needs", response_model=LeadNeedsRead)
async def answer_needs(lead_id: UUID, said: AnswerNeeds, edge: Edge) -> Response:
    return edge.changed(LeadNeedsRead, await edge.write(commands.answer_needs, lead_id, said))


history(objections, ObjectionEntry)
history(sets, QuestionSet)
router = APIRouter(routes=[*objections.routes, *sets.routes, *leads.routes])
