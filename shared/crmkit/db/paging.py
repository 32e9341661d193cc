"""The statement of a page: what lies beyond a place in an order, by keys and not by offset."""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

from crmkit.db.rows import plan
from crmkit.db.tables import Record
from crmkit.kernel.access import Scope, scope_sql

Sort = tuple[tuple[str, bool], ...]
"""Columns, and whether each descends."""
Where = tuple[str, ...]
"""Conditions, each with `{0}` where it compares with something."""
SCOPE_ARGUMENTS = {Scope.ALL: 0, Scope.OWN: 1, Scope.TEAM: 2, Scope.SHARED: 2, Scope.SUBTREE: 2}
"""How many placeholders the condition of a scope has, after the tenant's."""

_EQUAL = re.compile(r"(\w+) = \{0\}::\w+")


class Listed(Protocol):
    """What of a listing its statements depend on."""

    @property
    def cls(self) -> type[Record]: ...

    @property
    def columns(self) -> tuple[str, ...] | None: ...

    @property
    def sorts(self) -> tuple[str, ...]: ...

    @property
    def nullable(self) -> frozenset[str]: ...


class Form(NamedTuple):
    """What a page's statement depends on."""

    conditions: Where
    scope: Scope
    sort: Sort
    nulls: tuple[bool, ...] | None


@lru_cache(maxsize=1024)
def page_sql(listing: Listed, form: Form, most: int | None = None) -> tuple[str, int]:
    """The statement of a page, and the number of its last placeholder, the limit.

    `most` rows are what the limit never exceeds. PostgreSQL takes a limit that it does not know for
    a tenth of all there is, and so plans a page of a large table anew each time it is asked, which
    costs more than to read it; with `most` written out it keeps one plan. It is told only where
    that plan is the best for whatever is asked.
    """
    conditions, scope, sort, nulls = form
    known = plan(listing.cls)
    where, number = _where(listing, conditions, scope)
    columns = (*sort, ("id", sort[-1][1]))
    marks = []
    for (name, _), missing in zip(columns, nulls or (), strict=False):
        marks.append("" if missing else f"${number}::{known.types[name]}")
        number += not missing
    order = ", ".join(f"{name} desc" if descends else name for name, descends in columns)
    tail = f"order by {order} limit ${number}"
    selected = dict.fromkeys((*(listing.columns or known.columns), *listing.sorts, "id"))
    page = f"select {', '.join(selected)} from {known.table} where {where}"
    beyond = _after(columns, marks, listing.nullable) if marks else ["true"]
    ranges = [f"{page} and {after} {tail}" for after in beyond]
    union = f"select * from (({') union all ('.join(ranges)})) page {tail}"
    if len(ranges) > 1:
        return union, number
    if most is None or not _has_its_index(listing.cls, form):
        return ranges[0], number
    return f"select * from ({ranges[0].removesuffix(f'${number}')}{most}) page {tail}", number


def _has_its_index(cls: type[Record], form: Form) -> bool:
    """Whether the rows that are asked for stand together in an index, in order: then no filter's
    value makes another plan better. Rows of teams stand in none."""
    matches = [_EQUAL.fullmatch(condition) for condition in form.conditions]
    equal = {match[1] for match in matches if match}
    equal |= {"tenant_id"} | ({"owner_id"} if form.scope is Scope.OWN else set())
    order = [*(name for name, _ in form.sort), "id"]
    names = [
        [column.name for column in index.columns]
        for index in cls.__table__.indexes  # type: ignore[attr-defined]  # SQLModel sets it
        if _holds(index.dialect_options["postgresql"]["where"], equal)
    ]
    one_way = len({descends for _, descends in form.sort}) == 1
    return (
        one_way
        and all(matches)
        and any(set(each[: len(equal)]) == equal and each[len(equal) :] == order for each in names)
    )


def _holds(where: object, equal: Collection[str]) -> bool:
    """Whether an index has all rows that have a value in these columns."""
    return where is None or str(where) in {f"{name} is not null" for name in equal}


@lru_cache(maxsize=512)
def count_sql(listing: Listed, conditions: Where, scope: Scope, exact: bool) -> str:
    rest = f"from {plan(listing.cls).table} where {_where(listing, conditions, scope)[0]}"
    return f"select count(*) {rest}" if exact else f"explain (format json) select 1 {rest}"


@lru_cache(maxsize=512)
def some_sql(
    listing: Listed, conditions: Where, scope: Scope, columns: tuple[str, ...]
) -> tuple[str, int]:
    """The statement of any of the records, in no order, and the number of its last placeholder, how
    many at most."""
    where, number = _where(listing, conditions, scope)
    table = plan(listing.cls).table
    return f"select {', '.join(columns)} from {table} where {where} limit ${number}", number


def _where(listing: Listed, conditions: Where, scope: Scope) -> tuple[str, int]:
    """The conditions every page has, `{0}` being a placeholder, and the number of the next one."""
    where = ["tenant_id = $1", *(["deleted_at is null"] if plan(listing.cls).soft else [])]
    if scope is not Scope.ALL:
        where.append(scope_sql(scope, "$2::uuid", "$3::text"))
    number = 2 + SCOPE_ARGUMENTS[scope]
    for condition in conditions:
        where.append(condition.format(f"${number}"))
        number += "{0}" in condition
    return " and ".join(where), number


def _after(columns: Sort, marks: Sequence[str], nullable: frozenset[str]) -> list[str]:
    """What lies beyond a place: one comparison, or ranges that an index can walk one by one."""
    alike = len({descends for _, descends in columns}) == 1
    if alike and all(marks) and (columns[0][1] or not nullable & {name for name, _ in columns}):
        names = ", ".join(name for name, _ in columns)
        return [f"({names}) {'<' if columns[0][1] else '>'} ({', '.join(marks)})"]
    ranges, equal = [], ""
    for (name, descends), mark in zip(columns, marks, strict=True):
        beyond = [f"{name} {'<' if descends else '>'} {mark}"] if mark else []
        if mark and not descends and name in nullable:
            beyond.append(f"{name} is null")
        elif descends and not mark:
            beyond.append(f"{name} is not null")
        ranges += [equal + each for each in beyond]
        equal += f"{name} = {mark} and " if mark else f"{name} is null and "
    return ranges
