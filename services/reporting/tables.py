"""The registry of this service's tables."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Numeric
from sqlmodel import Field, SQLModel

from crmkit.db.tables import Record, tables

_REGISTRY = tables()


class Row(Record, registry=_REGISTRY):
    """Names the registry to the kit: this service keeps no records of its own."""


class Projection(SQLModel, registry=_REGISTRY):
    """Base of every table of this service. Folds write them, nobody else does."""

    tenant_id: UUID = Field(primary_key=True)


def amount() -> Any:
    """Money, numeric(20,2), in a table that also has `number()`."""
    return Field(sa_type=Numeric(20, 2))


def number() -> CheckConstraint:
    """Refuses an amount that is NaN; a column's own check would not get into the migration."""
    return CheckConstraint("amount <> 'NaN'", name="amount_is_number")
