"""REST of forecasts and the pipeline."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge
from services.forecast.forecast import commands
from services.forecast.forecast.models import Forecast
from services.forecast.forecast.queries import FORECASTS, Behind, find_lineage, list_pipeline
from services.forecast.forecast.schemas import (
    FactRead,
    ForecastRead,
    LineageQuery,
    PipelineForecastRead,
    PipelineLine,
    PipelineLineageRead,
    PipelineQuery,
    SubmitForecast,
)
from services.forecast.target.domain import last_day, sales_period

router = APIRouter(prefix="/v1/forecasts", tags=["forecasts"])


@router.get("/pipeline", response_model=PipelineForecastRead)
async def get_pipeline_forecast(edge: Edge, asked: Annotated[PipelineQuery, Query()]) -> Response:
    """What was won and may be won in a month or quarter, beside the targets."""
    span = sales_period(asked.period)
    lines = await list_pipeline(edge.reading, span, asked.owner_id)
    shown = [PipelineLine.of(line.figures()) for line in lines]
    return edge.plain(
        {
            "period": span.label,
            "starts_on": span.start,
            "ends_on": last_day(span),
            "lines": shown,
        }
    )


@router.get("/pipeline/lineage", response_model=PipelineLineageRead)
async def get_pipeline_lineage(edge: Edge, asked: Annotated[LineageQuery, Query()]) -> Response:
    """The deals and targets behind a figure of the pipeline, and the events that made them so."""
    span = sales_period(asked.period)
    behind = Behind(span, asked.figure, asked.owner_id, asked.currency, asked.cursor, asked.limit)
    found = await find_lineage(edge.reading, behind)
    return edge.plain(
        {
            "period": span.label,
            "figure": asked.figure,
            "as_of": edge.reading.at,
            "lines": [PipelineLine.of(line.figures()) for line in found.lines],
            "items": [FactRead.of(fact) for fact in found.facts],
            "next_cursor": found.next_cursor,
        }
    )


@router.post("", status_code=201, response_model=ForecastRead)
async def submit_forecast(new: SubmitForecast, edge: Edge) -> Response:
    """Submitting a period again replaces the figures of its one forecast."""
    return edge.created(ForecastRead, await edge.write(commands.submit_forecast, new))


@router.get("", response_model=Page[ForecastRead], openapi_extra=FORECASTS.openapi())
async def list_forecasts(edge: Edge) -> Response:
    found = await FORECASTS.find(edge.reading, edge.listing(FORECASTS))
    return edge.page(ForecastRead, Forecast, found)


@router.get("/{forecast_id}", response_model=ForecastRead)
async def get_forecast(forecast_id: UUID, edge: Edge) -> Response:
    return edge.shown(ForecastRead, await edge.get(Forecast, forecast_id))


history(router, Forecast)
