"""GraphQL of forecasts and the pipeline."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

import strawberry

from crmkit.web.graphql import (
    Connection,
    Info,
    Member,
    Money,
    Output,
    PageInfo,
    Problem,
    checked,
    filter_of,
    input_of,
    output,
)
from services.forecast.forecast import commands, models, schemas
from services.forecast.forecast.domain import Figure, Part
from services.forecast.forecast.queries import FORECASTS, Behind, find_lineage, list_pipeline
from services.forecast.forecast.schemas import FactRead, ForecastRead, LineageQuery, SubmitForecast
from services.forecast.target.domain import sales_period

strawberry.enum(Figure, name="PipelineFigure", description="A figure of the pipeline.")
strawberry.enum(Part, name="PipelinePart", description="What a fact is to a figure.")


@output(ForecastRead, models.Forecast)
class Forecast(Output):
    """销售预测 what one owner put their name to for one period."""

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@output(schemas.PipelineLine)
class PipelineLine(Output): ...


@strawberry.type(description="An event by its record's version, which has no gaps.")
class FactEvent:
    version: int
    recorded_at: datetime


@strawberry.type(description="A deal or target behind a figure; `adds` is exact, as text.")
class PipelineFact:
    aggregate: str
    id: UUID
    version: int
    part: Part
    owner_id: UUID
    amount: Money
    adds: str
    events: list[FactEvent]

    @classmethod
    def of(cls, fact: dict[str, Any]) -> Self:
        """A fact as REST has it."""
        shown: dict[str, Any] = {name: fact[name] for name in ("aggregate", "id", "version")}
        amount = Money(**FactRead.of(fact)["amount"])
        events = [FactEvent(version=e.version, recorded_at=e.recorded_at) for e in fact["events"]]
        rest: dict[str, Any] = {name: fact[name] for name in ("owner_id", "adds")}
        return cls(**shown, **rest, part=Part(fact["part"]), amount=amount, events=events)


@strawberry.type(description="Figures, and the facts that add up to them.")
class PipelineLineage:
    period: str
    figure: Figure
    as_of: datetime
    lines: list[PipelineLine]
    items: list[PipelineFact]
    page_info: PageInfo


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

    @strawberry.field
    async def pipeline_lineage(
        self,
        info: Info,
        period: str,
        figure: Figure,
        owner_id: UUID | None = None,
        currency: str | None = None,
        first: int = 50,
        after: UUID | None = None,
    ) -> PipelineLineage:
        given = {"period": period, "figure": figure, "owner_id": owner_id, "currency": currency}
        asked = checked(LineageQuery, given | {"limit": first, "cursor": after})
        span = sales_period(period)
        behind = Behind(span, figure, owner_id, asked.currency, after, asked.limit)
        reading = info.context.reading
        found = await find_lineage(reading, behind)
        return PipelineLineage(
            period=span.label,
            figure=figure,
            as_of=reading.at,
            lines=[PipelineLine.of(line.figures()) for line in found.lines],
            items=[PipelineFact.of(fact) for fact in found.facts],
            page_info=PageInfo(
                has_next_page=found.next_cursor is not None,
                end_cursor=str(found.next_cursor) if found.next_cursor else None,
            ),
        )

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
