"""GraphQL of pipelines."""

from typing import Any, Self
from uuid import UUID

import strawberry

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
from services.opportunities.pipeline import commands, models
from services.opportunities.pipeline.queries import PIPELINES
from services.opportunities.pipeline.schemas import (
    PipelineCreate,
    PipelineRead,
    PipelineUpdate,
    StageIn,
)


@strawberry.type
class PipelineStage:
    """One step; `probability` is the chance in percent that a deal standing there is won."""

    code: str
    name: str
    probability: int


@output(PipelineRead, models.Pipeline)
class Pipeline(Output):
    """销售流程 a sequence of stages a deal passes through."""

    stages: list[PipelineStage]

    @classmethod
    def of(cls, source: Any, masks: frozenset[str] = frozenset()) -> Self:
        made = super().of(source, masks)
        vars(made)["stages"] = [PipelineStage(**stage) for stage in vars(made)["stages"]]
        return made


@input_of(StageIn)
class PipelineStageInput: ...


@input_of(PipelineCreate)
class PipelineCreateInput: ...


@input_of(PipelineUpdate)
class PipelineUpdateInput: ...


@filter_of(PIPELINES)
class PipelineFilter: ...


@strawberry.type
class Query:
    @strawberry.field
    async def pipeline(self, info: Info, id: UUID) -> Pipeline | None:
        return await info.context.one(Pipeline, models.Pipeline, id)

    @strawberry.field
    async def pipelines(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: PipelineFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Pipeline]:
        return await info.context.page(Pipeline, PIPELINES, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_pipeline(
        self, info: Info, input: PipelineCreateInput, idempotency_key: str | None = None
    ) -> Pipeline | Problem:
        return await info.context.change(
            Pipeline,
            commands.create_pipeline,
            checked(PipelineCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_pipeline(
        self, info: Info, id: UUID, expected_version: int, input: PipelineUpdateInput
    ) -> Pipeline | Problem:
        return await info.context.change(
            Pipeline,
            commands.update_pipeline,
            id,
            checked(PipelineUpdate, input),
            expected_version=expected_version,
        )
