"""What cells are read as, and what is written into them."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.components.jobs.cells import (
    cells_of,
    columns_of,
    fields_of,
    plain,
    record_of,
)
from crmkit.components.jobs.exporter import choose
from crmkit.components.kinds import Definition, FieldKind
from crmkit.kernel.errors import Invalid
from services.leads.lead.schemas import LeadCreate
from services.opportunities.opportunity.schemas import OpportunityCreate

SHANGHAI = ZoneInfo("Asia/Shanghai")


def defined(kind: FieldKind) -> dict[str, Definition]:
    labels = {"gold": "gold", "金牌": "gold", "Gold": "gold"}
    return {"it": Definition("it", kind, False, True, ("gold",), labels, 200)}


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("amount.amount", "￥1,200.5", "1200.50"),
        ("amount.amount", "$1,117.10K", "1117100.00"),
        ("amount.amount", "1.117,10", "1.117,10"),
        ("amount.amount", 0.1, "0.10"),
        ("amount.currency", "cny", "CNY"),
        ("expected_close_on", "2026/1/5", "2026-01-05"),
        ("expected_close_on", "2026年1月5日", "2026-01-05"),
        ("expected_close_on", date(2026, 1, 5), "2026-01-05"),
        ("expected_close_on", datetime(2026, 1, 5, 9, 30), "2026-01-05"),  # noqa: DTZ001 - a cell has no zone
        ("expected_close_on", "2026-1-5 09:30", "2026-01-05"),
        ("expected_close_on", "next week", "next week"),
        ("imported", "是", True),
        ("imported", False, False),
        ("imported", "perhaps", "perhaps"),
        ("name", 7.0, "7"),
        ("name", 1e22, "10000000000000000000000"),
        ("custom.it", "2026/1/5 9:30", "2026/1/5 9:30"),
    ],
)
def test_a_cell_is_read_as_its_field_is_written(field: str, cell: Any, value: Any) -> None:
    fields = fields_of(OpportunityCreate, defined(FieldKind.TEXT))
    assert fields[field](cell, SHANGHAI) == value


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        (FieldKind.CHOICE, "金牌", "gold"),
        (FieldKind.MULTI_CHOICE, "Gold、tin", ["gold", "tin"]),
        (FieldKind.NUMBER, "1,200.50", "1200.50"),
        (FieldKind.INSTANT, "2026/1/5 09:30", "2026-01-05T09:30:00+08:00"),
        (FieldKind.INSTANT, "2026-01-05T09:30:00Z", "2026-01-05T09:30:00+00:00"),
        (FieldKind.INSTANT, datetime(2026, 1, 5, 9), "2026-01-05T09:00:00+08:00"),  # noqa: DTZ001 - a cell has no zone
    ],
)
def test_a_cell_of_a_custom_field_is_read_by_its_kind(
    kind: FieldKind, cell: Any, value: Any
) -> None:
    assert fields_of(LeadCreate, defined(kind))["custom.it"](cell, SHANGHAI) == value


def test_an_empty_cell_leaves_its_field_to_the_default() -> None:
    fields = fields_of(LeadCreate, {})
    columns = columns_of(["a", "b"], {"a": "company", "b": "budget.amount"}, fields)
    defaults = {"source": "file", "budget.currency": "CNY"}
    assert record_of(["Acme", " "], columns, {"source": "file"}, SHANGHAI) == {
        "company": "Acme",
        "source": "file",
    }
    assert record_of(["Acme", "5"], columns, defaults, SHANGHAI)["budget"] == {
        "amount": "5.00",
        "currency": "CNY",
    }


def test_two_columns_cannot_become_one_field() -> None:
    fields = fields_of(LeadCreate, {})
    with pytest.raises(Invalid, match="two columns"):
        columns_of(["a", "b"], {"a": "company", "b": "company"}, fields)


def test_a_record_is_written_cell_by_cell() -> None:
    shown = {
        "name": None,
        "amount": {"amount": "1.00", "currency": "CNY"},
        "on": date(2026, 1, 5),
        "ok": True,
        "custom": {"tags": ["a", "b"]},
    }
    plain_names = ("name", "on", "ok", "custom.tags", "custom.none")
    fields: dict[str, tuple[str, ...]] = {name: (name,) for name in plain_names}
    fields["amount"] = ("amount.amount", "amount.currency")
    written = ["", "2026-01-05", "true", "a;b", "", "1.00", "CNY"]
    assert cells_of(shown, fields) == written


def test_columns_are_chosen_in_the_order_asked_for() -> None:
    every = {"a": ("a",), "b": ("b.amount", "b.currency")}
    assert list(choose(every, ["b", "a"])) == ["b", "a"]
    assert choose(every, []) == every


@given(st.integers(-(10**15), 10**15))
def test_whole_numbers_of_a_workbook_have_no_point(number: int) -> None:
    assert plain(float(number)) == str(number)
