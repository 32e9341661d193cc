"""The SQL that folds, rebuilds and checks: generated from MEASURES, so that they cannot differ."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from crmkit.components.directory import TENANTS
from crmkit.db.asof import Past
from services.reporting.fact.statements import SHAPES, TOLD
from services.reporting.rollup.domain import DIMENSIONS, MEASURES, Measure

KEY = ("tenant_id", "measure", "day", *DIMENSIONS)
_KEY = ", ".join(KEY)
_CELL = f"{_KEY}, n, amount"


def fold(fact: str, types: Mapping[str, str]) -> str:
    """Take states of facts in, one array for each column, and move what the newest add up to.

    A state that is no newer than the one kept changes nothing, which makes repeats and reordering
    harmless. States come and are written in the order of their keys, so that two consumers cannot
    deadlock. Every state is kept in the history, once. One that differs from the last in nothing
    but its version moves no figure, and is not cut into days.
    """
    names = ", ".join(types)
    given = ", ".join((names, *TOLD))
    kinds = (*types.values(), *TOLD.values(), "boolean")
    arrays = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(kinds, 1))
    changed = ", ".join(f"{c} = excluded.{c}" for c in types if c not in {"tenant_id", "id"})
    old = ", ".join(f"old.{c} as old_{c}" for c in types)
    new = ", ".join(f"new.{c} as new_{c}" for c in types)
    told = [c for c in types if c not in {"tenant_id", "id", "version"}]
    differs = " or ".join(f"old.{c} is distinct from new.{c}" for c in told)
    as_new = ", ".join(f"new_{c} as {c}" for c in types)
    as_old = ", ".join(f"old_{c}" for c in types)
    return f"""
with given as (
  select * from unnest({arrays}) as given ({given}, newest)
), kept as (
  insert into {fact}_history ({given})
  select {given} from given
  on conflict (tenant_id, id, version) do nothing
), moved as (
  insert into {fact} as f ({names})
  select {names} from given where newest
  on conflict (tenant_id, id) do update set {changed}
  where f.version < excluded.version
  returning {old}, {new}, ({differs}) as differs
), states as (
  select {as_new}, 1 as sign from moved where differs
  union all
  select {as_old}, -1 from moved where old_version is not null and differs
), cells as ({_cells("states", _of(fact))})
insert into rollup_day as r ({_CELL})
select {_CELL} from cells where n <> 0 or amount <> 0 order by {_KEY}
on conflict ({_KEY}) do update set n = r.n + excluded.n, amount = r.amount + excluded.amount
"""


def cells(measures: Sequence[Measure] = MEASURES) -> str:
    """All cells of the tenant $1, from its facts."""
    facts = dict.fromkeys(measure.fact for measure in measures)
    parts = {fact: [m for m in measures if m.fact == fact] for fact in facts}
    return " union all ".join(_cells(kept(fact), part) for fact, part in parts.items())


@lru_cache(maxsize=64)
def past(measures: tuple[str, ...]) -> tuple[Past, ...]:
    """What the cells of these measures were, of the tenant $1."""
    wanted = [measure for measure in MEASURES if measure.name in measures]
    facts = {measure.fact for measure in wanted}
    histories = (shape.past for shape in SHAPES if shape.table in facts)
    return (TENANTS, *histories, Past("rollup_day", cells(wanted)))


def rebuild() -> str:
    """Put the cells of the tenant $1 where there are none."""
    return f"insert into rollup_day ({_CELL}) select {_CELL} from ({cells()}) order by {_KEY}"


def differences() -> str:
    """The cells of the tenant $1 whose kept figures are not what its facts add up to."""
    return f"""
with truth as ({cells()}), kept as (
  select {_CELL} from rollup_day where tenant_id = $1 and (n <> 0 or amount <> 0)
)
select {_KEY}, coalesce(kept.n, 0) as n, coalesce(kept.amount, 0) as amount,
  coalesce(truth.n, 0) as true_n, coalesce(truth.amount, 0) as true_amount
from truth full join kept using ({_KEY})
where kept.n is distinct from truth.n or kept.amount is distinct from truth.amount
order by {_KEY}
"""


def counted(source: str, measures: Sequence[Measure], zones: str = "directory_tenant") -> str:
    """What counts of states of a fact, each with a `sign`: a row for each measure, with its day."""
    values = ", ".join(_values(measure) for measure in measures)
    dimensions = ", ".join(f"s.{name}" for name in DIMENSIONS)
    return f"""
  select s.tenant_id, m.measure, (m.at at time zone coalesce(z.time_zone, 'UTC'))::date as day,
    {dimensions}, s.sign, m.amount, s.id, s.version
  from {source} s
  cross join lateral (values {values}) as m (measure, at, amount, counts)
  left join {zones} z on z.tenant_id = s.tenant_id
  where not s.deleted and m.counts and m.at is not null
"""


def kept(fact: str) -> str:
    """The newest states of the tenant $1."""
    return f"(select *, 1 as sign from {fact} where tenant_id = $1)"


def _cells(source: str, measures: Sequence[Measure]) -> str:
    """What states of a fact, each with a `sign`, add up to."""
    return f"""
  select {_KEY}, sum(sign)::bigint as n, sum(sign * amount) as amount
  from ({counted(source, measures)}) c
  group by {_KEY}
"""


def _of(fact: str) -> list[Measure]:
    return [measure for measure in MEASURES if measure.fact == fact]


def _values(measure: Measure) -> str:
    amount = f"s.{measure.amount}" if measure.amount else "0::numeric(20,2)"
    counts = [f"s.{measure.given} is not null"] if measure.given else []
    counts += [f"not s.{measure.unless}"] if measure.unless else []
    for name, values in measure.only:
        quoted = ", ".join(f"'{value}'" for value in values)
        counts.append(f"s.{name}::text in ({quoted})")
    return f"('{measure.name}', s.{measure.instant}, {amount}, {' and '.join(counts) or 'true'})"
