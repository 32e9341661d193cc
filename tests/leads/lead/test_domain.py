from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.labels import Labelled
from services.leads.lead.domain import (
    LIFECYCLE,
    Intent,
    LeadKind,
    LeadStatus,
    Question,
    demand_editable,
    demand_four,
    demand_one_currency,
    demand_order,
)

NEW, WORKING, QUALIFIED, CONVERTED, DISQUALIFIED, MERGED = LeadStatus
ALLOWED = {
    (NEW, WORKING),
    (NEW, QUALIFIED),
    (NEW, DISQUALIFIED),
    (WORKING, QUALIFIED),
    (WORKING, DISQUALIFIED),
    (QUALIFIED, CONVERTED),
    (QUALIFIED, DISQUALIFIED),
    (DISQUALIFIED, WORKING),
}
RECEIVED = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(("current", "target"), sorted(ALLOWED))
def test_a_lead_may_move_on(current: LeadStatus, target: LeadStatus) -> None:
    assert LIFECYCLE.move(current, target) is target


@pytest.mark.parametrize(
    ("current", "target"), sorted(set(product(LeadStatus, LeadStatus)) - ALLOWED)
)
def test_a_lead_moves_nowhere_else(current: LeadStatus, target: LeadStatus) -> None:
    with pytest.raises(Conflict) as refused:
        LIFECYCLE.move(current, target)
    assert refused.value.code == "lifecycle.illegal"
    assert refused.value.extra["allowed"] == sorted(t for c, t in ALLOWED if c is current)


@pytest.mark.parametrize("status", sorted(set(LeadStatus) - {CONVERTED, MERGED}))
def test_a_lead_can_be_edited_until_it_is_converted(status: LeadStatus) -> None:
    demand_editable(status)


def test_a_converted_lead_is_history() -> None:
    with pytest.raises(Conflict) as refused:
        demand_editable(CONVERTED)
    assert refused.value.code == "lead.closed"


def test_a_lead_that_went_into_another_names_that_one() -> None:
    other = UUID(int=7)
    with pytest.raises(Conflict) as refused:
        demand_editable(MERGED, other)
    assert (refused.value.code, refused.value.extra) == ("lead.merged", {"merged_into": str(other)})


@pytest.mark.parametrize("answers", [*product((True, False, None), repeat=4)])
def test_four_answers_qualify_where_all_are_yes_or_nobody_asked(
    answers: tuple[bool | None, ...],
) -> None:
    given = dict(zip(map(str, Question), answers, strict=True))
    missing = {f"/{name}": value for name, value in given.items() if value is not True}
    if answers in {(True,) * 4, (None,) * 4}:
        demand_four(given)
        return
    with pytest.raises(Invalid) as refused:
        demand_four(given)
    codes = {None: "qualification.missing", False: "qualification.denied"}
    assert {fault.pointer: fault.code for fault in refused.value.faults} == {
        pointer: codes[value] for pointer, value in missing.items()
    }


def test_two_currencies_do_not_stand_in_one_lead() -> None:
    demand_one_currency([None, "CNY", "CNY"])
    demand_one_currency([])
    with pytest.raises(Invalid) as refused:
        demand_one_currency(["CNY", None, "USD"])
    assert refused.value.code == "currency.mixed"


def test_nothing_happens_to_a_lead_before_it_comes_in() -> None:
    demand_order(RECEIVED, RECEIVED)
    with pytest.raises(Conflict) as refused:
        demand_order(RECEIVED, RECEIVED - timedelta(seconds=1))
    assert refused.value.code == "lead.before_received"


@pytest.mark.parametrize("code", [*LeadStatus, *Intent, *LeadKind, *Question])
def test_every_code_has_a_label_in_both_languages(code: Labelled) -> None:
    assert code.zh
    assert code.en
    assert code.zh != code.en
