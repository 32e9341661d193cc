"""GraphQL of reports."""

from collections.abc import Callable
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from inspect import cleandoc
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

import strawberry

from crmkit.kernel.period import Grain
from crmkit.web.graphql import Info
from services.reporting.report import domain
from services.reporting.report.queries import get_report

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


@strawberry.type
class Query:
    @strawberry.field
    async def weekly_report(self, info: Info, week: str) -> Report:
        return cast("Report", await get_report(info.context.reading, Grain.WEEK, week))

    @strawberry.field
    async def monthly_report(self, info: Info, month: str) -> Report:
        return cast("Report", await get_report(info.context.reading, Grain.MONTH, month))
