"""GraphQL of plans."""

from uuid import UUID

import strawberry

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
from services.leads.workplan import commands, models, schemas
from services.leads.workplan.domain import plan_period
from services.leads.workplan.queries import WORK_PLANS, list_progress
from services.leads.workplan.schemas import SubmitPlan, WorkPlanRead


@output(WorkPlanRead, models.WorkPlan)
class WorkPlan(Output):
    """工作计划 what one owner has said they will do in one period."""

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@output(schemas.PlanLine)
class PlanLine(Output):
    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@input_of(SubmitPlan)
class SubmitPlanInput: ...


@filter_of(WORK_PLANS)
class WorkPlanFilter: ...


@strawberry.type
class Query:
    @strawberry.field
    async def work_plan(self, info: Info, id: UUID) -> WorkPlan | None:
        return await info.context.one(WorkPlan, models.WorkPlan, id)

    @strawberry.field
    async def work_plans(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: WorkPlanFilter | None = None,
        sort: str | None = None,
    ) -> Connection[WorkPlan]:
        return await info.context.page(WorkPlan, WORK_PLANS, first, after, filter, sort)

    @strawberry.field
    async def work_plan_progress(
        self, info: Info, period: str, owner_id: UUID | None = None
    ) -> list[PlanLine]:
        lines = await list_progress(info.context.reading, plan_period(period), owner_id)
        return [PlanLine.of(line.figures()) for line in lines]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def submit_work_plan(
        self, info: Info, input: SubmitPlanInput, idempotency_key: str | None = None
    ) -> WorkPlan | Problem:
        return await info.context.change(
            WorkPlan,
            commands.submit_work_plan,
            checked(SubmitPlan, input),
            idempotency_key=idempotency_key,
        )
