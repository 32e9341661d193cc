"""REST of reports."""

from fastapi import APIRouter, Response

from crmkit.kernel.period import Grain
from crmkit.web.edge import Edge
from services.reporting.report.domain import Report
from services.reporting.report.queries import get_report

router = APIRouter(prefix="/v1/reports", tags=["reports"])


@router.get("/weekly/{week}", response_model=Report)
async def get_weekly_report(week: str, edge: Edge) -> Response:
    return edge.plain(await get_report(edge.reading, Grain.WEEK, week))


@router.get("/monthly/{month}", response_model=Report)
async def get_monthly_report(month: str, edge: Edge) -> Response:
    return edge.plain(await get_report(edge.reading, Grain.MONTH, month))
