"""How events fill the fact tables: one array for each column."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Boolean, Table
from sqlalchemy.dialects import postgresql

from crmkit.events.envelope import Wire
from services.reporting.fact.models import (
    ActivityFact,
    ContractFact,
    Fact,
    LeadFact,
    OpportunityFact,
    ReceiptFact,
)
from services.reporting.fact.schemas import Activity, Contract, Lead, Opportunity, Receipt

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


class Shape:
    """How the events of one aggregate become rows of its fact table."""

    def __init__(self, aggregate: str, cls: type[Fact], state: type[msgspec.Struct]) -> None:
        table: Table = cls.__table__  # type: ignore[attr-defined]
        self.aggregate = aggregate
        self.table = table.name
        self.types = {
            column.name: column.type.compile(dialect=_DIALECT).split("(")[0].lower()
            for column in table.columns
        }
        self._flags = {c.name for c in table.columns if isinstance(c.type, Boolean)}
        self._fields = frozenset(state.__struct_fields__)
        body: Any = msgspec.defstruct(f"{state.__name__}Body", [("state", state)])
        self._decoder = msgspec.json.Decoder(body)

    def arrays(self, events: Sequence[Wire]) -> list[list[Any]]:
        """One array for each column; msgspec.ValidationError where a state lacks a field."""
        states = [self._decoder.decode(event.data).state for event in events]
        known: dict[str, list[Any]] = {
            "tenant_id": [event.tenantid for event in events],
            "id": [event.subject for event in events],
            "version": [event.aggregateversion for event in events],
        }
        return [known.get(name) or self._column(name, states) for name in self.types]

    def _column(self, name: str, states: Sequence[Any]) -> list[Any]:
        """A flag `x` is up where the state has an instant `x_at`."""
        if name in self._flags:
            stamp = f"{name}_at"
            if stamp not in self._fields:
                return [False] * len(states)
            return [getattr(state, stamp) is not None for state in states]
        if name not in self._fields:
            return [""] * len(states)
        return [getattr(state, name) for state in states]


SHAPES = (
    Shape("lead", LeadFact, Lead),
    Shape("activity", ActivityFact, Activity),
    Shape("opportunity", OpportunityFact, Opportunity),
    Shape("contract", ContractFact, Contract),
    Shape("receipt", ReceiptFact, Receipt),
)
