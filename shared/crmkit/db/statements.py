"""Core composes, once: statements compiled at import and run by name of parameter."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.dialects.postgresql import asyncpg as dialect

from crmkit.db.rows import plan
from crmkit.db.tables import Record

_DIALECT = dialect.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no type here


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with numbered placeholders, and which parameter stands at each."""

    sql: str
    names: tuple[str, ...]
    fixed: Mapping[str, Any]

    def arguments(self, given: Mapping[str, Any]) -> list[Any]:
        fixed = self.fixed
        return [given[name] if name in given else fixed[name] for name in self.names]


def statement(select: Select[Any]) -> Statement:
    """Compile a Core select; its parameters are `bindparam("name")`."""
    compiled = select.compile(dialect=_DIALECT)
    names = tuple(compiled.positiontup or ())
    fixed = {name: value for name, value in compiled.params.items() if value is not None}
    return Statement(str(compiled), names, fixed)


@lru_cache(maxsize=1024)
def by_columns(
    cls: type[Record], names: tuple[str, ...], *, lock: bool = False, deleted: bool = False
) -> str:
    """Select rows whose columns equal the parameters, in that order after the tenant."""
    known = plan(cls)
    where = ["tenant_id = $1", *(f"{name} = ${n}" for n, name in enumerate(names, 2))]
    if known.soft and not deleted:
        where.append("deleted_at is null")
    suffix = " for no key update" if lock else ""
    return f"{known.select} where {' and '.join(where)}{suffix}"


@lru_cache(maxsize=256)
def by_ids(cls: type[Record]) -> str:
    """Select many rows by id, in no particular order."""
    known = plan(cls)
    there = " and deleted_at is null" if known.soft else ""
    return f"{known.select} where tenant_id = $1 and id = any($2){there}"


@lru_cache(maxsize=64)
def above(cls: type[Record], parent: str) -> str:
    """Select the row of one id and all that stand above it by the column `parent`."""
    table = plan(cls).table
    return f"""
with recursive above as (
  select id, {parent} from {table} where tenant_id = $1 and id = $2
  union
  select t.id, t.{parent} from {table} t join above on t.id = above.{parent}
  where t.tenant_id = $1
)
{plan(cls).select} where tenant_id = $1 and id in (select id from above)
"""


def ordered(ids: list[UUID], found: Mapping[UUID, Any]) -> list[Any]:
    """What was found, in the order asked for, None where nothing was."""
    return [found.get(wanted) for wanted in ids]
