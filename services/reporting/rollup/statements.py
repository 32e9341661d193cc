"""The SQL that folds, rebuilds and checks: generated from MEASURES, so that they cannot differ."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from crmkit.components.directory import TENANTS
from crmkit.db.asof import Past
from crmkit.kernel.access import Scope, scope_sql, team_sql
from services.reporting.fact.statements import SHAPES, TOLD, Shape
from services.reporting.rollup.domain import (
    CAMPAIGN,
    CUTS,
    DIMENSIONS,
    MEASURES,
    OF_CAMPAIGNS,
    Measure,
    cells_of,
)


@dataclass(frozen=True, slots=True)
class Cells:
    """A table of cells of days, and what they are cut by."""

    table: str
    dimensions: tuple[str, ...]

    @property
    def key(self) -> str:
        return ", ".join(("tenant_id", "measure", "day", *self.dimensions))


DAYS = Cells("rollup_day", DIMENSIONS)
OF_CAMPAIGN = Cells("rollup_campaign", (CAMPAIGN, *DIMENSIONS))
"""Of the records that name a campaign alone, so that nothing else costs a fold more."""

_OF_WEEKS = ("owner_id", "team", "source", "product", "kind", "currency")
_BLANK = {name: f"'' as {name}" for name in _OF_WEEKS} | {
    "owner_id": "'00000000-0000-0000-0000-000000000000'::uuid as owner_id"
}
_TURN = 0x7475726E
_WEEK = "greatest(date_trunc('week', day::timestamp), date_trunc('month', day::timestamp))::date"
_WEEK_KEY = ", ".join(("tenant_id", "measure", "cut", "day", *_OF_WEEKS))


def fold(shape: Shape) -> str:
    """Take in the states of facts that are staged, and move what the newest add up to.

    A state that is no newer than the one kept changes nothing, which makes repeats and reordering
    harmless. States come and are written in the order of their keys, so that two consumers cannot
    deadlock; and since the trigger on days adds up changed cells and new ones one after the other,
    folds of one fact take turns from there to their commit. Every state is kept in the history,
    once. One that differs from the last in nothing but its version moves no figure, and is not cut
    into days. Cells of campaigns are cut from those of the states that name one.
    """
    fact, types = shape.table, shape.types
    names = ", ".join(types)
    given = ", ".join((names, *TOLD))
    made = "".join(f", {sql} as {name}" for name, sql in shape.made.items())
    changed = ", ".join(f"{c} = excluded.{c}" for c in types if c not in {"tenant_id", "id"})
    old = ", ".join(f"old.{c} as old_{c}" for c in types)
    new = ", ".join(f"new.{c} as new_{c}" for c in types)
    told = [c for c in types if c not in {"tenant_id", "id", "version"}]
    differs = " or ".join(f"old.{c} is distinct from new.{c}" for c in told)
    as_new = ", ".join(f"new_{c} as {c}" for c in types)
    as_old = ", ".join(f"old_{c}" for c in types)
    return f"""
with given as not materialized (
  select *{made} from {shape.staging}
), kept as (
  insert into {fact}_history ({given})
  select {given} from given
  on conflict (tenant_id, id, version) do nothing
  returning 1
), moved as (
  insert into {fact} as f ({names})
  select {names} from given where newest
  on conflict (tenant_id, id) do update set {changed}
  where f.version < excluded.version
  returning {old}, {new}, ({differs}) as differs
), states as not materialized (
  select {as_new}, 1 as sign from moved where differs
  union all
  select {as_old}, -1 from moved where old_version is not null and differs
), turn as materialized (
  select pg_advisory_xact_lock({_TURN}, hashtext('{fact}'))
  from (select count(*) from kept) k, (select count(*) from moved) m
){f", campaigns as ({_add(OF_CAMPAIGN, fact)})" if fact in OF_CAMPAIGNS else ""}
{_add(DAYS, fact)}
"""


def cells(measures: Sequence[Measure] = MEASURES, into: Cells = DAYS) -> str:
    """All cells of the tenant $1, from its facts."""
    facts = dict.fromkeys(measure.fact for measure in measures)
    parts = {fact: [m for m in measures if m.fact == fact] for fact in facts}
    return " union all ".join(_cells(kept(fact), part, into) for fact, part in parts.items())


@lru_cache(maxsize=64)
def past(measures: tuple[str, ...]) -> tuple[Past, ...]:
    """What the cells of these measures were, of the tenant $1."""
    wanted = [measure for measure in MEASURES if measure.name in measures]
    facts = {measure.fact for measure in wanted}
    histories = (shape.past for shape in SHAPES if shape.table in facts)
    tables = [(DAYS, wanted), (OF_CAMPAIGN, [m for m in wanted if m.has_campaigns])]
    figures = (Past(into.table, cells(part, into)) for into, part in tables if part)
    return (TENANTS, *histories, *figures)


def rebuild(into: Cells = DAYS) -> str:
    """Put the cells of the tenant $1 where there are none."""
    cell = f"{into.key}, n, amount"
    truth = cells(_told(into), into)
    return f"insert into {into.table} ({cell}) select {cell} from ({truth}) order by {into.key}"


def differences(into: Cells = DAYS) -> str:
    """The cells of the tenant $1 whose kept figures are not what its facts add up to."""
    return _differences(into.table, into.key, cells(_told(into), into), "tenant_id = $1")


def week_differences(of: str = "tenant_id = $1") -> str:
    """The cells of weeks, of these tenants, that are not what their days add up to."""
    truth = " union all ".join(_weeks(name, dimensions, of) for name, dimensions in CUTS.items())
    return _differences("rollup_week", _WEEK_KEY, truth, of)


def mend_weeks() -> str:
    """Make each cell of a week what its days add up to."""
    return f"""
insert into rollup_week ({_WEEK_KEY}, n, amount)
select {_WEEK_KEY}, true_n, true_amount from ({week_differences("true")}) wrong
on conflict ({_WEEK_KEY}) do update set n = excluded.n, amount = excluded.amount
"""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: how far the policy lets them see, and the placeholders of who they are."""

    scope: Scope
    member: str
    team: str

    @property
    def sees(self) -> str:
        return scope_sql(self.scope, self.member, self.team)


@dataclass(frozen=True, slots=True)
class Span:
    """From which day to which, and the whole weeks within, as SQL; no weeks where days are asked
    for, or the past, of which there are days alone."""

    first: str
    last: str
    weeks: tuple[str, str] | None


def seen(needed: Set[str], where: str, span: Span, viewer: Viewer) -> str:
    """What the viewer may see of `where`, by measure, day, `needed` and currency, of the fewest
    cells there are: what their teams have from cells of weeks, and what else is their own of days.
    """
    if not has_weeks(needed, viewer.scope) or span.weeks is None:
        return _of_days(needed, f"{where} and {viewer.sees}", span.first, span.last)
    if viewer.scope is Scope.ALL:
        return _of_weeks(needed, needed, where, span)
    if viewer.scope is Scope.OWN or "owner_id" in needed:
        return _of_weeks(needed, needed | {"owner_id"}, f"{where} and {viewer.sees}", span)
    teams = team_sql(viewer.scope, viewer.team)
    own = f"{where} and owner_id = {viewer.member} and {teams} is not true"
    return f"""{_of_weeks(needed, needed, f"{where} and {teams}", span)}
  union all {_of_weeks(needed, needed | {"owner_id"}, own, span)}"""


def has_weeks(needed: Set[str], scope: Scope) -> bool:
    """Whether there are cells of weeks for whoever sees so far."""
    return cells_of(needed | {"owner_id"} if scope is Scope.OWN else needed) is not None


def counted(
    source: str,
    measures: Sequence[Measure],
    zones: str = "directory_tenant",
    into: Cells = DAYS,
) -> str:
    """What counts of states of a fact, each with a `sign`: a row for each measure, with its day."""
    values = ", ".join(_values(measure) for measure in measures)
    dimensions = ", ".join(f"s.{name}" for name in into.dimensions)
    named = f" and s.{CAMPAIGN} is not null" if CAMPAIGN in into.dimensions else ""
    return f"""
  select s.tenant_id, m.measure, (m.at at time zone coalesce(z.time_zone, 'UTC'))::date as day,
    {dimensions}, s.sign, m.amount, s.id, s.version
  from {source} s
  cross join lateral (values {values}) as m (measure, at, amount, counts)
  left join {zones} z on z.tenant_id = s.tenant_id
  where not s.deleted and m.counts and m.at is not null{named}
"""


def into_of(needed: Set[str]) -> Cells:
    """The cells of days that have these dimensions."""
    return OF_CAMPAIGN if CAMPAIGN in needed else DAYS


def kept(fact: str) -> str:
    """The newest states of the tenant $1."""
    return f"(select *, 1 as sign from {fact} where tenant_id = $1)"


def _of_weeks(needed: Set[str], judged: Set[str], where: str, span: Span) -> str:
    """Of days where no cells have all that is `judged`; with the days before and after the weeks,
    where the span does not begin and end with one."""
    cut, weeks = cells_of(judged), span.weeks
    if cut is None or weeks is None:
        return _of_days(needed, where, span.first, span.last)
    first, last = weeks
    found = f"""select {_shown(needed)} from rollup_week
  where {where} and cut = '{cut}' and day between {first} and {last}"""
    if weeks == (span.first, span.last):
        return found
    return f"""{found}
  union all {_of_days(needed, where, span.first, f"{first}::date - 1")}
  union all {_of_days(needed, where, f"{last}::date + 1", span.last)}"""


def _of_days(needed: Set[str], where: str, first: str, last: str) -> str:
    return f"""select {_shown(needed)} from {into_of(needed).table}
  where {where} and day between {first} and {last}"""


def _shown(needed: Set[str]) -> str:
    return ", ".join(("measure", "day", *sorted(needed | {"currency"}), "n", "amount"))


def _differences(table: str, key: str, truth: str, of: str) -> str:
    return f"""
with truth as ({truth}), kept as (
  select {key}, n, amount from {table} where {of} and (n <> 0 or amount <> 0)
)
select {key}, coalesce(kept.n, 0) as n, coalesce(kept.amount, 0) as amount,
  coalesce(truth.n, 0) as true_n, coalesce(truth.amount, 0) as true_amount
from truth full join kept using ({key})
where kept.n is distinct from truth.n or kept.amount is distinct from truth.amount
order by {key}
"""


def _weeks(cut: str, dimensions: Sequence[str], of: str) -> str:
    """A dimension that the cut has not is '', or nil."""
    has = {*dimensions, "currency"}
    told = ", ".join(name if name in has else _BLANK[name] for name in _OF_WEEKS)
    grouped = ", ".join(sorted(has))
    return f"""
  select tenant_id, measure, '{cut}' as cut, week as day, {told}, sum(n)::bigint as n,
    sum(amount) as amount
  from (
    select *, {_WEEK} as week
    from public.rollup_day where {of}
  ) d
  group by tenant_id, measure, week, {grouped} having sum(n) <> 0 or sum(amount) <> 0
"""


def _add(into: Cells, fact: str) -> str:
    """What `states` of a fact add up to is added to the cells, in the order of their keys."""
    return f"""
insert into {into.table} as r ({into.key}, n, amount)
select {into.key}, n, amount
from ({_cells("states", _of(fact), into)}) c cross join turn
where n <> 0 or amount <> 0 order by {into.key}
on conflict ({into.key}) do update set n = r.n + excluded.n, amount = r.amount + excluded.amount"""


def _cells(source: str, measures: Sequence[Measure], into: Cells) -> str:
    """What states of a fact, each with a `sign`, add up to."""
    return f"""
  select {into.key}, sum(sign)::bigint as n, sum(sign * amount) as amount
  from ({counted(source, measures, into=into)}) c
  group by {into.key}
"""


def _told(into: Cells) -> list[Measure]:
    """The measures of which there are such cells."""
    return [m for m in MEASURES if CAMPAIGN not in into.dimensions or m.has_campaigns]


def _of(fact: str) -> list[Measure]:
    return [measure for measure in MEASURES if measure.fact == fact]


def _values(measure: Measure) -> str:
    amount = f"s.{measure.amount}" if measure.amount else "0::numeric(20,2)"
    counts = [f"s.{name} is not null" for name in measure.given]
    counts += [f"not s.{measure.unless}"] if measure.unless else []
    for name, values in measure.only:
        quoted = ", ".join(f"'{value}'" for value in values)
        counts.append(f"s.{name}::text in ({quoted})")
    counts += ["s.{} <= {}".format(*measure.within)] if measure.within else []
    counts += ["s.{} <= s.{}".format(*measure.kept)] if measure.kept else []
    return f"('{measure.name}', s.{measure.instant}, {amount}, {' and '.join(counts) or 'true'})"
