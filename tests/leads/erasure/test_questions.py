"""How somebody was looked for is kept no longer than they are: views, segments, exports."""

import json
from typing import Any

import pytest

from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.leads.erasure_samples import GROUND
from tests.leads.lead.test_exports import exported
from tests.leads.lead.test_imports import brought, people, worked
from tests.leads.samples import made, new_lead

VIEWS, SEGMENTS, EXPORTS = "/v1/leads/views", "/v1/segments", "/v1/leads/exports"
NAMING = ("王静", "上海 王静", "WANG.JING@acme.example", "+86 138-1234-5678", "打 138 1234 5678")


@pytest.fixture
async def admin(login: Login) -> Caller:
    return await login("leads", "admin")


async def erased(caller: Caller) -> None:
    them = {"contact_name": "王静", "email": "wang.jing@acme.example", "phone": "13812345678"}
    lead = await new_lead(caller, **them)
    await made(caller, f"/v1/leads/{lead['id']}/erase", GROUND)


async def shown(caller: Caller, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await caller.get(path)).json()["items"]
    return items


async def states(caller: Caller, record: dict[str, Any]) -> dict[str, Any]:
    """What each event says of it, by type; a list shows no history of what was taken away."""
    sql = "select type, data from event where aggregate_id = $1 order by version"
    async with caller.executor.database.lend(caller.actor.tenant_id) as connection:
        told = await connection.fetch(sql, record["id"])
    return {each["type"]: json.loads(each["data"])["state"] for each in told}


@pytest.mark.parametrize("text", NAMING)
async def test_a_view_that_asks_for_them_goes_and_its_history_names_nobody(
    admin: Caller, text: str
) -> None:
    view = await made(admin, VIEWS, {"name": "x", "filter": {"q": text}, "is_default": True})
    await erased(admin)
    assert await shown(admin, VIEWS) == []
    told = await states(admin, view)
    assert [*told] == ["leads_view.created.v1", "leads_view.erased.v1"]
    assert [(each["filter"], each["name"]) for each in told.values()] == [({}, "")] * 2
    await made(admin, VIEWS, {"name": "x", "filter": {"source": "web"}, "is_default": True})


async def test_questions_that_name_nobody_or_somebody_else_stay(
    house: House, admin: Caller
) -> None:
    view = await made(admin, VIEWS, {"name": "x", "filter": {"q": "王静怡"}})
    segment = await made(
        admin, SEGMENTS, {"name": "王静怡", "resource": "lead", "filter": {"source": "web"}}
    )
    job = await exported(house, admin, filter={"q": "王静怡"}, name="x")
    await erased(admin)
    assert await shown(admin, VIEWS) == [view]
    assert await shown(admin, SEGMENTS) == [segment]
    (found,) = await shown(admin, EXPORTS)
    assert (found["options"], found["version"]) == (job["options"], job["version"])


@pytest.mark.parametrize("told", [{"name": "王静"}, {"name": "x", "note": "for 王静, mostly"}])
async def test_a_segment_that_names_them_goes(admin: Caller, told: dict[str, str]) -> None:
    rule: dict[str, Any] = {"resource": "lead", "filter": {"source": "web"}}
    segment = await made(admin, SEGMENTS, rule | told)
    await erased(admin)
    assert await shown(admin, SEGMENTS) == []
    kept = await states(admin, segment)
    assert {each["name"] + each["note"] for each in kept.values()} == {""}
    await made(admin, SEGMENTS, rule | {"name": "x"})


async def test_what_an_export_of_them_asked_for_goes_and_one_under_way_ends(
    house: House, admin: Caller
) -> None:
    filter = {"q": "13812345678"}
    done = await exported(house, admin, filter=filter)
    waiting = await made(admin, EXPORTS, {"filter": filter})
    other = await made(admin, EXPORTS, {"filter": {"source": "web"}})
    await erased(admin)
    found = {each["id"]: each for each in await shown(admin, EXPORTS)}
    assert found[done["id"]]["state"] == "done"
    assert found[waiting["id"]]["state"] == "cancelled"
    assert found[waiting["id"]]["error"] == "somebody was erased"
    assert [found[each["id"]]["options"] for each in (done, waiting)] == [{}, {}]
    assert (await worked(house, admin, other))["state"] == "done"
    assert (await brought(house, admin, people(1)))["state"] == "done"
