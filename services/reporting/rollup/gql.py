"""GraphQL of rollups."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

import strawberry

from crmkit.kernel.period import Grain
from crmkit.web.graphql import Info, Money
from services.reporting.rollup.domain import FIGURES, Unit
from services.reporting.rollup.queries import find_rollup
from services.reporting.rollup.schemas import checked

strawberry.enum(Grain, name="Grain", description="How long a period is.")
strawberry.enum(Unit, name="MeasureUnit", description="Whether rows are counted or added up.")

_DIMENSIONS = ("owner_id", "owner", "team", "region", "source", "product", "kind", "campaign_id")


@strawberry.type(description="A figure that can be asked for.")
class Measure:
    name: str
    unit: Unit
    zh: str
    en: str


@strawberry.type(description="One period; of the dimensions those asked for.")
class RollupItem:
    period: str
    owner_id: UUID | None
    owner: str | None
    team: str | None
    region: str | None
    source: str | None
    product: str | None
    kind: str | None
    campaign_id: UUID | None
    count: int | None
    amount: Money | None

    @classmethod
    def of(cls, item: dict[str, Any]) -> Self:
        """An item as REST has it, its value as what it is."""
        currency, value = item["currency"], item["value"]
        amount = None if currency is None else Money(amount=value, currency=currency)
        count = value if currency is None else None
        dimensions: dict[str, Any] = {name: item.get(name) for name in _DIMENSIONS}
        return cls(period=item["period"], count=count, amount=amount, **dimensions)


@strawberry.type(description="A figure by period; what is zero is left out.")
class Rollup:
    measure: str
    grain: Grain
    as_of: datetime
    items: list[RollupItem]


@strawberry.input(description="Any of these values.")
class RollupFilter:
    owner_id: list[UUID] | None = None
    team: list[str] | None = None
    region: list[str] | None = None
    source: list[str] | None = None
    product: list[str] | None = None
    kind: list[str] | None = None
    currency: list[str] | None = None
    campaign_id: list[UUID] | None = None


def filters_of(filter: RollupFilter | None) -> dict[str, list[str]]:
    """What a filter asks for, as a query string would say it."""
    given = vars(filter) if filter else {}
    return {n: [str(v) for v in values] for n, values in given.items() if values is not None}


@strawberry.type
class Query:
    @strawberry.field
    async def measures(self) -> list[Measure]:
        return [
            Measure(name=figure.name, unit=figure.unit, zh=figure.zh, en=figure.en)
            for figure in FIGURES.values()
        ]

    @strawberry.field
    async def rollup(
        self,
        info: Info,
        measure: str,
        grain: Grain,
        from_: Annotated[date, strawberry.argument(name="from")],
        to: date,
        by: list[str] | None = None,
        filter: RollupFilter | None = None,
    ) -> Rollup:
        asked = {"measure": measure, "grain": grain.value, "from": f"{from_}", "to": f"{to}"}
        reading = info.context.reading
        items = await find_rollup(reading, checked(asked, by or [], filters_of(filter)))
        shown = [RollupItem.of(item) for item in items]
        return Rollup(measure=measure, grain=grain, as_of=reading.at, items=shown)
