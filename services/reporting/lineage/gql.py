"""GraphQL of what stands behind figures."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import strawberry

from crmkit.kernel.period import Grain
from crmkit.web import asof
from crmkit.web.graphql import Info, PageInfo
from services.reporting.lineage.queries import find_differences, find_lineage
from services.reporting.lineage.schemas import Happened, of_period, page, span
from services.reporting.rollup.gql import RollupFilter, RollupItem, filters_of
from services.reporting.rollup.schemas import checked


@strawberry.type(description="One event behind a figure; `actor` is who caused it.")
class FigureEvent:
    id: UUID
    type: str
    aggregate: str
    aggregate_id: UUID
    version: int
    recorded_at: datetime
    actor: str

    @classmethod
    def of(cls, event: Happened) -> Self:
        return cls(**{name: getattr(event, name) for name in event.__struct_fields__})


@strawberry.type(description="A figure as it was and as it became, and the events between.")
class RollupDifferenceItem:
    before: RollupItem
    after: RollupItem
    difference: RollupItem
    events: list[FigureEvent]

    @classmethod
    def of(cls, item: dict[str, Any]) -> Self:
        """An item as REST has it."""
        sides = ("before", "after", "difference")
        shown: dict[str, Any] = {n: RollupItem.of(item | {"value": item[n]}) for n in sides}
        return cls(**shown, events=_shown(item["events"]))


@strawberry.type(description="What changed; `zones` are events by which all days were cut anew.")
class RollupDifference:
    from_as_of: datetime
    to_as_of: datetime
    zones: list[FigureEvent]
    items: list[RollupDifferenceItem]
    page_info: PageInfo


@strawberry.type(description="A record, and what it adds to a figure.")
class Contribution:
    aggregate: str
    id: UUID
    adds: RollupItem
    events: list[FigureEvent]

    @classmethod
    def of(cls, item: dict[str, Any], period: str) -> Self:
        """An item as REST has it."""
        return cls(
            aggregate=item["aggregate"],
            id=item["id"],
            adds=RollupItem.of({"period": period} | item),
            events=_shown(item["events"]),
        )


@strawberry.type(description="What a figure is made of; the contributions add up to it.")
class RollupLineage:
    as_of: datetime
    figure: list[RollupItem]
    items: list[Contribution]
    page_info: PageInfo


@strawberry.input(description="A figure by period, as `rollup` takes it.")
class RollupQuestion:
    measure: str
    grain: Grain
    from_: date = strawberry.field(name="from")
    to: date
    by: list[str] | None = None
    filter: RollupFilter | None = None


@strawberry.type
class Query:
    @strawberry.field
    async def rollup_diff(
        self,
        info: Info,
        about: RollupQuestion,
        from_as_of: datetime,
        to_as_of: datetime | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> RollupDifference:
        asked = {"measure": about.measure, "grain": about.grain.value}
        asked |= {"from": f"{about.from_}", "to": f"{about.to}"}
        wanted = checked(asked, about.by or [], filters_of(about.filter))
        reading = info.context.reading
        start = asof.passed(from_as_of, "fromAsOf")
        between = span(start, asof.passed(to_as_of, "toAsOf") if to_as_of else reading.now)
        found = await find_differences(reading, wanted, between, page(first, after, "first"))
        return RollupDifference(
            from_as_of=between.start,
            to_as_of=between.end,
            zones=_shown(found.zones),
            items=[RollupDifferenceItem.of(item) for item in found.items],
            page_info=_place(found.next_cursor),
        )

    @strawberry.field
    async def rollup_lineage(
        self,
        info: Info,
        measure: str,
        period: str,
        filter: RollupFilter | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> RollupLineage:
        wanted, span_ = of_period(measure, period, filters_of(filter))
        reading = info.context.reading
        found = await find_lineage(reading, wanted, page(first, after, "first"))
        label = {"period": span_.label}
        return RollupLineage(
            as_of=reading.at,
            figure=[RollupItem.of(label | value) for value in found.figure],
            items=[Contribution.of(item, span_.label) for item in found.items],
            page_info=_place(found.next_cursor),
        )


def _shown(events: list[Happened]) -> list[FigureEvent]:
    return [FigureEvent.of(event) for event in events]


def _place(following: str | None) -> PageInfo:
    return PageInfo(has_next_page=following is not None, end_cursor=following)
