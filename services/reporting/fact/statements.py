"""How events fill the fact tables: one array for each column."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import Boolean, Column, Table
from sqlalchemy.dialects import postgresql

from crmkit.db.asof import Past
from crmkit.events.envelope import Wire
from crmkit.messaging.handlers import are_newest, each_of
from services.reporting.fact.models import (
    AccountFact,
    ActivityFact,
    CampaignCostFact,
    ContractFact,
    EnquiryFact,
    Fact,
    LeadFact,
    OpportunityFact,
    ReceiptFact,
    SurveyFact,
    VisitFact,
)
from services.reporting.fact.schemas import (
    Account,
    Activity,
    CampaignCost,
    Contract,
    Enquiry,
    Lead,
    Opportunity,
    Receipt,
    Survey,
    Visit,
)

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no type here
TOLD = {"recorded_at": "timestamptz", "event_id": "uuid", "type": "text", "actor": "text"}
"""What a history has of the event behind each state."""


class Shape:
    """How the events of one aggregate become rows of its fact table."""

    def __init__(self, aggregate: str, cls: type[Fact], state: type[msgspec.Struct]) -> None:
        table: Table = cls.__table__  # type: ignore[attr-defined]  # SQLModel sets it
        self.aggregate = aggregate
        self.table = table.name
        self.past = Past(table.name, _past(table.name, [c.name for c in table.columns]))
        self.types = {
            column.name: column.type.compile(dialect=_DIALECT).split("(")[0].lower()
            for column in table.columns
        }
        self._flags = {c.name for c in table.columns if isinstance(c.type, Boolean)}
        self._fields = frozenset(state.__struct_fields__)
        body: Any = msgspec.defstruct(f"{state.__name__}Body", [("state", state)])
        self.blank = {name: _blank(table.c[name]) for name in self.types if self._is_blank(name)}
        """What states of this aggregate never tell, as SQL."""

        self.told = {name: kind for name, kind in self.types.items() if name not in self.blank}
        self._decoder = msgspec.json.Decoder(body)

    def arrays(self, batch: Sequence[Wire], names: Iterable[str] | None = None) -> list[list[Any]]:
        """One array for each of these columns (all of them) and each of TOLD, then which events are
        the newest of theirs; in the order of tenant, id and version.

        msgspec.ValidationError where a state lacks a field.
        """
        events = each_of(batch)
        states = [self._decoder.decode(event.data).state for event in events]
        known: dict[str, list[Any]] = {
            "tenant_id": [event.tenantid for event in events],
            "id": [event.subject for event in events],
            "version": [event.aggregateversion for event in events],
        }
        return [
            *(known.get(name) or self._column(name, states) for name in names or self.types),
            [event.recordedat for event in events],
            [event.id for event in events],
            [event.type for event in events],
            [event.actor for event in events],
            are_newest(events),
        ]

    def _is_blank(self, name: str) -> bool:
        stamped = name in self._flags and f"{name}_at" in self._fields
        return name not in self._fields | {"tenant_id", "id", "version"} and not stamped

    def _column(self, name: str, states: Sequence[Any]) -> list[Any]:
        """A flag `x` that the state does not have is up where it has an instant `x_at`."""
        if name in self._flags - self._fields:
            stamp = f"{name}_at"
            if stamp not in self._fields:
                return [False] * len(states)
            return [instant is not None for instant in map(attrgetter(stamp), states)]
        if name not in self._fields:
            return [""] * len(states)
        return list(map(attrgetter(name), states))


def _blank(column: Column[Any]) -> str:
    return "false" if isinstance(column.type, Boolean) else "''"


def _past(table: str, columns: Sequence[str]) -> str:
    """The newest state of each fact that was recorded by then."""
    return f"""
  select distinct on (tenant_id, id) {", ".join(columns)} from public.{table}_history
  where recorded_at <= {{at}} order by tenant_id desc, id desc, version desc"""


SHAPES = (
    Shape("lead", LeadFact, Lead),
    Shape("activity", ActivityFact, Activity),
    Shape("opportunity", OpportunityFact, Opportunity),
    Shape("contract", ContractFact, Contract),
    Shape("receipt", ReceiptFact, Receipt),
    Shape("survey", SurveyFact, Survey),
    Shape("account", AccountFact, Account),
    Shape("campaign_cost", CampaignCostFact, CampaignCost),
    Shape("visit", VisitFact, Visit),
    Shape("enquiry", EnquiryFact, Enquiry),
)
