"""SQLModel declares: the columns every aggregate has, and the column kinds the rest is made of."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Date, DateTime, MetaData, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


def tables() -> registry:
    """A registry of its own for each service, so that two services may use one table name."""
    return registry(metadata=MetaData(naming_convention=NAMING))


class EnumText(TypeDecorator[str]):
    """An enum kept as its value: PostgreSQL's own enum types cannot lose a member."""

    impl = Text
    cache_ok = True

    def __init__(self, members: type[StrEnum] | None = None) -> None:
        super().__init__()
        self.members = members


def instant(**options: Any) -> Any:
    """A point in time, UTC."""
    return Field(sa_type=DateTime(timezone=True), **options)


def day(**options: Any) -> Any:
    """A calendar day where the tenant lives."""
    return Field(sa_type=Date, **options)


def text(**options: Any) -> Any:
    """Text whose length the schemas bound."""
    return Field(sa_type=Text, **options)


def enum(members: type[StrEnum], **options: Any) -> Any:
    """One of the codes of `members`."""
    return Field(sa_type=EnumText(members), **options)


def amount(**options: Any) -> Any:
    """Money, numeric(20,2); every numeric column refuses NaN, which would poison every sum."""
    return Field(sa_type=Numeric(20, 2), **options)


def document(**options: Any) -> Any:
    """A JSON value."""
    return Field(sa_type=JSONB, **options)


class Record(SQLModel):
    """What every aggregate's row has. Rows are read-only: changes go through `Tx`."""

    key_columns: ClassVar[tuple[str, ...]] = ("tenant_id", "id")
    unpublished: ClassVar[frozenset[str]] = frozenset()
    """Columns that no event may tell, such as secrets; as of an instant they are those of today."""

    kept: ClassVar[frozenset[str]] = frozenset()
    """Columns that change without an event of the record: a trigger keeps what they held (`past`).
    With `updated_at` among them, these are all that ever change."""

    versions: ClassVar["type[Record] | None"] = None
    """Of a copy that can be read as of an instant: the table of all versions it has had."""

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    version: int
    created_at: datetime = instant()
    updated_at: datetime = instant()

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"rows are read-only; change {name!r} through tx.update")
