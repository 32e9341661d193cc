"""GraphQL of the playbook, and of what is known of needs."""

from uuid import UUID

import strawberry

from crmkit.kernel.period import parse_period
from crmkit.web.graphql import (
    Connection,
    Info,
    Output,
    Problem,
    checked,
    filter_of,
    input_of,
    output,
)
from services.leads.lead import models as lead_models
from services.leads.playbook import commands, models
from services.leads.playbook.queries import OBJECTION_ENTRIES, QUESTION_SETS, list_usage
from services.leads.playbook.schemas import (
    AnswerNeeds,
    LeadNeedsRead,
    ObjectionEntryCreate,
    ObjectionEntryRead,
    ObjectionEntryUpdate,
    ObjectionUsageLine,
    QuestionSetCreate,
    QuestionSetRead,
    QuestionSetUpdate,
)


@output(ObjectionEntryRead, models.ObjectionEntry)
class ObjectionEntry(Output):
    """异议库 something customers say against it, and what is answered, best first."""


@output(QuestionSetRead, models.QuestionSet)
class QuestionSet(Output):
    """开放性问题 what is asked to understand what somebody needs."""


@output(LeadNeedsRead)
class LeadNeeds(Output):
    """What is known of a lead's need, field by field."""


@output(ObjectionUsageLine)
class ObjectionUsage(Output):
    """How often a doubt was met, and what came of it."""


@input_of(ObjectionEntryCreate)
class ObjectionEntryCreateInput: ...


@input_of(ObjectionEntryUpdate)
class ObjectionEntryUpdateInput: ...


@input_of(QuestionSetCreate)
class QuestionSetCreateInput: ...


@input_of(QuestionSetUpdate)
class QuestionSetUpdateInput: ...


@input_of(AnswerNeeds)
class AnswerNeedsInput: ...


@filter_of(OBJECTION_ENTRIES)
class ObjectionEntryFilter: ...


@filter_of(QUESTION_SETS)
class QuestionSetFilter: ...


@strawberry.type
class Query:
    @strawberry.field
    async def objection_entry(self, info: Info, id: UUID) -> ObjectionEntry | None:
        return await info.context.one(ObjectionEntry, models.ObjectionEntry, id)

    @strawberry.field
    async def objection_entries(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: ObjectionEntryFilter | None = None,
        sort: str | None = None,
    ) -> Connection[ObjectionEntry]:
        return await info.context.page(
            ObjectionEntry, OBJECTION_ENTRIES, first, after, filter, sort
        )

    @strawberry.field
    async def objection_usage(self, info: Info, period: str) -> list[ObjectionUsage]:
        lines = await list_usage(info.context.reading, parse_period(period))
        return [ObjectionUsage.of(line.shown()) for line in lines]

    @strawberry.field
    async def question_set(self, info: Info, id: UUID) -> QuestionSet | None:
        return await info.context.one(QuestionSet, models.QuestionSet, id)

    @strawberry.field
    async def question_sets(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: QuestionSetFilter | None = None,
        sort: str | None = None,
    ) -> Connection[QuestionSet]:
        return await info.context.page(QuestionSet, QUESTION_SETS, first, after, filter, sort)

    @strawberry.field
    async def lead_needs(self, info: Info, id: UUID) -> LeadNeeds | None:
        return await info.context.one(LeadNeeds, lead_models.Lead, id)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_objection_entry(
        self, info: Info, input: ObjectionEntryCreateInput, idempotency_key: str | None = None
    ) -> ObjectionEntry | Problem:
        return await info.context.change(
            ObjectionEntry,
            commands.create_objection_entry,
            checked(ObjectionEntryCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_objection_entry(
        self, info: Info, id: UUID, expected_version: int, input: ObjectionEntryUpdateInput
    ) -> ObjectionEntry | Problem:
        return await info.context.change(
            ObjectionEntry,
            commands.update_objection_entry,
            id,
            checked(ObjectionEntryUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def create_question_set(
        self, info: Info, input: QuestionSetCreateInput, idempotency_key: str | None = None
    ) -> QuestionSet | Problem:
        return await info.context.change(
            QuestionSet,
            commands.create_question_set,
            checked(QuestionSetCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_question_set(
        self, info: Info, id: UUID, expected_version: int, input: QuestionSetUpdateInput
    ) -> QuestionSet | Problem:
        return await info.context.change(
            QuestionSet,
            commands.update_question_set,
            id,
            checked(QuestionSetUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def answer_needs(
        self, info: Info, id: UUID, input: AnswerNeedsInput
    ) -> LeadNeeds | Problem:
        said = checked(AnswerNeeds, input)
        return await info.context.change(LeadNeeds, commands.answer_needs, id, said)
