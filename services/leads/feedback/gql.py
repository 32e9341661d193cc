"""GraphQL of feedback."""

from uuid import UUID

import strawberry

from crmkit.components.jobs.gql import jobs_of
from crmkit.web.graphql import (
    Connection,
    Info,
    Member,
    Output,
    Problem,
    checked,
    filter_of,
    input_of,
    output,
)
from services.leads.campaign import models as campaign_models
from services.leads.campaign.gql import Campaign
from services.leads.feedback import commands, models
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
from services.leads.lead import models as lead_models
from services.leads.lead.gql import Lead


@output(FeedbackRead, models.Feedback)
class Feedback(Output):
    """销售团队反馈 what somebody who sells says hinders or helps them."""

    @strawberry.field
    async def lead(self, info: Info) -> Lead | None:
        return await info.context.one(Lead, lead_models.Lead, vars(self)["lead_id"])

    @strawberry.field
    async def campaign(self, info: Info) -> Campaign | None:
        return await info.context.one(Campaign, campaign_models.Campaign, vars(self)["campaign_id"])

    @strawberry.field
    def sender(self) -> Member | None:
        return Member.to(vars(self)["sender_id"])

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])

    @strawberry.field
    def assignee(self) -> Member | None:
        return Member.to(vars(self)["assignee_id"])


@input_of(SendFeedback)
class SendFeedbackInput: ...


@input_of(FeedbackUpdate)
class FeedbackUpdateInput: ...


@input_of(AcceptFeedback)
class AcceptFeedbackInput: ...


@input_of(ReassignFeedback)
class ReassignFeedbackInput: ...


@input_of(DeclineFeedback)
class DeclineFeedbackInput: ...


@input_of(FinishFeedback)
class FinishFeedbackInput: ...


@filter_of(FEEDBACK)
class FeedbackFilter: ...


@strawberry.type
class Query:
    @strawberry.field
    async def feedback(self, info: Info, id: UUID) -> Feedback | None:
        return await info.context.one(Feedback, models.Feedback, id)

    @strawberry.field
    async def all_feedback(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: FeedbackFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Feedback]:
        return await info.context.page(Feedback, FEEDBACK, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def send_feedback(
        self, info: Info, input: SendFeedbackInput, idempotency_key: str | None = None
    ) -> Feedback | Problem:
        return await info.context.change(
            Feedback,
            commands.send_feedback,
            checked(SendFeedback, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_feedback(
        self, info: Info, id: UUID, expected_version: int, input: FeedbackUpdateInput
    ) -> Feedback | Problem:
        return await info.context.change(
            Feedback,
            commands.update_feedback,
            id,
            checked(FeedbackUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def accept_feedback(
        self, info: Info, id: UUID, input: AcceptFeedbackInput
    ) -> Feedback | Problem:
        said = checked(AcceptFeedback, input)
        return await info.context.change(Feedback, commands.accept_feedback, id, said)

    @strawberry.mutation
    async def reassign_feedback(
        self, info: Info, id: UUID, input: ReassignFeedbackInput
    ) -> Feedback | Problem:
        said = checked(ReassignFeedback, input)
        return await info.context.change(Feedback, commands.reassign_feedback, id, said)

    @strawberry.mutation
    async def decline_feedback(
        self, info: Info, id: UUID, input: DeclineFeedbackInput
    ) -> Feedback | Problem:
        said = checked(DeclineFeedback, input)
        return await info.context.change(Feedback, commands.decline_feedback, id, said)

    @strawberry.mutation
    async def finish_feedback(
        self, info: Info, id: UUID, input: FinishFeedbackInput
    ) -> Feedback | Problem:
        said = checked(FinishFeedback, input)
        return await info.context.change(Feedback, commands.finish_feedback, id, said)


jobs_of(Query, Mutation, commands.JOBS, FEEDBACK_JOBS, "feedback")
