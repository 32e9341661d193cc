"""GraphQL of follow-ups."""

from typing import Any, Self
from uuid import UUID

import strawberry

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
from services.leads.activity.domain import ActivityKind
from services.leads.activity.gql import Activity, ActivityFilter
from services.leads.activity.queries import ACTIVITIES
from services.leads.followup import commands, models
from services.leads.followup.domain import KINDS
from services.leads.followup.queries import FOLLOW_UP_PLANS, FOLLOW_UP_TEMPLATES
from services.leads.followup.schemas import (
    FollowUpPlanRead,
    FollowUpStepIn,
    FollowUpTemplateCreate,
    FollowUpTemplateRead,
    FollowUpTemplateUpdate,
    StartFollowUp,
)
from services.leads.lead import models as lead_models
from services.leads.lead.gql import Lead, Opportunity


@strawberry.type
class FollowUpStep:
    """What is due so many days after the plan began."""

    after_days: int
    kind: ActivityKind
    subject: str


def _steps(document: list[dict[str, Any]]) -> list[FollowUpStep]:
    return [FollowUpStep(**each | {"kind": KINDS[each["kind"]]}) for each in document]


@output(FollowUpTemplateRead, models.FollowUpTemplate)
class FollowUpTemplate(Output):
    """跟进策略 the steps after which somebody is looked after."""

    steps: list[FollowUpStep]

    @classmethod
    def of(cls, source: Any, masks: frozenset[str] = frozenset()) -> Self:
        made = super().of(source, masks)
        vars(made)["steps"] = _steps(vars(made)["steps"])
        return made


@output(FollowUpPlanRead, models.FollowUpPlan)
class FollowUpPlan(Output):
    """跟进计划 a template at work on one lead, account or opportunity."""

    steps: list[FollowUpStep]

    @classmethod
    def of(cls, source: Any, masks: frozenset[str] = frozenset()) -> Self:
        made = super().of(source, masks)
        vars(made)["steps"] = _steps(vars(made)["steps"])
        return made

    @strawberry.field
    async def template(self, info: Info) -> FollowUpTemplate | None:
        template_id: UUID = vars(self)["template_id"]
        return await info.context.one(FollowUpTemplate, models.FollowUpTemplate, template_id)

    @strawberry.field
    async def lead(self, info: Info) -> Lead | None:
        lead_id: UUID | None = vars(self)["lead_id"]
        return await info.context.one(Lead, lead_models.Lead, lead_id) if lead_id else None

    @strawberry.field
    async def account(self, info: Info) -> Account | None:
        return await info.context.one(Account, account_models.Account, vars(self)["account_id"])

    @strawberry.field
    def opportunity(self) -> Opportunity | None:
        return Opportunity.to(vars(self)["opportunity_id"])

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@input_of(FollowUpStepIn)
class FollowUpStepInput: ...


@input_of(FollowUpTemplateCreate)
class FollowUpTemplateCreateInput: ...


@input_of(FollowUpTemplateUpdate)
class FollowUpTemplateUpdateInput: ...


@input_of(StartFollowUp)
class StartFollowUpInput: ...


@filter_of(FOLLOW_UP_TEMPLATES)
class FollowUpTemplateFilter: ...


@filter_of(FOLLOW_UP_PLANS)
class FollowUpPlanFilter: ...


extend(FollowUpPlan, activities=below(Activity, ActivityFilter, ACTIVITIES, "follow_up_plan_id"))
extend(Lead, follow_ups=below(FollowUpPlan, FollowUpPlanFilter, FOLLOW_UP_PLANS, "lead_id"))
extend(Account, follow_ups=below(FollowUpPlan, FollowUpPlanFilter, FOLLOW_UP_PLANS, "account_id"))


@strawberry.type
class Query:
    @strawberry.field
    async def follow_up_template(self, info: Info, id: UUID) -> FollowUpTemplate | None:
        return await info.context.one(FollowUpTemplate, models.FollowUpTemplate, id)

    @strawberry.field
    async def follow_up_templates(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: FollowUpTemplateFilter | None = None,
        sort: str | None = None,
    ) -> Connection[FollowUpTemplate]:
        return await info.context.page(
            FollowUpTemplate, FOLLOW_UP_TEMPLATES, first, after, filter, sort
        )

    @strawberry.field
    async def follow_up(self, info: Info, id: UUID) -> FollowUpPlan | None:
        return await info.context.one(FollowUpPlan, models.FollowUpPlan, id)

    @strawberry.field
    async def follow_ups(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: FollowUpPlanFilter | None = None,
        sort: str | None = None,
    ) -> Connection[FollowUpPlan]:
        return await info.context.page(FollowUpPlan, FOLLOW_UP_PLANS, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_follow_up_template(
        self, info: Info, input: FollowUpTemplateCreateInput, idempotency_key: str | None = None
    ) -> FollowUpTemplate | Problem:
        return await info.context.change(
            FollowUpTemplate,
            commands.create_follow_up_template,
            checked(FollowUpTemplateCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_follow_up_template(
        self, info: Info, id: UUID, expected_version: int, input: FollowUpTemplateUpdateInput
    ) -> FollowUpTemplate | Problem:
        return await info.context.change(
            FollowUpTemplate,
            commands.update_follow_up_template,
            id,
            checked(FollowUpTemplateUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def start_follow_up(
        self, info: Info, input: StartFollowUpInput, idempotency_key: str | None = None
    ) -> FollowUpPlan | Problem:
        return await info.context.change(
            FollowUpPlan,
            commands.start_follow_up,
            checked(StartFollowUp, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def stop_follow_up(self, info: Info, id: UUID) -> FollowUpPlan | Problem:
        return await info.context.change(FollowUpPlan, commands.stop_follow_up, id)
