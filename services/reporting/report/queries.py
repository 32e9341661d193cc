"""The cells a report is made of, as far as the policy lets the caller see."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from crmkit.components.directory import names, tenant
from crmkit.db.reading import Reading
from crmkit.kernel.period import Grain, Period
from services.reporting.lineage.domain import OTHERS, Named, figure_named, unknown
from services.reporting.lineage.queries import Lineage, find_lineage
from services.reporting.lineage.schemas import Page, of_period
from services.reporting.report.domain import (
    Cell,
    Heading,
    Past,
    Report,
    compose,
    period_and_before,
    trail_of,
)
from services.reporting.rollup import statements
from services.reporting.rollup.domain import MEASURES
from services.reporting.rollup.queries import viewer_of
from services.reporting.rollup.statements import Span, seen

_MEASURES = tuple(measure.name for measure in MEASURES)
_BROKEN_DOWN = "opportunities_won"
_TRENDING = (
    "leads_created",
    "leads_qualified",
    "leads_converted",
    "opportunities_created",
    "opportunities_won",
    "contracts_signed",
    "receipts",
)


@dataclass(frozen=True, slots=True)
class Behind:
    """A figure of a report, its period, and what it is made of."""

    named: Named
    period: str
    lineage: Lineage


async def get_report(reading: Reading, grain: Grain, label: str) -> Report:
    """The report of that week or month; Invalid `period.invalid`."""
    period, before = period_and_before(label, grain)
    viewer, who = viewer_of(reading, 7)
    cells = await reading.fetch(
        _CELLS.format(
            cells=seen({"kind"}, _EACH, _span(reading, "$3", "$5"), viewer), scope=viewer.sees
        ),
        reading.tenant_id,
        list(_MEASURES),
        before.start,
        period.start,
        period.end,
        _BROKEN_DOWN,
        *who,
        of=statements.past(_MEASURES),
    )
    trail = trail_of(period, grain)
    past = await _past(reading, grain, trail)
    here = await tenant(reading)
    people = await names(reading)
    heading = Heading(period, before, here.zone.key, here.currency, reading.at, here.name, trail)
    known = {str(member_id): name for member_id, name in people.items()}
    return compose(heading, [Cell(**cell) for cell in cells], known, past)


async def find_behind(reading: Reading, grain: Grain, label: str, name: str, page: Page) -> Behind:
    """What is behind the figure of that name of a report; Invalid `report.figure`.

    A share that is too small for the report is answered, for there are records behind it.
    """
    period, before = period_and_before(label, grain)
    trail = tuple(each.label for each in trail_of(period, grain))
    named = figure_named(name, period.label, before.label, trail)
    if named.measure:
        filters = {column: [value] for column, value in named.filters}
        wanted, span = of_period(named.measure, named.label, filters)
        found = Behind(named, span.label, await find_lineage(reading, wanted, page))
    else:
        found = Behind(named, period.label, Lineage([], [], None))
    if not named.cut or found.lineage.figure:
        return found
    report = await get_report(reading, grain, label)
    if not _has_cut(report, named.cut):
        raise unknown()
    if others := OTHERS.fullmatch(name):
        made_of = (*named.made_of, *_beside(report, others))
        found = replace(found, named=replace(named, made_of=made_of))
    return found


def _has_cut(report: Report, cut: Mapping[str, str | None]) -> bool:
    """Whether the report names that kind, currency or share, though it be nothing."""
    if "kind" in cut:
        return any(done.kind == cut["kind"] for done in report.activities)
    sections = (section for section in report.currencies if section.currency == cut["currency"])
    by = cut.get("by")
    return any(
        by is None or any(share.key == cut["key"] for share in getattr(section.won_by, by))
        for section in sections
    )


def _beside(report: Report, others: re.Match[str]) -> list[str]:
    """The names of those beside the others."""
    currency, by, unit = others["currency"], others["by"], others["unit"]
    return [
        f"currencies.{currency}.won_by.{by}.{share.key}.{unit}"
        for section in report.currencies
        for share in getattr(section.won_by, by)
        if section.currency == currency and share.key is not None
    ]


async def _past(reading: Reading, grain: Grain, trail: Sequence[Period]) -> list[Past]:
    viewer, who = viewer_of(reading, 6)
    found = await reading.fetch(
        _PAST.format(cells=seen(set(), _EACH, _span(reading, "$3", "$4"), viewer)),
        reading.tenant_id,
        list(_TRENDING),
        trail[0].start,
        trail[-1].end,
        grain.value,
        *who,
        of=statements.past(_TRENDING),
    )
    return [Past(**each) for each in found]


def _span(reading: Reading, first: str, end: str) -> Span:
    """Of weeks or months, so of whole weeks, before the day `end`."""
    days = (first, f"{end}::date - 1")
    return Span(*days, days if reading.as_of is None else None)


_EACH = "tenant_id = $1 and measure = any($2)"
_PAST = """
select measure, date_trunc($5, day::timestamp)::date as start, currency,
  sum(n)::bigint as n, sum(amount) as amount
from ({cells}) cells
group by 1, 2, 3 having sum(n) <> 0
"""
_CELLS = """
select measure, day >= $4 as current, 'kind' as dimension, kind as value, currency,
  sum(n)::bigint as n, sum(amount) as amount
from ({cells}) cells
group by 1, 2, 4, 5 having sum(n) <> 0
union all
select measure, true, d.dimension, d.value, currency, sum(n)::bigint, sum(amount)
from rollup_day
cross join lateral (values ('owner', owner_id::text), ('team', team), ('region', region),
  ('source', source), ('product', product)) as d (dimension, value)
where tenant_id = $1 and measure = $6 and day >= $4 and day < $5 and {scope}
group by 1, 3, 4, 5 having sum(n) <> 0
"""
