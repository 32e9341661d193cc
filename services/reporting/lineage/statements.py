"""The SQL that tells what stands behind a figure, from the same declaration as the figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from crmkit.components.directory import TENANTS
from crmkit.db.asof import Past
from services.reporting.fact.statements import SHAPES, Shape
from services.reporting.rollup.domain import MEASURES, Figure, Measure, Unit
from services.reporting.rollup.statements import Cells, counted, into_of, kept

MOST_EVENTS = 100
_BEFORE, _AFTER = "$4::timestamptz", "$5::timestamptz"
_EVENT = "event_id as id, type, '{aggregate}' as aggregate, id as aggregate_id, version"
ZONES = """
select event_id as id, type, 'tenant' as aggregate, tenant_id as aggregate_id, version,
  recorded_at, actor
from (
  select *, lag(time_zone, 1, 'UTC') over (order by version) as earlier
  from directory_tenant_version where tenant_id = $1
) v
where recorded_at > $2 and recorded_at <= $3 and time_zone <> earlier and event_id is not null
order by version desc
"""
"""The events between two instants by which the tenant's days were cut anew."""


@lru_cache(maxsize=1024)
def behind(figure: Figure, filters: Sequence[str], scope: str) -> str:
    """The facts of the tenant $1 that a figure of the days $2 to $3 is made of, beyond the id $4.

    $5 at most; filters from $6 on.
    """
    measure, shape = _told(figure)
    into = into_of(set(filters))
    also = "".join(f" and {name} = any(${n})" for n, name in enumerate(filters, 6))
    return f"""
select c.id, c.currency, c.amount, e.events
from (
  select * from ({counted(kept(measure.fact), [measure], into=into)}) c
  where day between $2 and $3 and ($4::uuid is null or id > $4){also} and {scope}
  order by id limit $5
) c
cross join lateral (
  select coalesce(json_agg(h), '[]') as events from (
    select {_EVENT.format(aggregate=shape.aggregate)}, recorded_at, actor
    from public.{shape.table}_history h
    where h.tenant_id = $1 and h.id = c.id and h.version <= c.version
    order by h.version desc limit {MOST_EVENTS}
  ) h
) e
order by c.id
"""


@dataclass(frozen=True, slots=True)
class Cut:
    """Into what a difference is cut, each part as SQL; `place` is where the page begins."""

    start: str
    dimensions: tuple[str, ...]
    filters: tuple[str, ...]
    scope: str
    place: str


@lru_cache(maxsize=1024)
def difference(figure: Figure, into: Cut) -> str:
    """What a figure of the days $2 to $3 was as of $4 and as of $5, where that differs.

    $6 items at most; filters from $7 on.
    """
    measure, shape = _told(figure)
    value = "1" if figure.unit is Unit.COUNT else "amount"
    cut = ", ".join(("period", *into.dimensions))
    of_page = ", ".join(f"page.{name}" for name in ("period", *into.dimensions))
    columns = "".join(f", {name}" for name in into.dimensions)
    also = "".join(f" and {name} = any(${n})" for n, name in enumerate(into.filters, 7))
    return f"""
with {_sides(shape, measure, into_of({*into.dimensions, *into.filters}))}, mine as materialized (
  select {into.start} as period{columns}, id, sign, {value} as value from counted
  where day between $2 and $3{also} and {into.scope}
), page as (
  select {cut}, coalesce(sum(value) filter (where sign < 0), 0) as before,
    coalesce(sum(value) filter (where sign > 0), 0) as after
  from mine where {into.place}
  group by {cut} having sum(sign * value) <> 0 order by {cut} limit $6
), moved as materialized (
  select {cut}, id from mine join page using ({cut})
  group by {cut}, id having sum(sign * value) <> 0
)
select page.*, e.events from page
cross join lateral (
  select coalesce(json_agg(h), '[]') as events from (
    select {_EVENT.format(aggregate=shape.aggregate)}, recorded_at, actor
    from public.{shape.table}_history h
    where h.tenant_id = $1 and h.recorded_at > {_BEFORE} and h.recorded_at <= {_AFTER}
      and h.id in (select m.id from moved m where ({cut}) = ({of_page}))
    order by h.recorded_at desc, h.event_id desc limit {MOST_EVENTS}
  ) h
) e
order by {cut}
"""


def _sides(shape: Shape, measure: Measure, into: Cells) -> str:
    """What counted at both instants, each in the days of its own zone."""
    sides = (("before", _BEFORE, -1), ("after", _AFTER, 1))
    past = (
        f"zone_{name} as ({_at(TENANTS, at)}), fact_{name} as ({_at(shape.past, at)})"
        for name, at, _ in sides
    )
    states = (
        counted(
            f"(select *, {sign} as sign from fact_{name} where tenant_id = $1)",
            [measure],
            f"zone_{name}",
            into,
        )
        for name, _, sign in sides
    )
    return f"{', '.join(past)}, counted as ({' union all '.join(states)})"


def _at(past: Past, at: str) -> str:
    return past.sql.format(at=at)


def _told(figure: Figure) -> tuple[Measure, Shape]:
    measure = next(each for each in MEASURES if each.name == figure.measure)
    return measure, next(shape for shape in SHAPES if shape.table == measure.fact)
