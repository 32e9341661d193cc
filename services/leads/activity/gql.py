"""GraphQL of activities."""

from uuid import UUID

import strawberry

from crmkit.components.custom_gql import custom_fields
from crmkit.components.jobs.gql import jobs_of
from crmkit.components.views.gql import views_of
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
from services.leads.activity import commands, models
from services.leads.activity.queries import (
    ACTIVITIES,
    ACTIVITY_FIELD_LIST,
    ACTIVITY_JOBS,
    ACTIVITY_VIEWS,
)
from services.leads.activity.schemas import (
    ActivityLog,
    ActivityPlan,
    ActivityRead,
    ActivityUpdate,
    CheckIn,
    CompleteActivity,
    NextStep,
)
from services.leads.contact import models as contact_models
from services.leads.contact.gql import Contact
from services.leads.lead import models as lead_models
from services.leads.lead.gql import Lead, Opportunity
from services.leads.view.commands import VIEWS
from services.leads.view.gql import TYPES


@output(ActivityRead, models.Activity)
class Activity(Output):
    """销售活动 a call, visit, meeting, demo, message, tour or return visit."""

    @strawberry.field
    async def lead(self, info: Info) -> Lead | None:
        lead_id: UUID | None = vars(self)["lead_id"]
        return await info.context.one(Lead, lead_models.Lead, lead_id) if lead_id else None

    @strawberry.field
    async def account(self, info: Info) -> Account | None:
        return await info.context.one(Account, account_models.Account, vars(self)["account_id"])

    @strawberry.field
    async def contact(self, info: Info) -> Contact | None:
        return await info.context.one(Contact, contact_models.Contact, vars(self)["contact_id"])

    @strawberry.field
    def opportunity(self) -> Opportunity | None:
        return Opportunity.to(vars(self)["opportunity_id"])

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])

    @strawberry.field
    async def follows(self, info: Info) -> "Activity | None":
        """What it is the next step of."""
        before_id: UUID | None = vars(self)["follows_id"]
        return await info.context.one(Activity, models.Activity, before_id) if before_id else None

    @strawberry.field
    async def follow_up(self, info: Info) -> "Activity | None":
        """The next step."""
        next_id: UUID | None = vars(self)["follow_up_id"]
        return await info.context.one(Activity, models.Activity, next_id) if next_id else None


@input_of(CheckIn)
class CheckInInput: ...


@input_of(NextStep)
class NextStepInput: ...


@input_of(ActivityPlan)
class ActivityPlanInput: ...


@input_of(ActivityLog)
class ActivityLogInput: ...


@input_of(ActivityUpdate)
class ActivityUpdateInput: ...


@input_of(CompleteActivity)
class CompleteActivityInput: ...


@filter_of(ACTIVITIES)
class ActivityFilter: ...


extend(Lead, activities=below(Activity, ActivityFilter, ACTIVITIES, "lead_id"))
extend(Account, activities=below(Activity, ActivityFilter, ACTIVITIES, "account_id"))
extend(Contact, activities=below(Activity, ActivityFilter, ACTIVITIES, "contact_id"))
extend(Opportunity, activities=below(Activity, ActivityFilter, ACTIVITIES, "opportunity_id"))


@strawberry.type
class Query:
    @strawberry.field
    async def activity(self, info: Info, id: UUID) -> Activity | None:
        return await info.context.one(Activity, models.Activity, id)

    @strawberry.field
    async def activities(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: ActivityFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Activity]:
        return await info.context.page(Activity, ACTIVITIES, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def plan_activity(
        self, info: Info, input: ActivityPlanInput, idempotency_key: str | None = None
    ) -> Activity | Problem:
        return await info.context.change(
            Activity,
            commands.plan_activity,
            checked(ActivityPlan, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def log_activity(
        self, info: Info, input: ActivityLogInput, idempotency_key: str | None = None
    ) -> Activity | Problem:
        return await info.context.change(
            Activity,
            commands.log_activity,
            checked(ActivityLog, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_activity(
        self, info: Info, id: UUID, expected_version: int, input: ActivityUpdateInput
    ) -> Activity | Problem:
        return await info.context.change(
            Activity,
            commands.update_activity,
            id,
            checked(ActivityUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def check_in_activity(
        self, info: Info, id: UUID, input: CheckInInput
    ) -> Activity | Problem:
        arrived = checked(CheckIn, input)
        return await info.context.change(Activity, commands.check_in_activity, id, arrived)

    @strawberry.mutation
    async def complete_activity(
        self, info: Info, id: UUID, input: CompleteActivityInput
    ) -> Activity | Problem:
        done = checked(CompleteActivity, input)
        return await info.context.change(Activity, commands.complete_activity, id, done)

    @strawberry.mutation
    async def cancel_activity(self, info: Info, id: UUID) -> Activity | Problem:
        return await info.context.change(Activity, commands.cancel_activity, id)


custom_fields(Query, Mutation, commands.FIELDS, ACTIVITY_FIELD_LIST, "activities")
jobs_of(Query, Mutation, commands.JOBS, ACTIVITY_JOBS, "activities")
views_of(Query, Mutation, TYPES, VIEWS, ACTIVITY_VIEWS)
