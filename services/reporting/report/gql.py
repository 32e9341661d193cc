"""GraphQL of reports."""

from collections.abc import Callable
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from inspect import cleandoc
from types import NoneType, UnionType
from typing import Any, Self, TypeVar, cast, get_args, get_origin, get_type_hints

import strawberry

from crmkit.kernel.period import Grain
from crmkit.web.graphql import Info, PageInfo
from services.reporting.lineage.gql import Contribution
from services.reporting.lineage.schemas import Page, page
from services.reporting.report import domain
from services.reporting.report.queries import Behind, find_behind, get_report
from services.reporting.rollup.gql import RollupItem

T = TypeVar("T", bound=type)
_shown: dict[Any, Any] = {Decimal: str, str: str, int: int, date: date, datetime: datetime}


def shows(part: type) -> Callable[[T], T]:
    """Give a class the fields of a part of the report; amounts and percents are text."""

    def make(cls: T) -> T:
        hints = get_type_hints(part)
        cls.__annotations__ = {field.name: _mapped(hints[field.name]) for field in fields(part)}
        described: T = strawberry.type(cls, description=cleandoc(part.__doc__ or ""))
        _shown[part] = described
        return described

    return make


def _mapped(hint: Any) -> Any:
    if get_origin(hint) is UnionType:
        return next(_mapped(kind) for kind in get_args(hint) if kind is not NoneType) | None
    if get_origin(hint) is list:
        return list[_mapped(get_args(hint)[0])]  # type: ignore[misc]  # a type made at run time
    return _shown[hint]


@shows(domain.CountChange)
class CountChange: ...


@shows(domain.AmountChange)
class AmountChange: ...


@shows(domain.Volume)
class Volume: ...


@shows(domain.Turnover)
class Turnover: ...


@shows(domain.MoneyPoint)
class MoneyPoint: ...


@shows(domain.LeadPoint)
class LeadPoint: ...


@shows(domain.ActivityDone)
class ActivityDone: ...


@shows(domain.Funnel)
class Funnel: ...


@shows(domain.WinRate)
class WinRate: ...


@shows(domain.WonShare)
class WonShare: ...


@shows(domain.WonBy)
class WonBy: ...


@shows(domain.CurrencySection)
class CurrencySection: ...


@shows(domain.Report)
class Report: ...


@strawberry.type(description="What a figure of a report is made of: records, or other figures.")
class ReportLineage:
    figure: str
    made_of: list[str]
    measure: str | None
    period: str
    as_of: datetime
    value: list[RollupItem]
    items: list[Contribution]
    page_info: PageInfo

    @classmethod
    def of(cls, figure: str, found: Behind, at: datetime) -> Self:
        label = {"period": found.period}
        following = found.lineage.next_cursor
        return cls(
            figure=figure,
            made_of=list(found.named.made_of),
            measure=found.named.measure or None,
            period=found.period,
            as_of=at,
            value=[RollupItem.of(label | value) for value in found.lineage.figure],
            items=[Contribution.of(item, found.period) for item in found.lineage.items],
            page_info=PageInfo(has_next_page=following is not None, end_cursor=following),
        )


@strawberry.type
class Query:
    @strawberry.field
    async def weekly_report_lineage(
        self, info: Info, week: str, figure: str, first: int = 50, after: str | None = None
    ) -> ReportLineage:
        return await _behind(info, Grain.WEEK, week, figure, page(first, after, "first"))

    @strawberry.field
    async def monthly_report_lineage(
        self, info: Info, month: str, figure: str, first: int = 50, after: str | None = None
    ) -> ReportLineage:
        return await _behind(info, Grain.MONTH, month, figure, page(first, after, "first"))

    @strawberry.field
    async def weekly_report(self, info: Info, week: str) -> Report:
        return cast("Report", await get_report(info.context.reading, Grain.WEEK, week))

    @strawberry.field
    async def monthly_report(self, info: Info, month: str) -> Report:
        return cast("Report", await get_report(info.context.reading, Grain.MONTH, month))


async def _behind(info: Info, grain: Grain, label: str, figure: str, asked: Page) -> ReportLineage:
    reading = info.context.reading
    found = await find_behind(reading, grain, label, figure, asked)
    return ReportLineage.of(figure, found, reading.at)
