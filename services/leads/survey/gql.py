"""GraphQL of surveys."""

from typing import Any, Self
from uuid import UUID

import strawberry

from crmkit.kernel.period import parse_period
from crmkit.web.graphql import (
    Connection,
    Info,
    Member,
    Output,
    Problem,
    below,
    checked,
    extend,
    filter_of,
    input_of,
    output,
)
from services.leads.account import models as account_models
from services.leads.account.gql import Account
from services.leads.survey import commands, models, schemas
from services.leads.survey.domain import KINDS, QuestionKind
from services.leads.survey.queries import SURVEY_TEMPLATES, SURVEYS, list_results
from services.leads.survey.schemas import (
    AnswerSurvey,
    LinkSurvey,
    PlanSurvey,
    QuestionIn,
    SurveyRead,
    SurveyTemplateCreate,
    SurveyTemplateRead,
    SurveyTemplateUpdate,
)


@strawberry.type
class SurveyQuestion:
    """One question; `choices` are there for those of kind choice."""

    key: str
    text: str
    kind: QuestionKind
    choices: list[str]
    required: bool


def _questions(document: list[dict[str, Any]]) -> list[SurveyQuestion]:
    return [SurveyQuestion(**each | {"kind": KINDS[each["kind"]]}) for each in document]


@output(SurveyTemplateRead, models.SurveyTemplate)
class SurveyTemplate(Output):
    """问卷 what is asked, and when."""

    questions: list[SurveyQuestion]

    @classmethod
    def of(cls, source: Any, masks: frozenset[str] = frozenset()) -> Self:
        made = super().of(source, masks)
        vars(made)["questions"] = _questions(vars(made)["questions"])
        return made


@output(SurveyRead, models.Survey)
class Survey(Output):
    """满意度调查 one asking of one customer."""

    questions: list[SurveyQuestion]

    @classmethod
    def of(cls, source: Any, masks: frozenset[str] = frozenset()) -> Self:
        made = super().of(source, masks)
        vars(made)["questions"] = _questions(vars(made)["questions"])
        return made

    @strawberry.field
    async def account(self, info: Info) -> Account | None:
        return await info.context.one(Account, account_models.Account, vars(self)["account_id"])

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@output(SurveyRead)
class SurveyLink(Output):
    """A survey with the token of its link, which is shown this once."""

    questions: list[SurveyQuestion]
    token: str | None

    @classmethod
    def of(cls, source: Any, masks: frozenset[str] = frozenset()) -> Self:
        made = super().of(source, masks)
        vars(made)["questions"] = _questions(vars(made)["questions"])
        vars(made)["token"] = vars(source).get("token")
        return made


@output(schemas.ResultLine)
class SurveyResult(Output): ...


@input_of(QuestionIn)
class SurveyQuestionInput: ...


@input_of(SurveyTemplateCreate)
class SurveyTemplateCreateInput: ...


@input_of(SurveyTemplateUpdate)
class SurveyTemplateUpdateInput: ...


@input_of(LinkSurvey)
class LinkSurveyInput: ...


@input_of(PlanSurvey)
class PlanSurveyInput: ...


@input_of(AnswerSurvey)
class AnswerSurveyInput: ...


@filter_of(SURVEY_TEMPLATES)
class SurveyTemplateFilter: ...


@filter_of(SURVEYS)
class SurveyFilter: ...


extend(Account, surveys=below(Survey, SurveyFilter, SURVEYS, "account_id"))


@strawberry.type
class Query:
    @strawberry.field
    async def survey_template(self, info: Info, id: UUID) -> SurveyTemplate | None:
        return await info.context.one(SurveyTemplate, models.SurveyTemplate, id)

    @strawberry.field
    async def survey_templates(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: SurveyTemplateFilter | None = None,
        sort: str | None = None,
    ) -> Connection[SurveyTemplate]:
        return await info.context.page(SurveyTemplate, SURVEY_TEMPLATES, first, after, filter, sort)

    @strawberry.field
    async def survey(self, info: Info, id: UUID) -> Survey | None:
        return await info.context.one(Survey, models.Survey, id)

    @strawberry.field
    async def surveys(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: SurveyFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Survey]:
        return await info.context.page(Survey, SURVEYS, first, after, filter, sort)

    @strawberry.field
    async def survey_results(self, info: Info, period: str) -> list[SurveyResult]:
        lines = await list_results(info.context.reading, parse_period(period))
        return [SurveyResult.of(line.figures()) for line in lines]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_survey_template(
        self, info: Info, input: SurveyTemplateCreateInput, idempotency_key: str | None = None
    ) -> SurveyTemplate | Problem:
        return await info.context.change(
            SurveyTemplate,
            commands.create_survey_template,
            checked(SurveyTemplateCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_survey_template(
        self, info: Info, id: UUID, expected_version: int, input: SurveyTemplateUpdateInput
    ) -> SurveyTemplate | Problem:
        return await info.context.change(
            SurveyTemplate,
            commands.update_survey_template,
            id,
            checked(SurveyTemplateUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def plan_survey(
        self, info: Info, input: PlanSurveyInput, idempotency_key: str | None = None
    ) -> Survey | Problem:
        return await info.context.change(
            Survey,
            commands.plan_survey,
            checked(PlanSurvey, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def answer_survey(
        self, info: Info, id: UUID, input: AnswerSurveyInput
    ) -> Survey | Problem:
        said = checked(AnswerSurvey, input)
        return await info.context.change(Survey, commands.answer_survey, id, said)

    @strawberry.mutation
    async def link_survey(
        self, info: Info, id: UUID, input: LinkSurveyInput
    ) -> SurveyLink | Problem:
        how = checked(LinkSurvey, input)
        return await info.context.change(SurveyLink, commands.link_survey, id, how)

    @strawberry.mutation
    async def cancel_survey(self, info: Info, id: UUID) -> Survey | Problem:
        return await info.context.change(Survey, commands.cancel_survey, id)
