"""What holds of a pool's lead however it comes to somebody, and whatever they do with it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from crmkit.kernel import clock
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.recycler import Recycler
from tests.leads.pool_samples import (
    HISTORY,
    claimed,
    new_pool,
    pooled_lead,
    refusal,
    seller_of,
)
from tests.leads.samples import INTENT, made


async def hand(caller: Caller, lead_id: str, to: Caller) -> httpx.Response:
    path = f"/v1/leads/{lead_id}"
    etag = (await caller.get(path)).headers["etag"]
    owner = {"owner_id": str(to.actor.member_id)}
    return await caller.patch(path, json=owner, headers={"if-match": etag})


async def seats(director: Caller) -> dict[str, int]:
    """How many leads each member was given today."""
    items = (await director.get("/v1/pool-members")).json()["items"]
    return {seat["member_id"]: seat["received"] for seat in items}


async def test_a_claimed_lead_is_handed_to_members_who_may_hold_more(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    giver, getter, stranger = [await seller_of(house, login, tenant) for _ in "123"]
    pool_id = await new_pool(director, giver, getter, holding_cap=1)
    mine, theirs = [await pooled_lead(director, pool_id) for _ in "12"]
    await claimed(giver, mine)
    outside = await hand(giver, mine, stranger)
    assert (outside.status_code, outside.json()["code"]) == (422, "pool.not_member")
    before = (await giver.get(f"/v1/leads/{mine}")).json()
    given = await hand(giver, mine, getter)
    assert given.json()["owner_id"] == str(getter.actor.member_id)
    assert given.json()["recycle_at"] == before["recycle_at"]
    assert await seats(director) == {
        str(giver.actor.member_id): 0,
        str(getter.actor.member_id): 1,
    }
    await claimed(giver, theirs)
    full = await hand(giver, theirs, getter)
    assert (full.status_code, full.json()["code"]) == (409, "pool.holding_cap")
    note = {"if-match": '"3"'}
    changed = await giver.patch(f"/v1/leads/{theirs}", json={"need": "x"}, headers=note)
    assert changed.status_code == 200


async def test_a_lead_that_is_handed_out_of_a_pool_is_protected_like_a_claimed_one(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    getter = await seller_of(house, login, tenant)
    pool_id = await new_pool(director, getter, holding_cap=1)
    one, two = [await pooled_lead(director, pool_id) for _ in "12"]
    given = (await hand(director, one, getter)).json()
    assert given["recycle_at"] > given["claimed_at"]
    assert (await hand(director, two, getter)).json()["code"] == "pool.holding_cap"


@pytest.fixture
async def late(login: Login, house: House, tenant: UUID) -> tuple[Caller, Caller, str]:
    """A director, and a member who claimed a lead a month ago; they may hold one."""
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant, HISTORY)
    pool_id = await new_pool(director, member, holding_cap=1)
    lead_id = await pooled_lead(director, pool_id)
    at = (clock.now() - timedelta(days=30)).isoformat()
    await made(member, f"/v1/leads/{lead_id}/claim", {}, occurred_at=at)
    return director, member, lead_id


async def sweep(house: House) -> None:
    executor, system = await house.executor("leads"), await house.system("leads")
    recycler = Recycler(house.settings("leads"))
    while await recycler(executor, system):
        pass


async def test_a_claimed_lead_that_is_reopened_is_protected_anew(
    house: House, late: tuple[Caller, Caller, str]
) -> None:
    director, member, lead_id = late
    path = f"/v1/leads/{lead_id}"
    await made(member, f"{path}/disqualify", {"reason": "gone"})
    again = await made(member, f"{path}/reopen", {})
    assert again["recycle_at"] > clock.now().isoformat()
    await sweep(house)
    assert "lead.recycled.v1" not in await director.emitted(lead_id)
    assert (await member.get(path)).json()["status"] == "working"


async def test_a_claimed_lead_that_is_restored_is_protected_anew(
    house: House, late: tuple[Caller, Caller, str]
) -> None:
    director, member, lead_id = late
    path = f"/v1/leads/{lead_id}"
    await member.delete(path)
    back = await made(member, f"{path}/restore", {})
    assert back["recycle_at"] > clock.now().isoformat()
    await sweep(house)
    assert "lead.recycled.v1" not in await director.emitted(lead_id)


async def test_closing_a_lead_and_opening_it_again_is_no_way_around_a_cap(
    late: tuple[Caller, Caller, str],
) -> None:
    director, member, lost = late
    pool_id = (await member.get(f"/v1/leads/{lost}")).json()["pool_id"]
    await made(member, f"/v1/leads/{lost}/disqualify", {"reason": "gone"})
    await claimed(member, await pooled_lead(director, pool_id))
    assert await refusal(member, f"/v1/leads/{lost}/reopen") == (409, "pool.holding_cap")


async def test_a_protected_lead_that_is_reopened_stays_protected(
    late: tuple[Caller, Caller, str],
) -> None:
    director, member, lead_id = late
    await made(director, f"/v1/leads/{lead_id}/protect", {})
    await made(member, f"/v1/leads/{lead_id}/disqualify", {"reason": "gone"})
    again = await made(member, f"/v1/leads/{lead_id}/reopen", {})
    custody = (await director.get(f"/v1/leads/{lead_id}/history")).json()["items"][0]["state"]
    assert (again["recycle_at"], custody["protected"]) == (None, True)


@pytest.mark.parametrize(
    ("way", "body"),
    [("give-back", {"reason": "no_time"}), ("pool", {"pool_id": "<pool>"})],
)
async def test_who_lets_a_lead_go_is_answered_alike_under_the_same_key(
    login: Login, house: House, tenant: UUID, way: str, body: dict[str, Any]
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant)
    pool_id = await new_pool(director, member)
    lead_id = await pooled_lead(director, pool_id)
    await claimed(member, lead_id)
    sent = {name: pool_id if value == "<pool>" else value for name, value in body.items()}
    path, key = f"/v1/leads/{lead_id}/{way}", {"idempotency-key": "once"}
    first, again = [await member.post(path, json=sent, headers=key) for _ in "12"]
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    assert (await member.get(f"/v1/leads/{lead_id}")).status_code == 404
    assert (await member.post(path, json=sent)).status_code == 404


async def test_whose_roles_see_no_leads_any_more_is_told_nothing_again(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant)
    lead_id = await pooled_lead(director, await new_pool(director, member))
    key = {"idempotency-key": "once"}
    assert (await member.post(f"/v1/leads/{lead_id}/claim", headers=key)).status_code == 200
    clerk = await login("leads", "finance", member=member.actor.member_id)
    again = await clerk.post(f"/v1/leads/{lead_id}/claim", headers=key)
    assert again.status_code in {403, 404, 409}
    assert "Acme" not in again.text


async def test_a_pool_shows_what_may_be_claimed_and_nothing_that_was_closed(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant)
    pool_id = await new_pool(director, member)
    lying, lost, gone = [await pooled_lead(director, pool_id) for _ in "123"]
    await made(director, f"/v1/leads/{lost}/disqualify", {"reason": "gone"})
    await director.delete(f"/v1/leads/{gone}")
    await made(director, f"/v1/leads/{lying}/qualify", INTENT)
    for asked, seen in (
        ("", [lying]),
        ("?status=qualified", [lying]),
        ("?status=disqualified,qualified", [lying]),
        ("?status=disqualified", []),
        ("?status=new", []),
    ):
        page = (await member.get(f"/v1/pools/{pool_id}/leads{asked}")).json()
        assert [lead["id"] for lead in page["items"]] == seen, asked
    query = """query ($p: UUID!) {
      poolLeads(poolId: $p, filter: {status: [DISQUALIFIED]}) { nodes { id } } }"""
    told = await member.graphql("leads", query, p=pool_id)
    assert told["data"]["poolLeads"]["nodes"] == []
