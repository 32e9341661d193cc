"""REST of surveys."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.kernel.period import parse_period
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.leads.survey import commands
from services.leads.survey.domain import QuestionKind, SurveyKind, SurveyStatus, SurveyTrigger
from services.leads.survey.models import Survey, SurveyTemplate
from services.leads.survey.queries import SURVEY_TEMPLATES, SURVEYS, list_results
from services.leads.survey.schemas import (
    AnswerSurvey,
    PlanSurvey,
    ResultLine,
    ResultsQuery,
    ResultsRead,
    SurveyRead,
    SurveyTemplateCreate,
    SurveyTemplateRead,
    SurveyTemplateUpdate,
)

templates = APIRouter(prefix="/v1/survey-templates", tags=["surveys"])
surveys = APIRouter(prefix="/v1/surveys", tags=["surveys"])
enums(templates, {"kind": SurveyKind, "trigger": SurveyTrigger, "question_kind": QuestionKind})
enums(surveys, {"kind": SurveyKind, "status": SurveyStatus})


@templates.post("", status_code=201, response_model=SurveyTemplateRead)
async def create_survey_template(new: SurveyTemplateCreate, edge: Edge) -> Response:
    made = await edge.write(commands.create_survey_template, new)
    return edge.created(SurveyTemplateRead, made)


@templates.get(
    "", response_model=Page[SurveyTemplateRead], openapi_extra=SURVEY_TEMPLATES.openapi()
)
async def list_survey_templates(edge: Edge) -> Response:
    found = await SURVEY_TEMPLATES.find(edge.reading, edge.listing(SURVEY_TEMPLATES))
    return edge.page(SurveyTemplateRead, SurveyTemplate, found)


@templates.get("/{template_id}", response_model=SurveyTemplateRead)
async def get_survey_template(template_id: UUID, edge: Edge) -> Response:
    return edge.shown(SurveyTemplateRead, await edge.get(SurveyTemplate, template_id))


@templates.patch("/{template_id}", response_model=SurveyTemplateRead)
async def update_survey_template(
    template_id: UUID, patch: SurveyTemplateUpdate, edge: Matched
) -> Response:
    changed = await edge.write(commands.update_survey_template, template_id, patch)
    return edge.changed(SurveyTemplateRead, changed)


@surveys.get("/results", response_model=ResultsRead)
async def get_survey_results(edge: Edge, asked: Annotated[ResultsQuery, Query()]) -> Response:
    """How satisfied those say they are who were asked in a period."""
    period = parse_period(asked.period)
    lines = await list_results(edge.reading, period)
    shown = [ResultLine.of(line.figures()) for line in lines]
    return edge.plain({"period": period.label, "lines": shown})


@surveys.post("", status_code=201, response_model=SurveyRead)
async def plan_survey(new: PlanSurvey, edge: Edge) -> Response:
    return edge.created(SurveyRead, await edge.write(commands.plan_survey, new))


@surveys.get("", response_model=Page[SurveyRead], openapi_extra=SURVEYS.openapi())
async def list_surveys(edge: Edge) -> Response:
    return edge.page(SurveyRead, Survey, await SURVEYS.find(edge.reading, edge.listing(SURVEYS)))


@surveys.get("/{survey_id}", response_model=SurveyRead)
async def get_survey(survey_id: UUID, edge: Edge) -> Response:
    return edge.shown(SurveyRead, await edge.get(Survey, survey_id))


@surveys.post("/{survey_id}/answer", response_model=SurveyRead)
async def answer_survey(survey_id: UUID, said: AnswerSurvey, edge: Edge) -> Response:
    return edge.changed(SurveyRead, await edge.write(commands.answer_survey, survey_id, said))


@surveys.post("/{survey_id}/cancel", response_model=SurveyRead)
async def cancel_survey(survey_id: UUID, edge: Edge) -> Response:
    return edge.changed(SurveyRead, await edge.write(commands.cancel_survey, survey_id))


history(templates, SurveyTemplate)
history(surveys, Survey)
router = APIRouter(routes=[*templates.routes, *surveys.routes])
