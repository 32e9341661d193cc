"""Pages of many parents by one statement: what `find` finds for each of them."""

import threading
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from crmkit.db.children import Below, find_each
from crmkit.db.listing import Found
from crmkit.db.reading import Reading
from crmkit.kernel import clock, ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from services.leads.activity.queries import ACTIVITIES
from tests.leads.samples import made, new_lead

OF_LEAD = Below(ACTIVITIES, "lead_id")


@pytest.fixture
async def admin(login: Login) -> Caller:
    return await login("leads", "admin")


def reading(caller: Caller) -> Reading:
    executor = caller.executor
    return Reading(executor.database, executor.policy, caller.actor, clock.now())


async def leads_with(caller: Caller, *counts: int) -> list[UUID]:
    """Leads, each with so many activities."""
    parents = []
    for count in counts:
        lead = await new_lead(caller)
        parents.append(UUID(lead["id"]))
        for number in range(count):
            body = {"kind": "call", "subject": f"talk {number}", "lead_id": lead["id"]}
            body["due_at"] = f"2026-04-0{1 + number // 2}T09:00:00Z"
            await made(caller, "/v1/activities", body)
    return parents


def subjects(pages: Sequence[Found]) -> list[list[str]]:
    return [[record["subject"] for record in page.records] for page in pages]


@pytest.mark.parametrize("sort", ["updated_at", "-updated_at", "due_at,-updated_at", "-done_at"])
async def test_each_parent_gets_the_page_that_a_list_of_its_own_would_have(
    admin: Caller, sort: str
) -> None:
    parents = [*(await leads_with(admin, 3, 0, 5)), ids.new()]
    wanted = ACTIVITIES.wanted({}, sort, 3, None)
    pages = await find_each(OF_LEAD, reading(admin), wanted, parents)
    alone = []
    for parent in parents:
        asked = ACTIVITIES.wanted({"lead_id": parent}, sort, 3, None)
        alone.append(await ACTIVITIES.find(reading(admin), asked))
    assert subjects(pages) == subjects(alone)
    assert [len(page.records) for page in pages] == [3, 0, 3, 0]
    assert [page.next_cursor is not None for page in pages] == [False, False, True, False]


async def test_a_cursor_goes_on_below_its_parent(admin: Caller) -> None:
    (parent,) = await leads_with(admin, 5)
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        wanted = ACTIVITIES.wanted({}, "updated_at", 2, cursor)
        (page,) = await find_each(OF_LEAD, reading(admin), wanted, [parent])
        seen += subjects([page])[0]
        cursor = page.next_cursor
    assert seen == [f"talk {number}" for number in range(5)]
    assert cursor is None


async def test_a_filter_counts_for_every_parent(admin: Caller) -> None:
    parents = await leads_with(admin, 2, 2)
    wanted = ACTIVITIES.wanted({"q": "talk 1"}, None, 10, None)
    pages = await find_each(OF_LEAD, reading(admin), wanted, parents)
    assert subjects(pages) == [["talk 1"], ["talk 1"]]


async def test_a_parent_asked_for_twice_is_answered_twice_in_the_order_asked_for(
    admin: Caller,
) -> None:
    few, many = await leads_with(admin, 1, 2)
    wanted = ACTIVITIES.wanted({}, None, 10, None)
    pages = await find_each(OF_LEAD, reading(admin), wanted, [many, few, many])
    assert [len(page.records) for page in pages] == [2, 1, 2]


async def test_children_out_of_scope_or_of_another_tenant_are_not_found(
    admin: Caller, login: Login
) -> None:
    (parent,) = await leads_with(admin, 2)
    rep = await login("leads", "sales_rep")
    stranger = await login("leads", "admin", tenant=ids.new())
    wanted = ACTIVITIES.wanted({}, None, 10, None)
    for caller, count in ((admin, 2), (rep, 0), (stranger, 0)):
        (page,) = await find_each(OF_LEAD, reading(caller), wanted, [parent])
        assert len(page.records) == count


async def test_many_parents_are_one_statement(
    admin: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    fetch = Reading.fetch

    async def counted(self: Reading, sql: str, *arguments: Any, **of: Any) -> Any:
        if threading.current_thread() is threading.main_thread():  # consumers have their own
            asked.append(sql)
        return await fetch(self, sql, *arguments, **of)

    await leads_with(admin, 1, 1, 1, 1)
    monkeypatch.setattr(Reading, "fetch", counted)
    query = """{ leads(first: %d) { nodes {
      activities(first: 2) { nodes { subject lead { id } } } } } }"""
    counts = []
    for first in (1, 4):
        asked.clear()
        answer = await admin.graphql("leads", query % first)
        assert len(answer["data"]["leads"]["nodes"]) == first
        counts.append(len(asked))
    assert counts == [3, 3]
