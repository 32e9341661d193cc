"""GraphQL of questionnaires and of what visitors answer."""

from uuid import UUID

import strawberry

from crmkit.web.graphql import (
    Connection,
    Info,
    Output,
    Problem,
    below,
    checked,
    extend,
    filter_of,
    input_of,
    output,
)
from services.leads.lead import models as lead_models
from services.leads.lead.gql import Lead
from services.leads.questionnaire import commands, models
from services.leads.questionnaire.queries import QUESTIONNAIRES, SURVEYS
from services.leads.questionnaire.schemas import (
    AnswerQuestionnaire,
    Question,
    QuestionnaireCreate,
    QuestionnaireRead,
    QuestionnaireUpdate,
    VisitorSurveyRead,
)


@output(QuestionnaireRead, models.Questionnaire)
class Questionnaire(Output):
    """来访客户问卷 what visitors are asked."""


@output(VisitorSurveyRead, models.VisitorSurvey)
class VisitorSurvey(Output):
    """What a visitor answered."""

    @strawberry.field
    async def lead(self, info: Info) -> Lead | None:
        return await info.context.one(Lead, lead_models.Lead, vars(self)["lead_id"])


@input_of(Question)
class QuestionInput: ...


@input_of(QuestionnaireCreate)
class QuestionnaireCreateInput: ...


@input_of(QuestionnaireUpdate)
class QuestionnaireUpdateInput: ...


@input_of(AnswerQuestionnaire)
class AnswerQuestionnaireInput: ...


@filter_of(QUESTIONNAIRES)
class QuestionnaireFilter: ...


@filter_of(SURVEYS)
class VisitorSurveyFilter: ...


extend(Lead, visitor_surveys=below(VisitorSurvey, VisitorSurveyFilter, SURVEYS, "lead_id"))
extend(
    Questionnaire, surveys=below(VisitorSurvey, VisitorSurveyFilter, SURVEYS, "questionnaire_id")
)


@strawberry.type
class Query:
    @strawberry.field
    async def questionnaire(self, info: Info, id: UUID) -> Questionnaire | None:
        return await info.context.one(Questionnaire, models.Questionnaire, id)

    @strawberry.field
    async def questionnaires(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: QuestionnaireFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Questionnaire]:
        return await info.context.page(Questionnaire, QUESTIONNAIRES, first, after, filter, sort)

    @strawberry.field
    async def visitor_survey(self, info: Info, id: UUID) -> VisitorSurvey | None:
        return await info.context.one(VisitorSurvey, models.VisitorSurvey, id)

    @strawberry.field
    async def visitor_surveys(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: VisitorSurveyFilter | None = None,
        sort: str | None = None,
    ) -> Connection[VisitorSurvey]:
        return await info.context.page(VisitorSurvey, SURVEYS, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_questionnaire(
        self, info: Info, input: QuestionnaireCreateInput, idempotency_key: str | None = None
    ) -> Questionnaire | Problem:
        return await info.context.change(
            Questionnaire,
            commands.create_questionnaire,
            checked(QuestionnaireCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_questionnaire(
        self, info: Info, id: UUID, expected_version: int, input: QuestionnaireUpdateInput
    ) -> Questionnaire | Problem:
        return await info.context.change(
            Questionnaire,
            commands.update_questionnaire,
            id,
            checked(QuestionnaireUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def answer_questionnaire(
        self, info: Info, input: AnswerQuestionnaireInput, idempotency_key: str | None = None
    ) -> VisitorSurvey | Problem:
        return await info.context.change(
            VisitorSurvey,
            commands.answer_questionnaire,
            checked(AnswerQuestionnaire, input),
            idempotency_key=idempotency_key,
        )
