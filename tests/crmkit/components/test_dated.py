"""Filters that depend on the tenant's zone and on what time it is, against the rows there are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.db.reading import Reading
from crmkit.kernel import clock
from crmkit.kernel.errors import Invalid
from crmkit.testing.plugin import Login
from services.leads.activity.domain import ActivityKind
from services.leads.activity.queries import ACTIVITIES
from tests.leads.samples import made

NAMES = ("due_in", "done_in", "overdue", "late")


def test_every_dated_filter_is_a_parameter_with_a_type() -> None:
    documented = {each["name"]: each for each in ACTIVITIES.openapi()["parameters"]}
    assert set(NAMES) <= documented.keys()
    assert documented["due_in"]["schema"]["type"] == "string"
    assert documented["overdue"]["schema"] == {"type": "boolean"}
    assert "day, week, month or quarter" in documented["due_in"]["description"]


@given(st.text(max_size=12).filter(lambda text: not text[:4].isdigit()))
def test_what_is_no_period_is_refused_and_never_breaks(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        ACTIVITIES.parse([("due_in", text)])
    assert refused.value.code == "parameter.invalid"


@pytest.mark.parametrize("value", ["yes", "1", "True", ""])
def test_a_flag_is_true_or_false(value: str) -> None:
    with pytest.raises(Invalid):
        ACTIVITIES.parse([("overdue", value)])


async def test_dated_filters_are_joined_with_others_and_with_each_other(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    for kind, due in (("call", "2026-03-02"), ("call", "2026-03-09"), ("visit", "2026-03-02")):
        plan = {"kind": kind, "subject": kind, "due_at": f"{due}T09:00:00Z"}
        await made(seller, "/v1/activities", plan)
    reading = Reading(seller.executor.database, seller.executor.policy, seller.actor, clock.now())

    async def found(**filters: Any) -> int:
        return len(
            (await ACTIVITIES.find(reading, ACTIVITIES.wanted(filters, None, 9, None))).records
        )

    assert await found(due_in="2026-W10") == 2
    assert await found(due_in="2026-W10", kind=[ActivityKind.CALL]) == 1
    assert await found(due_in="2026-W10", overdue=True, late=False) == 2
    assert await found(due_in="2026-W10", done_in="2026-W10") == 0
    reading.now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert await found(overdue=True) == 0
    reading.now += timedelta(seconds=1)
    assert await found(overdue=True) == 2
    assert await found(overdue=False) == 1


async def test_what_was_so_as_of_an_instant_is_not_remembered_as_what_is(login: Login) -> None:
    seller, said = await login("leads", "sales_rep"), iter(range(9))
    known = (seller.executor.database, seller.executor.policy, seller.actor, clock.now())
    today, then = Reading(*known), Reading(*known, as_of=clock.now())

    async def ask() -> int:
        return next(said)

    asked = [await each.recall("x", ask, 60) for each in (then, today, then, today)]
    assert asked == [0, 1, 2, 1]
