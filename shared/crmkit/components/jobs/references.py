"""Rows that name other records as their files do: by the id of another system, or by a name."""

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crmkit.components.jobs.cells import Reader, plain
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from crmkit.db.tables import Record
from crmkit.kernel.access import covers
from crmkit.kernel.errors import CrmError, Invalid

Bodies = MutableMapping[int, dict[str, Any]]
"""What rows say, by their place in the batch."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A field that holds the id of another record, which a file names by one of these columns:
    `account.name` becomes `account_id`."""

    field: str
    cls: type[Record]
    by: tuple[str, ...] = ("external_id",)

    @property
    def word(self) -> str:
        return self.field.removesuffix("_id")

    @property
    def names(self) -> Mapping[str, str]:
        """What a mapping calls them, with the column of each."""
        return {f"{self.word}.{column}": column for column in self.by}


def readers_of(references: Sequence[Reference]) -> dict[str, Reader]:
    return {name: plain for each in references for name in each.names}


def told_by(references: Sequence[Reference], fields: Sequence[str]) -> set[str]:
    """The fields that columns of a file become by way of a name."""
    return {each.field for each in references if each.names.keys() & set(fields)}


async def resolve(
    reading: Reading, references: Sequence[Reference], system: str, bodies: Bodies
) -> dict[int, CrmError]:
    """Put ids where rows name records; the refusals of those that name none, or several.

    Only what the caller sees is found; where a row has the id itself, that is it.
    """
    refused: dict[int, CrmError] = {}
    for reference in references:
        for name, column in reference.names.items():
            named = dict(_named(reference, column, bodies))
            if not named:
                continue
            known = await _known(reading, reference.cls, column, system, named)
            for place, text in named.items():
                ids = known.get(text, [])
                if len(ids) == 1:
                    bodies[place].setdefault(reference.field, str(ids[0]))
                else:
                    refused[place] = _refusal(name, bool(ids))
    for body in bodies.values():
        for reference in references:
            body.pop(reference.word, None)
    return refused


def _named(reference: Reference, column: str, bodies: Bodies) -> Iterator[tuple[int, str]]:
    for place, body in bodies.items():
        text = body.get(reference.word, {}).get(column)
        if text is not None and "\0" not in text:
            yield place, text


async def _known(
    reading: Reading, cls: type[Record], column: str, system: str, named: Mapping[int, str]
) -> dict[str, list[UUID]]:
    scope = reading.policy.scope(reading.actor, plan(cls).table, "read")
    sql = f"{plan(cls).select} where tenant_id = $1 and {column} = any($2::text[])"
    if column == "external_id":
        sql += " and external_system = $3"
    else:
        sql += " and $3::text is not null"
    if plan(cls).soft:
        sql += " and deleted_at is null"
    found: dict[str, list[UUID]] = {}
    for record in await reading.fetch(sql, reading.tenant_id, sorted({*named.values()}), system):
        each = row(cls, record)
        if covers(scope, reading.actor, each):
            found.setdefault(record[column], []).append(each.id)
    return found


def _refusal(name: str, several: bool) -> Invalid:
    if several:
        return Invalid.field(name, "reference.ambiguous", f"{name}: there are several of that name")
    return Invalid.field(name, "reference.none", f"{name}: there is none of that name")
