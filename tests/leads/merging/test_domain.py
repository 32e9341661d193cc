"""What a merge takes, and what undoing it gives back, without a database."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel.errors import Conflict, Invalid
from services.leads.merging.domain import (
    COLUMNS,
    GROUPS,
    MOST_RECORDS,
    MergeField,
    demand_movable,
    demand_sources,
    demand_undoable,
    gained,
    given_back,
    merged_values,
    second_runs,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ONE, TWO, THREE = (UUID(int=n) for n in (1, 2, 3))
BLANK: dict[str, Any] = {column: None for columns in GROUPS for column in columns} | {
    "need": "",
    "custom": {},
    "needs": {},
}


def lead(number: UUID, **columns: Any) -> Any:
    return SimpleNamespace(id=number, **(BLANK | columns))


def test_a_lead_keeps_its_own_and_is_filled_up_by_the_others_in_their_order() -> None:
    target = lead(ONE, company="Acme", need="")
    first, second = lead(TWO, company="ACME", phone="1"), lead(THREE, phone="2", need="a line")
    values = merged_values(target, [first, second], {})
    assert (values["company"], values["phone"], values["need"]) == ("Acme", "1", "a line")
    assert set(values) <= {column for columns in GROUPS for column in columns}


@pytest.mark.parametrize("field", [each for each in MergeField if each is not MergeField.CUSTOM])
def test_what_is_chosen_comes_whole_from_the_lead_it_is_chosen_of(field: MergeField) -> None:
    columns = COLUMNS[field]
    target = lead(ONE, **{column: f"{column} of one" for column in columns})
    source = lead(TWO, **{column: f"{column} of two" for column in columns[:1]})
    values = merged_values(target, [source], {field: TWO})
    assert [values[column] for column in columns] == [getattr(source, name) for name in columns]


def test_columns_that_belong_together_never_mix() -> None:
    target, source = (
        lead(ONE, expected_price=5, currency="CNY"),
        lead(TWO, budget=9, currency="USD"),
    )
    values = merged_values(target, [source], {})
    assert (values["budget"], values["expected_price"], values["currency"]) == (None, 5, "CNY")


def test_own_fields_are_put_together_and_the_chosen_leads_win() -> None:
    target, source = lead(ONE, custom={"a": 1, "b": 1}), lead(TWO, custom={"b": 2, "c": 2})
    assert merged_values(target, [source], {})["custom"] == {"a": 1, "b": 1, "c": 2}
    chosen = merged_values(target, [source], {MergeField.CUSTOM: TWO})
    assert chosen["custom"] == {"a": 1, "b": 2, "c": 2}


def test_what_is_known_of_needs_is_put_together_as_own_fields_are() -> None:
    target = lead(ONE, needs={"size": "90"})
    source = lead(TWO, needs={"size": "120", "when": "May"})
    last = lead(THREE, needs={"size": "150", "when": "June", "where": "hall"})
    values = merged_values(target, [source, last], {})
    assert values["needs"] == {"size": "90", "when": "May", "where": "hall"}
    chosen = merged_values(target, [source, last], {MergeField.NEED: TWO})
    assert chosen["needs"] == {"size": "120", "when": "May", "where": "hall"}


def test_the_first_answer_any_of_them_got_counts() -> None:
    target = lead(ONE, first_responded_at=NOON, first_response_minutes=9)
    source = lead(TWO, first_responded_at=NOON - timedelta(1), first_response_minutes=5)
    values = merged_values(target, [source], {})
    assert (values["first_responded_at"], values["first_response_minutes"]) == (
        NOON - timedelta(1),
        5,
    )
    assert "first_responded_at" not in merged_values(lead(ONE), [lead(TWO)], {})


@pytest.mark.parametrize(
    ("sources", "chosen", "code"),
    [
        ([ONE], [], "merge.itself"),
        ([TWO, TWO], [], "merge.itself"),
        ([TWO], [THREE], "merge.choice"),
    ],
)
def test_each_lead_takes_part_once_and_no_other_gives(
    sources: list[UUID], chosen: list[UUID], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        demand_sources(ONE, sources, chosen)
    assert refused.value.code == code
    demand_sources(ONE, [TWO, THREE], [ONE, THREE])


def test_no_more_moves_than_an_event_may_name() -> None:
    demand_movable(MOST_RECORDS)
    with pytest.raises(Conflict) as refused:
        demand_movable(MOST_RECORDS + 1)
    assert refused.value.code == "merge.too_many"


def test_a_merge_is_undone_within_thirty_days() -> None:
    demand_undoable(NOON, NOON + timedelta(days=30))
    for merged_at, code in ((NOON, "lead.unmerge_late"), (None, "lead.not_merged")):
        with pytest.raises(Conflict) as refused:
            demand_undoable(merged_at, NOON + timedelta(days=30, microseconds=1))
        assert refused.value.code == code


def test_what_was_changed_since_stays_and_so_does_what_belongs_to_it() -> None:
    before = {"need": "", "budget": None, "currency": None, "company": "Acme"}
    after = {"need": "a line", "budget": 9, "currency": "CNY", "company": "ACME"}
    now = after | {"budget": 10, "phone": "1"}
    assert given_back(before, after, now) == {"need": "", "company": "Acme"}
    assert given_back(before, after, after) == before
    assert given_back({"version": 1}, {"version": 2}, {"version": 2}) == {}


def test_of_follow_ups_by_one_template_the_first_runs_on() -> None:
    plans = [SimpleNamespace(id=n, template_id=t) for n, t in enumerate("abacb")]
    assert second_runs(plans) == {2, 4}
    assert second_runs([]) == set()


@pytest.mark.parametrize(
    ("before", "after", "more"),
    [
        ([("new", ONE, TWO)], [("new", ONE, TWO)], {}),
        ([("new", ONE, TWO)] * 2, [("new", ONE, TWO)], {}),
        ([("new", ONE, TWO)], [("working", ONE, TWO)] * 3, {(ONE, TWO): 2}),
        ([("disqualified", ONE, TWO)], [("qualified", ONE, TWO)], {(ONE, TWO): 1}),
        ([("new", ONE, TWO)], [("new", ONE, THREE)], {(ONE, THREE): 1}),
        ([("new", ONE, ONE)], [("new", ONE, ONE)] * 2, {}),
        ([("new", None, TWO)], [("new", None, TWO)] * 2, {}),
    ],
)
def test_what_somebody_holds_more_of_a_pool_is_counted(
    before: list[Any], after: list[Any], more: dict[Any, int]
) -> None:
    names = ("status", "pool_id", "owner_id")
    told = [[dict(zip(names, each, strict=True)) for each in leads] for leads in (before, after)]
    assert gained(*told) == more
