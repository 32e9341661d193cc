"""GraphQL of forecasts and the pipeline."""

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
from services.forecast.forecast import commands, models, schemas
from services.forecast.forecast.queries import FORECASTS, list_pipeline
from services.forecast.forecast.schemas import ForecastRead, SubmitForecast
from services.forecast.target.domain import sales_period


@output(ForecastRead, models.Forecast)
class Forecast(Output):
    """销售预测 what one owner put their name to for one period."""

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@output(schemas.PipelineLine)
class PipelineLine(Output): ...


@input_of(SubmitForecast)
class SubmitForecastInput: ...


@filter_of(FORECASTS)
class ForecastFilter: ...


async def _pipeline(info: Info, period: str, owner_id: UUID | None = None) -> list[PipelineLine]:
    lines = await list_pipeline(info.context.reading, sales_period(period), owner_id)
    return [PipelineLine.of(line.figures()) for line in lines]


@strawberry.type
class Query:
    @strawberry.field
    async def forecast(self, info: Info, id: UUID) -> Forecast | None:
        return await info.context.one(Forecast, models.Forecast, id)

    @strawberry.field
    async def forecasts(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: ForecastFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Forecast]:
        return await info.context.page(Forecast, FORECASTS, first, after, filter, sort)

    forecast_pipeline: list[PipelineLine] = strawberry.field(resolver=_pipeline)
    # in the supergraph `pipeline` is that of opportunities; this one was published before there was
    pipeline: list[PipelineLine] = strawberry.federation.field(
        resolver=_pipeline,
        inaccessible=True,
        deprecation_reason="Ask for forecastPipeline.",
    )


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def submit_forecast(
        self, info: Info, input: SubmitForecastInput, idempotency_key: str | None = None
    ) -> Forecast | Problem:
        return await info.context.change(
            Forecast,
            commands.submit_forecast,
            checked(SubmitForecast, input),
            idempotency_key=idempotency_key,
        )
