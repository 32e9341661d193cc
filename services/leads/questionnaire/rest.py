"""REST of questionnaires and of what visitors answer."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.leads.questionnaire import commands
from services.leads.questionnaire.domain import QuestionForm
from services.leads.questionnaire.models import Questionnaire, VisitorSurvey
from services.leads.questionnaire.queries import QUESTIONNAIRES, SURVEYS
from services.leads.questionnaire.schemas import (
    AnswerQuestionnaire,
    QuestionnaireCreate,
    QuestionnaireRead,
    QuestionnaireUpdate,
    VisitorSurveyRead,
)

questionnaires = APIRouter(prefix="/v1/questionnaires", tags=["questionnaires"])
surveys = APIRouter(prefix="/v1/visitor-surveys", tags=["questionnaires"])
enums(questionnaires, {"kind": QuestionForm})


@questionnaires.post("", status_code=201, response_model=QuestionnaireRead)
async def create_questionnaire(new: QuestionnaireCreate, edge: Edge) -> Response:
    return edge.created(QuestionnaireRead, await edge.write(commands.create_questionnaire, new))


@questionnaires.get(
    "", response_model=Page[QuestionnaireRead], openapi_extra=QUESTIONNAIRES.openapi()
)
async def list_questionnaires(edge: Edge) -> Response:
    found = await QUESTIONNAIRES.find(edge.reading, edge.listing(QUESTIONNAIRES))
    return edge.page(QuestionnaireRead, Questionnaire, found)


@questionnaires.get("/{questionnaire_id}", response_model=QuestionnaireRead)
async def get_questionnaire(questionnaire_id: UUID, edge: Edge) -> Response:
    return edge.shown(QuestionnaireRead, await edge.get(Questionnaire, questionnaire_id))


@questionnaires.patch("/{questionnaire_id}", response_model=QuestionnaireRead)
async def update_questionnaire(
    questionnaire_id: UUID, patch: QuestionnaireUpdate, edge: Matched
) -> Response:
    changed = await edge.write(commands.update_questionnaire, questionnaire_id, patch)
    return edge.changed(QuestionnaireRead, changed)


@surveys.post("", status_code=201, response_model=VisitorSurveyRead)
async def answer_questionnaire(new: AnswerQuestionnaire, edge: Edge) -> Response:
    return edge.created(VisitorSurveyRead, await edge.write(commands.answer_questionnaire, new))


@surveys.get("", response_model=Page[VisitorSurveyRead], openapi_extra=SURVEYS.openapi())
async def list_visitor_surveys(edge: Edge) -> Response:
    found = await SURVEYS.find(edge.reading, edge.listing(SURVEYS))
    return edge.page(VisitorSurveyRead, VisitorSurvey, found)


@surveys.get("/{survey_id}", response_model=VisitorSurveyRead)
async def get_visitor_survey(survey_id: UUID, edge: Edge) -> Response:
    return edge.shown(VisitorSurveyRead, await edge.get(VisitorSurvey, survey_id))


history(questionnaires, Questionnaire)
history(surveys, VisitorSurvey)
router = APIRouter(routes=[*questionnaires.routes, *surveys.routes])
