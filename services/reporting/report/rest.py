"""REST of reports."""

from asyncio import to_thread
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from crmkit.fields import label_schema
from crmkit.kernel.period import Grain
from crmkit.web.edge import Edge, EdgeContext
from services.reporting.lineage.schemas import ReportLineageQuery, ReportLineageRead, page
from services.reporting.pages.forms import DRAWN, Form, described, headers
from services.reporting.report.domain import Report
from services.reporting.report.queries import Behind, find_behind, get_report
from services.reporting.report.views import document
from services.reporting.report.words import Language, preferred

router = APIRouter(prefix="/v1/reports", tags=["reports"])

Format = Annotated[
    Form, Query(description="json; html: a page that needs nothing else; csv; xlsx.")
]
Lang = Annotated[
    Language | None, Query(description="Of all but json; else by Accept-Language, else zh.")
]
Week = Annotated[str, Path(json_schema_extra=label_schema(Grain.WEEK))]
Month = Annotated[str, Path(json_schema_extra=label_schema(Grain.MONTH))]
Asked = Annotated[ReportLineageQuery, Query()]


@router.get("/weekly/{week}", response_model=Report, responses=described())
async def get_weekly_report(
    week: Week, edge: Edge, format: Format = Form.JSON, lang: Lang = None
) -> Response:
    report = await get_report(edge.reading, Grain.WEEK, week)
    return await _answer(edge, report, "weekly", format, lang)


@router.get("/monthly/{month}", response_model=Report, responses=described())
async def get_monthly_report(
    month: Month, edge: Edge, format: Format = Form.JSON, lang: Lang = None
) -> Response:
    report = await get_report(edge.reading, Grain.MONTH, month)
    return await _answer(edge, report, "monthly", format, lang)


@router.get("/weekly/{week}/lineage", response_model=ReportLineageRead)
async def get_weekly_report_lineage(week: Week, edge: Edge, asked: Asked) -> Response:
    """The records behind a figure of the report and their events, or the figures it is made of;
    422 `report.figure` where the report has no such figure."""
    return await _behind(edge, Grain.WEEK, week, asked)


@router.get("/monthly/{month}/lineage", response_model=ReportLineageRead)
async def get_monthly_report_lineage(month: Month, edge: Edge, asked: Asked) -> Response:
    """The records behind a figure of the report and their events, or the figures it is made of;
    422 `report.figure` where the report has no such figure."""
    return await _behind(edge, Grain.MONTH, month, asked)


async def _behind(
    edge: EdgeContext, grain: Grain, label: str, asked: ReportLineageQuery
) -> Response:
    wanted = page(asked.limit, asked.cursor)
    found = await find_behind(edge.reading, grain, label, asked.figure, wanted)
    return edge.plain(_shown(edge, asked.figure, found))


def _shown(edge: EdgeContext, figure: str, found: Behind) -> dict[str, Any]:
    return {
        "figure": figure,
        "made_of": found.named.made_of,
        "measure": found.named.measure or None,
        "period": found.period,
        "as_of": edge.reading.at,
        "value": found.lineage.figure,
        "items": found.lineage.items,
        "next_cursor": found.lineage.next_cursor,
    }


async def _answer(
    edge: EdgeContext, report: Report, kind: str, form: Form, language: Language | None
) -> Response:
    """Drawn in a thread: a workbook takes 20 ms, and others are not to wait for it."""
    if form is Form.JSON:
        return edge.plain(report)
    accepted = edge.request.headers.get("accept-language", "")
    made = document(report, language or preferred(accepted))
    named = headers(form, f"{kind}-report-{report.period}", made.title)
    drawn = DRAWN[form]
    body = await to_thread(drawn.draw, made)
    return Response(body, 200, named, drawn.media_type)
