"""How events fill the fact tables: a line for each, as COPY reads it."""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import astuple
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
    FeedbackFact,
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
    Feedback,
    Lead,
    Opportunity,
    Receipt,
    Survey,
    Visit,
)

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no type here
_ENCODER = msgspec.json.Encoder(decimal_format="string")
_LINES = msgspec.json.Decoder(list[Any])
_KEY = {"tenant_id": "uuid", "id": "uuid", "version": "integer"}
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
        self._fields = state.__struct_fields__
        body: Any = msgspec.defstruct(f"{state.__name__}Body", [("state", state)])
        told = {name: self.types.get(name, "timestamptz") for name in self._fields}
        self.staged = _KEY | told | TOLD | {"newest": "boolean"}
        """What a line has, in order, with its type in SQL."""

        self.staging = f"{self.table}_given"
        self.stage = _stage(self.staging, self.staged)
        """Where lines are put, and are gone from when the transaction ends."""

        unsaid = [name for name in self.types if name not in self.staged]
        self.made = {name: self._made(table.c[name]) for name in unsaid}
        """What states of this aggregate do not tell, as SQL."""

        self._decoder = msgspec.json.Decoder(body)

    def lines(self, batch: Sequence[Wire]) -> bytes:
        """Each event once as a line of CSV of what is `staged`, in the order of tenant, id and
        version.

        msgspec.ValidationError where a state lacks a field.
        """
        events = each_of(batch)
        return csv(
            (
                event.tenantid,
                event.subject,
                event.aggregateversion,
                *astuple(self._decoder.decode(event.data).state),
                event.recordedat,
                event.id,
                event.type,
                event.actor,
                newest,
            )
            for event, newest in zip(events, are_newest(events), strict=True)
        )

    def arrays(self, batch: Sequence[Wire]) -> list[list[Any]]:
        """One array for each column and each of TOLD, in the order of tenant, id and version.

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
            *(known.get(name) or self._column(name, states) for name in self.types),
            [event.recordedat for event in events],
            [event.id for event in events],
            [event.type for event in events],
            [event.actor for event in events],
        ]

    def _made(self, column: Column[Any]) -> str:
        """A flag `x` that the state does not have is up where it has an instant `x_at`."""
        if column.name not in self._flags:
            return "''"
        stamp = f"{column.name}_at"
        return f"{stamp} is not null" if stamp in self._fields else "false"

    def _column(self, name: str, states: Sequence[Any]) -> list[Any]:
        if name in self._fields:
            return list(map(attrgetter(name), states))
        if name not in self._flags:
            return [""] * len(states)
        stamp = f"{name}_at"
        if stamp not in self._fields:
            return [False] * len(states)
        return [instant is not None for instant in map(attrgetter(stamp), states)]


def csv(rows: Iterable[Sequence[Any]]) -> bytes:
    """Rows of one length or more as lines of CSV, where nothing is `null`.

    JSON's arrays are such lines between brackets, as long as no word has a backslash: no line ends
    within a word, and CSV has its own way with quotation marks.
    """
    lines = _ENCODER.encode_lines(list(rows))
    if b"\\" in lines:
        told = _LINES.decode_lines(lines)
        return b"".join(b",".join(map(_quoted, row)) + b"\n" for row in told)
    return lines[1:-2].replace(b"]\n[", b"\n")


def _quoted(value: Any) -> bytes:
    return b"null" if value is None else b'"%b"' % str(value).encode().replace(b'"', b'""')


def _stage(name: str, columns: Mapping[str, str]) -> str:
    told = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    return f"create temporary table if not exists {name} ({told}) on commit delete rows"


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
    Shape("feedback", FeedbackFact, Feedback),
)
