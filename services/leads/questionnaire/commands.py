"""Every change of a questionnaire, and what visitors answer."""

from typing import Any
from uuid import UUID

from crmkit.components.directory import owner
from crmkit.db.writing import Tx
from crmkit.events.leads_questionnaires import (
    QuestionnaireCreated,
    QuestionnaireUpdated,
    VisitorSurveyAnswered,
)
from crmkit.fields import given
from crmkit.kernel.errors import Invalid
from services.leads.lead.domain import demand_apart
from services.leads.lead.models import Lead
from services.leads.questionnaire.domain import demand_active, demand_answers, demand_questions
from services.leads.questionnaire.models import Questionnaire, VisitorSurvey
from services.leads.questionnaire.schemas import (
    AnswerQuestionnaire,
    Question,
    QuestionnaireCreate,
    QuestionnaireUpdate,
)
from services.leads.reception.models import Visit


async def create_questionnaire(tx: Tx, new: QuestionnaireCreate) -> Questionnaire:
    """Draw up what visitors are asked."""
    questions = _documents(new.questions)
    return tx.create(Questionnaire, QuestionnaireCreated, **given(new, questions=questions))


async def update_questionnaire(
    tx: Tx, questionnaire_id: UUID, patch: QuestionnaireUpdate
) -> Questionnaire:
    """Ask something else, or hand a questionnaire out no more."""
    questionnaire = await tx.take(Questionnaire, questionnaire_id)
    values: dict[str, Any] = given(patch)
    if "questions" in values:
        values["questions"] = _documents(patch.questions)
    return tx.update(questionnaire, QuestionnaireUpdated, **values)


async def answer_questionnaire(tx: Tx, new: AnswerQuestionnaire) -> VisitorSurvey:
    """来访客户问卷 write down what a visitor answered."""
    questionnaire = await tx.get(Questionnaire, new.questionnaire_id)
    tx.expect(questionnaire)
    demand_active(questionnaire.active)
    demand_answers(questionnaire.questions, new.answers)
    who = await owner(tx, None)
    return tx.create(
        VisitorSurvey,
        VisitorSurveyAnswered,
        **given(new, lead_id=await _lead_of(tx, new)),
        questions=questionnaire.questions,
        owner_id=who.owner_id,
        team=who.team,
        region=who.region,
        answered_at=tx.occurred_at,
    )


async def _lead_of(tx: Tx, new: AnswerQuestionnaire) -> UUID:
    """Whose answers they are; Invalid `survey.whose` unless a visit or a lead says so."""
    if new.visit_id is not None and new.lead_id is None:
        visit = await tx.get(Visit, new.visit_id)
        tx.expect(visit)
        return visit.lead_id
    if new.lead_id is not None and new.visit_id is None:
        lead = await tx.get(Lead, new.lead_id)
        demand_apart(lead.status, lead.merged_into)
        tx.expect(lead)
        return lead.id
    raise Invalid.field("visit_id", "survey.whose", "either a visit or a lead")


def _documents(questions: list[Question]) -> list[dict[str, Any]]:
    made = [question.model_dump(mode="json") for question in questions]
    demand_questions(made)
    return made
