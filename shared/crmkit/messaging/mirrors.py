"""What a table that events fill should hold: told beside the fold, so that others can check it."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crmkit.db.pool import Connection
from crmkit.events.envelope import Wire


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is not what it should be; `row` is an id, a ledger position or a cell."""

    table: str
    tenant_id: UUID | None
    row: str
    field: str
    kept: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Mirror:
    """A table that says what the events of one aggregate of another service say.

    `rows` gives for each event the values of `columns`, `version` among them. `key` is the column
    that holds the aggregate's id; where `each`, every event has a row, and it holds the event's;
    where `versions`, every version has a row. `only` is the condition of the rows that are meant.
    `filled` is a column that is null in rows from before it was kept, until their event has been
    read again.
    """

    table: str
    aggregate: str
    columns: tuple[str, ...]
    rows: Callable[[Sequence[Wire]], Iterable[Sequence[Any]]]
    key: str = "id"
    each: bool = False
    versions: bool = False
    only: str = "true"
    filled: str | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """A table of figures that the tables `of` add up to; `check` finds a tenant's wrong ones.

    `mend` is the statement that makes them right, of a table that a trigger keeps; None where folds
    keep it, since a replay runs these.
    """

    table: str
    of: tuple[str, ...]
    check: Callable[[Connection, UUID], Awaitable[list[Difference]]]
    mend: str | None = None
