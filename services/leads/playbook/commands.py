"""Every change of the playbook, and what its questions bring to light."""

from typing import Any
from uuid import UUID

from crmkit.db.writing import Tx
from crmkit.events.leads import LeadUpdated
from crmkit.events.leads_playbook import (
    ObjectionEntryCreated,
    ObjectionEntryUpdated,
    QuestionSetCreated,
    QuestionSetUpdated,
)
from crmkit.fields import given
from services.leads.lead.domain import demand_editable
from services.leads.lead.models import Lead
from services.leads.playbook.domain import QUESTION_SET, demand_active, needs_after
from services.leads.playbook.models import ObjectionEntry, QuestionSet
from services.leads.playbook.schemas import (
    AnswerNeeds,
    ObjectionEntryCreate,
    ObjectionEntryUpdate,
    QuestionSetCreate,
    QuestionSetUpdate,
)
from services.leads.questionnaire.domain import demand_questions
from services.leads.questionnaire.schemas import Question


async def create_objection_entry(tx: Tx, new: ObjectionEntryCreate) -> ObjectionEntry:
    """异议库 write down what customers say against it, and what to answer."""
    return tx.create(ObjectionEntry, ObjectionEntryCreated, **given(new))


async def update_objection_entry(
    tx: Tx, entry_id: UUID, patch: ObjectionEntryUpdate
) -> ObjectionEntry:
    """Suggest other answers, or none any more: what was suggested once stays."""
    return tx.update(await tx.take(ObjectionEntry, entry_id), ObjectionEntryUpdated, **given(patch))


async def create_question_set(tx: Tx, new: QuestionSetCreate) -> QuestionSet:
    """开放性问题 draw up what is asked about a need."""
    return tx.create(
        QuestionSet, QuestionSetCreated, **given(new, questions=_documents(new.questions))
    )


async def update_question_set(tx: Tx, set_id: UUID, patch: QuestionSetUpdate) -> QuestionSet:
    """Ask something else, or ask a set no more."""
    asked = await tx.take(QuestionSet, set_id)
    values: dict[str, Any] = given(patch)
    if "questions" in values:
        values["questions"] = _documents(patch.questions)
    return tx.update(asked, QuestionSetUpdated, **values)


async def answer_needs(tx: Tx, lead_id: UUID, said: AnswerNeeds) -> Lead:
    """了解客户需求 keep what somebody answered as fields of their need; other fields stay."""
    lead = await tx.take(Lead, lead_id)
    demand_editable(lead.status, lead.merged_into)
    asked = await tx.get(QuestionSet, said.question_set_id)
    demand_active(asked.active)
    tx.expect(asked)
    needs = needs_after(asked.questions, lead.needs, said.answers)
    return tx.update(lead, LeadUpdated, needs=needs)


def _documents(questions: list[Question]) -> list[dict[str, Any]]:
    made = [question.model_dump(mode="json") for question in questions]
    demand_questions(made, QUESTION_SET)
    return made
