import json
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from asyncpg.pgproto import pgproto
from pydantic import TypeAdapter

from crmkit.db.listing import Found
from crmkit.db.rows import row
from crmkit.db.tables import Record, amount, enum, tables, text
from crmkit.fields import MoneyOut
from crmkit.kernel import ids
from crmkit.kernel.errors import Invalid
from crmkit.web.answers import Page, Read, encode, etag, json_response, page_bytes, project

ID = ids.new()
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


class Size(StrEnum):
    SMALL = "small"


class Row(Record, registry=tables()):
    """Base of the tables here."""


class Parcel(Row, table=True):
    label: str = text()
    size: Size = enum(Size)
    price: Decimal | None = amount(default=None)
    currency: str | None = text(default=None)
    due: date


class ParcelRead(Read):
    id: UUID
    version: int
    label: str
    size: Size
    price: MoneyOut | None
    due: date
    updated_at: datetime


class LabelRead(Read):
    label: str


STORED: dict[str, Any] = {
    "tenant_id": ID,
    "id": ID,
    "version": 3,
    "created_at": NOW,
    "updated_at": NOW,
    "label": "箱",
    "size": "small",
    "price": Decimal("12500.00"),
    "currency": "CNY",
    "due": date(2026, 1, 31),
}
SHOWN = {
    "id": str(ID),
    "version": 3,
    "label": "箱",
    "size": "small",
    "price": {"amount": "12500.00", "currency": "CNY"},
    "due": "2026-01-31",
    "updated_at": "2026-11-22T09:30:00Z",
}


def sent(source: Any, masks: frozenset[str] = frozenset()) -> Any:
    return json.loads(encode(ParcelRead.of(source, masks)))


def found(total: int | None) -> Found:
    records: Any = [STORED]
    return Found(records, "next", total, str)


def test_a_record_and_a_row_are_shown_alike_and_only_what_is_public() -> None:
    assert sent(STORED) == sent(row(Parcel, STORED)) == SHOWN


def test_the_drivers_own_uuid_is_a_string() -> None:
    assert sent(STORED | {"id": pgproto.UUID(str(ID))})["id"] == str(ID)


def test_what_is_shown_is_what_the_schema_documents() -> None:
    TypeAdapter(ParcelRead).validate_json(encode(ParcelRead.of(STORED)))


@pytest.mark.parametrize(
    ("stored", "shown"), [("0", "0.00"), ("7.5", "7.50"), ("1E+3", "1000.00"), ("-0.01", "-0.01")]
)
def test_an_amount_always_has_two_places(stored: str, shown: str) -> None:
    assert sent(STORED | {"price": Decimal(stored)})["price"]["amount"] == shown


def test_a_missing_amount_is_null() -> None:
    assert sent(STORED | {"price": None, "currency": None})["price"] is None


def test_masked_fields_are_null_in_their_place() -> None:
    masked = sent(STORED, frozenset({"price", "label", "tenant_id"}))
    assert masked == SHOWN | {"price": None, "label": None}
    assert list(masked) == list(SHOWN)


def test_a_schema_of_one_field_is_shown() -> None:
    assert LabelRead.of(STORED) == {"label": "箱"}


def test_a_page_has_a_total_only_where_one_was_counted() -> None:
    page = {"items": [SHOWN], "next_cursor": "next"}
    assert json.loads(page_bytes(ParcelRead, found(None))) == page
    assert json.loads(page_bytes(ParcelRead, found(0))) == page | {"total": 0}
    Page[ParcelRead].model_validate_json(page_bytes(ParcelRead, found(7)))


def test_masks_reach_the_items_of_a_page() -> None:
    page = json.loads(page_bytes(ParcelRead, found(None), frozenset({"price"})))
    assert page["items"] == [SHOWN | {"price": None}]


def test_an_answer_carries_status_headers_and_json() -> None:
    answer = json_response({"id": ID}, 201, {"etag": etag(3)})
    assert answer.status_code == 201
    assert answer.body == f'{{"id":"{ID}"}}'.encode()
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["etag"] == '"3"'
    assert json_response(b"{}").body == b"{}"


def test_a_projection_keeps_the_fields_asked_for() -> None:
    assert project(SHOWN, ["label", "id"]) == {"label": "箱", "id": str(ID)}


@pytest.mark.parametrize("name", ["tenant_id", "", "x" * 10_000])
def test_a_projection_on_an_unknown_field_is_refused(name: str) -> None:
    with pytest.raises(Invalid) as caught:
        project(SHOWN, ["id", name])
    assert caught.value.code == "parameter.invalid"
    assert caught.value.faults[0].pointer == "/fields"
