"""GraphQL of histories: `leadHistory(id, first, before)` for each record that has one."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import strawberry
from strawberry.tools import create_type

from crmkit.components.history import LAST_VERSION, HistoryEntry, Told, list_history
from crmkit.db.parameters import refuse
from crmkit.db.rows import plan
from crmkit.web.graphql import Context, Output, output
from crmkit.web.graphql.limits import MAX_PAGE

_USUAL = 50


@output(HistoryEntry, shareable=True)
class HistoryEvent(Output):
    """One event of a record: what changed as [before, after], and the state it left behind."""


def histories_query(told: Sequence[Told]) -> type:
    """A Query with a field for each; `before` of the next page is the last version of this one."""
    return create_type("Query", [_field(each) for each in told])


def _field(told: Told) -> Any:
    table = plan(told.cls).table

    async def resolve(
        info: strawberry.Info[Context, None],
        id: UUID,
        first: int = _USUAL,
        before: int = LAST_VERSION,
    ) -> list[HistoryEvent]:
        if not 1 <= first <= MAX_PAGE:
            refuse("first", f"a whole number from 1 to {MAX_PAGE}")
        found = await list_history(info.context.reading, told, id, before, first)
        return [HistoryEvent.of(each) for each in found]

    field: Any = strawberry.field(
        resolver=resolve, description=f"Every event of one {table}, newest first."
    )
    field.python_name = f"{table}_history"
    return field
