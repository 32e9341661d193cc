"""匿名 who asks to stay unnamed is named by nothing that others are told."""

import json
from uuid import UUID

import pytest

from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.leads.feedback.test_rest import DUE, FEEDBACK, SLOW
from tests.leads.samples import made

MONTH = "/v1/rollups?measure=feedback_received&grain=month&from=2026-01-01&to=2027-12-31"


@pytest.fixture
async def seller(login: Login) -> Caller:
    return await login("leads", "sales_rep", team="cn/east/ningbo")


async def all_told(login: Login, seller: Caller, path: str) -> dict[str, str]:
    """What each of them is told of a record: as it stands, its history, the list, the log."""
    callers = {
        "seller": seller,
        "manager": await login("leads", "sales_manager", team="cn/east"),
        "admin": await login("leads", "admin"),
        "auditor": await login("leads", "auditor"),
    }
    told = {}
    for name, caller in callers.items():
        asked = [path, FEEDBACK, f"{path}/history"]
        if name in {"admin", "auditor"}:
            asked.append("/v1/audit/leads")
        for each in asked:
            answer = await caller.get(each)
            assert answer.is_success, (name, each, answer.text)
            told[f"{name} {each.removeprefix(path) or '.'}"] = answer.text
    return told


async def test_those_alone_who_decide_are_told_who_stays_unnamed(
    login: Login, seller: Caller
) -> None:
    sent = await made(seller, FEEDBACK, SLOW | {"unnamed": True})
    path, me = f"{FEEDBACK}/{sent['id']}", str(seller.actor.member_id)
    patched = await seller.patch(path, json={"cost": "low"}, headers={"if-match": '"1"'})
    assert patched.status_code == 200
    director = await login("leads", "sales_director")
    await made(director, f"{path}/accept", {"due_on": DUE})
    told = await all_told(login, seller, path)
    naming = {place for place, text in told.items() if me in text}
    assert naming == {"manager .", f"manager {FEEDBACK}", "admin .", f"admin {FEEDBACK}"}
    items = json.loads(told["manager /history"])["items"]
    assert [each["actor"] for each in items] == [
        f"member:{director.actor.member_id}",
        "unnamed",
        "unnamed",
    ]
    mine = (await seller.get(path)).json()
    assert (mine["unnamed"], mine["sender_id"], mine["status"]) == (True, None, "accepted")


async def test_who_gives_their_name_is_told_to_whoever_sees_it(
    login: Login, seller: Caller
) -> None:
    path = f"{FEEDBACK}/{(await made(seller, FEEDBACK, SLOW))['id']}"
    told = await all_told(login, seller, path)
    assert {place for place, text in told.items() if str(seller.actor.member_id) not in text} == (
        set()
    )


async def test_neither_feed_nor_figures_name_who_stays_unnamed(
    house: House, login: Login, tenant: UUID, seller: Caller
) -> None:
    await house.work("leads", "webhooks", "reporting")
    named, unnamed = await login("leads", "sales_rep", team="cn/east/ningbo"), seller
    await made(named, FEEDBACK, SLOW)
    sent = await made(unnamed, FEEDBACK, SLOW | {"unnamed": True})
    director = await login("leads", "sales_director")
    await made(director, f"{FEEDBACK}/{sent['id']}/accept", {"due_on": DUE})
    await made(director, f"{FEEDBACK}/{sent['id']}/finish", {"result": "Done"})
    for listener in ("webhooks", "reporting"):
        await house.caught_up("leads", listener)
    feed = await (await login("webhooks", "admin")).get("/v1/events?types=feedback.*&limit=100")
    told = feed.json()["items"]
    assert sorted(each["type"] for each in told) == [
        "feedback.accepted.v1",
        "feedback.done.v1",
        "feedback.received.v1",
        "feedback.received.v1",
    ]
    assert str(named.actor.member_id) in feed.text
    assert str(unnamed.actor.member_id) not in feed.text
    reader = await login("reporting", "marketing")
    by_kind = (await reader.get(f"{MONTH}&by=kind")).json()["items"]
    assert [(each["kind"], each["value"]) for each in by_kind] == [("process", 2)]
    by_owner = (await reader.get(f"{MONTH}&by=owner")).json()["items"]
    assert sorted((each["owner_id"], each["value"]) for each in by_owner) == [
        (str(UUID(int=0)), 1),
        (str(named.actor.member_id), 1),
    ]
    done = MONTH.replace("received", "done").replace("month", "week")
    (week,) = (await reader.get(f"{done}&by=kind")).json()["items"]
    assert (week["kind"], week["value"]) == ("process", 1)
