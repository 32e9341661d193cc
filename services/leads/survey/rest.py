"""REST of surveys; `/v1/survey-answers` is what whoever has a link answers at."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.kernel.errors import CrmError
from crmkit.kernel.period import parse_period
from crmkit.web.answers import Page
from crmkit.web.asof import present_only
from crmkit.web.edge import Edge, EdgeContext, Matched
from crmkit.web.public import Door, Open, admit, call_by, for_pages, preflight, public, refused
from services.leads.survey import commands
from services.leads.survey.domain import (
    MARK,
    QuestionKind,
    SurveyKind,
    SurveyStatus,
    SurveyTrigger,
    demand_open,
)
from services.leads.survey.models import Survey, SurveyTemplate
from services.leads.survey.queries import SURVEY_TEMPLATES, SURVEYS, find_linked, list_results
from services.leads.survey.schemas import (
    AnswerSurvey,
    LinkSurvey,
    PlanSurvey,
    ResultLine,
    ResultsQuery,
    ResultsRead,
    SurveyAsked,
    SurveyLinkRead,
    SurveyRead,
    SurveyTaken,
    SurveyTemplateCreate,
    SurveyTemplateRead,
    SurveyTemplateUpdate,
)

templates = APIRouter(prefix="/v1/survey-templates", tags=["surveys"])
surveys = APIRouter(prefix="/v1/surveys", tags=["surveys"])
answers = APIRouter(prefix="/v1/survey-answers", tags=["surveys"])
Token = Annotated[str, Path(description="The token of a survey's link, as it was shown once.")]
_DOOR = Door(MARK, "survey", find_linked, "survey.unlinked", "no such survey")
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


@surveys.post("/{survey_id}/link", response_model=SurveyLinkRead)
async def link_survey(survey_id: UUID, how: LinkSurvey, edge: Edge) -> Response:
    return edge.changed(SurveyLinkRead, await edge.write(commands.link_survey, survey_id, how))


@surveys.post("/{survey_id}/cancel", response_model=SurveyRead)
async def cancel_survey(survey_id: UUID, edge: Edge) -> Response:
    return edge.changed(SurveyRead, await edge.write(commands.cancel_survey, survey_id))


@answers.get("/{survey_token}", response_model=SurveyAsked)
@present_only
@for_pages
@public
async def get_linked_survey(survey_token: Token, request: Open) -> Response:
    """What whoever has the link is asked; nothing of whom, or by whom."""
    edge, survey = await _linked(request, survey_token)
    demand_open(survey.status)
    return edge.plain({"questions": survey.questions, "until": survey.link_until})


@answers.post("/{survey_token}", status_code=202, response_model=SurveyTaken)
@public
async def answer_linked_survey(survey_token: Token, said: AnswerSurvey, request: Open) -> Response:
    """Answer by a link, once: after that it is 409 `lifecycle.illegal`."""
    edge, survey = await _linked(request, survey_token)
    call = await call_by(edge, f"POST /v1/survey-answers/{survey.id}")
    try:
        await edge.run(call, commands.answer_survey, survey.id, said)
    except CrmError as error:
        return refused(request, error)
    return edge.plain({"accepted": True}, 202)


@answers.options("/{survey_token}", include_in_schema=False)
@public
async def may_answer(survey_token: Token, request: Open) -> Response:
    """Any page may: what opens a survey is its token, which no browser sends by itself."""
    await _linked(request, survey_token)
    return preflight("GET, POST")


async def _linked(request: Request, token: str) -> tuple[EdgeContext, Survey]:
    edge, survey = await _DOOR.open(request, token)
    admit(request.scope, edge.actor)
    return edge, survey


history(templates, SurveyTemplate)
history(surveys, Survey)
router = APIRouter(routes=[*templates.routes, *surveys.routes, *answers.routes])
