import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

from crmkit.kernel import clock, ids
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.leads.pool_samples import new_pool, refusal, seller_of
from tests.leads.samples import hire, made, new_lead

RULES = "/v1/assignment-rules"
TODAY = clock.now().date()


async def crew(house: House, login: Login, tenant: UUID, count: int) -> list[Caller]:
    """Sellers in the order of their ids."""
    found = [await seller_of(house, login, tenant) for _ in range(count)]
    return sorted(found, key=lambda each: each.actor.member_id)


async def seat(director: Caller, pool_id: str, who: Caller, **bounds: Any) -> dict[str, Any]:
    body = {"pool_id": pool_id, "member_id": str(who.actor.member_id), **bounds}
    return await made(director, "/v1/pool-members", body)


async def new_rule(director: Caller, pool_id: str, strategy: str, **asked: Any) -> str:
    body = {"name": strategy, "rank": 1, "strategy": strategy, "pool_id": pool_id, **asked}
    return str((await made(director, RULES, body))["id"])


async def assigned(director: Caller, **fields: Any) -> dict[str, Any]:
    lead = await new_lead(director, **fields)
    return await made(director, f"/v1/leads/{lead['id']}/assign", {})


def named(*callers: Caller) -> list[str]:
    return [str(each.actor.member_id) for each in callers]


async def test_leads_go_in_turn_and_say_by_which_rule(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    one, two, three = await crew(house, login, tenant, 3)
    pool_id = await new_pool(director, three, one, two)
    rule_id = await new_rule(director, pool_id, "round_robin")
    got = [await assigned(director) for _ in range(4)]
    assert [lead["owner_id"] for lead in got] == named(one, two, three, one)
    first = got[0]
    assert (first["rule_id"], first["strategy"], first["pool_id"]) == (
        rule_id,
        "round_robin",
        pool_id,
    )
    assert first["recycle_at"] > first["claimed_at"]
    told = (await director.get(f"/v1/leads/{first['id']}/history")).json()["items"][0]
    assert told["type"] == "lead.assigned.v1"
    assert (told["state"]["rule_id"], told["state"]["strategy"]) == (rule_id, "round_robin")
    assert (await director.emitted(rule_id)).count("assignment_rule.turned.v1") == 4


async def test_the_least_loaded_gets_the_next_lead(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    busy, idle = await crew(house, login, tenant, 2)
    pool_id = await new_pool(director, busy, idle)
    await new_rule(director, pool_id, "least_loaded")
    for _ in "12":
        await new_lead(busy)
    got = [(await assigned(director))["owner_id"] for _ in range(4)]
    assert got == named(idle, idle, busy, idle)


async def test_who_is_away_full_or_gone_is_passed_over_and_the_pool_has_the_rest(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    away, full, gone, small = await crew(house, login, tenant, 4)
    pool_id = await new_pool(director, away, gone)
    await seat(director, pool_id, full, capacity_per_day=1)
    await seat(director, pool_id, small, capacity=2)
    await made(away, "/v1/absences", {"from_on": f"{TODAY}", "until_on": f"{TODAY}"})
    async with (await house.system("leads")).system() as connection:
        leave = "update directory_member set active = false where tenant_id = $1 and id = $2"
        await connection.execute(leave, tenant, gone.actor.member_id)
    await new_rule(director, pool_id, "round_robin")
    got = [await assigned(director) for _ in range(4)]
    assert [lead["owner_id"] for lead in got] == [*named(full, small, small), pool_id]
    assert (got[3]["strategy"], got[3]["claimed_at"]) == ("pool", None)
    said = await made(director, f"{RULES}/simulate", {"source": "web"})
    assert {each["member_id"]: each["standing"] for each in said["members"]} == dict(
        zip(named(away, full, gone, small), ("absent", "full_today", "left", "full"), strict=True)
    )


async def test_a_territory_is_served_by_who_sells_there(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    east, west = await crew(house, login, tenant, 2)
    pool_id = await new_pool(director)
    await seat(director, pool_id, east, regions=["Zhejiang", "Jiangsu"])
    await seat(director, pool_id, west, regions=["Sichuan"])
    await new_rule(director, pool_id, "territory")
    regions = ("Sichuan", "Jiangsu", "Hunan")
    got = [(await assigned(director, region=region))["owner_id"] for region in regions]
    assert got == [*named(west, east), pool_id]


async def test_a_lead_goes_to_who_is_good_enough_at_what_it_takes(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    novice, expert, nobody = await crew(house, login, tenant, 3)
    pool_id = await new_pool(director, nobody)
    place = await seat(director, pool_id, novice, skills={"press-lines": 2})
    assert place["skills"] == {"press-lines": 2}
    await seat(director, pool_id, expert, skills={"press-lines": 4, "german": 1})
    for _ in "12":
        await new_lead(expert)
    asked = {"products": ["press"], "skills": {"press-lines": 3}}
    rule_id = await new_rule(director, pool_id, "least_loaded", rank=0, **asked)
    await new_rule(director, pool_id, "least_loaded", rank=1)
    assert (await assigned(director, product="press"))["owner_id"] in named(expert)
    assert (await assigned(director, product="mixer"))["owner_id"] in named(novice, nobody)
    said = await made(director, f"{RULES}/simulate", {"source": "web", "product": "press"})
    assert {each["member_id"]: each["standing"] for each in said["members"]} == dict(
        zip(named(novice, expert, nobody), ("unskilled", "free", "unskilled"), strict=True)
    )
    lower = {"skills": {"press-lines": 2}}
    eased = await director.patch(f"{RULES}/{rule_id}", json=lower, headers={"if-match": '"1"'})
    assert eased.json()["skills"] == {"press-lines": 2}
    assert (await assigned(director, product="press"))["owner_id"] in named(novice)
    for wrong in ({"press-lines": 0}, {"press-lines": 6}, {"press-lines": "3"}, {"a b": 1}):
        body = {"name": "x", "rank": 1, "strategy": "pool", "pool_id": pool_id, "skills": wrong}
        assert (await director.post(RULES, json=body)).status_code == 422


async def test_the_rule_of_lowest_rank_that_fits_decides_and_closed_ones_are_not_asked(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    fair, web = await crew(house, login, tenant, 2)
    fairs, webs = await new_pool(director, fair), await new_pool(director, web)
    last = await new_rule(director, webs, "least_loaded", rank=9)
    first = await new_rule(director, fairs, "weighted_capacity", rank=2, sources=["fair"])
    assert (await assigned(director, source="fair"))["rule_id"] == first
    assert (await assigned(director, source="web"))["rule_id"] == last
    closed = await director.patch(
        f"{RULES}/{first}", json={"active": False}, headers={"if-match": '"1"'}
    )
    assert closed.status_code == 200
    assert (await assigned(director, source="fair"))["rule_id"] == last
    listed = (await director.get(RULES)).json()["items"]
    assert [each["id"] for each in listed] == [first, last]


async def test_a_lead_no_rule_is_for_stays_where_it_is(login: Login) -> None:
    director = await login("leads", "sales_director")
    await new_rule(director, await new_pool(director), "pool", sources=["fair"])
    lead = await new_lead(director)
    path = f"/v1/leads/{lead['id']}"
    assert await refusal(director, f"{path}/assign") == (409, "assignment.no_rule")
    assert (await director.get(path)).json() == lead
    nowhere = {"name": "x", "rank": 1, "strategy": "pool", "pool_id": str(ids.new())}
    assert await refusal(director, RULES, nowhere) == (422, "pool.unknown")
    await made(director, f"{path}/disqualify", {"reason": "gone"})
    assert await refusal(director, f"{path}/assign") == (409, "pool.lead_closed")


async def test_a_simulation_says_who_and_why_and_changes_nothing(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    one, two = await crew(house, login, tenant, 2)
    pool_id = await new_pool(director, one, two)
    other = await new_rule(director, pool_id, "pool", rank=0, regions=["Hunan"])
    rule_id = await new_rule(director, pool_id, "round_robin")
    await assigned(director)
    said = [await made(one, f"{RULES}/simulate", {"source": "web"}) for _ in "12"]
    assert said[0] == said[1]
    assert said[0] == {
        "rule_id": rule_id,
        "strategy": "round_robin",
        "pool_id": pool_id,
        "member_id": named(two)[0],
        "rules": [
            {"rule_id": other, "name": "pool", "fits": False},
            {"rule_id": rule_id, "name": "round_robin", "fits": True},
        ],
        "members": [
            {"member_id": named(one)[0], "standing": "free", "open": 1, "today": 1},
            {"member_id": named(two)[0], "standing": "free", "open": 0, "today": 0},
        ],
    }
    assert (await assigned(director))["owner_id"] == said[0]["member_id"]
    await director.patch(f"{RULES}/{rule_id}", json={"active": False}, headers={"if-match": '"3"'})
    nobody = await made(one, f"{RULES}/simulate", {"source": "web"})
    assert (nobody["rule_id"], nobody["strategy"], len(nobody["rules"])) == (None, None, 1)
    outsider = await login("leads", "partner")
    assert await refusal(outsider, f"{RULES}/simulate", {"source": "web"}) == (403, "forbidden")


async def test_many_assigned_at_once_keep_turns_and_capacities(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    pool_id = await new_pool(director)
    team = await crew(house, login, tenant, 4)
    for each in team:
        await seat(director, pool_id, each, capacity=3)
    await new_rule(director, pool_id, "round_robin")
    leads = [await new_lead(director) for _ in range(16)]
    gate = asyncio.Semaphore(2)

    async def assign(lead: dict[str, Any]) -> dict[str, Any]:
        async with gate:
            return await made(director, f"/v1/leads/{lead['id']}/assign", {})

    got = await asyncio.gather(*map(assign, leads))
    owners = Counter(lead["owner_id"] for lead in got)
    assert owners == {pool_id: 4, **dict.fromkeys(named(*team), 3)}


async def test_absences_are_ones_own_or_of_ones_people(
    login: Login, house: House, tenant: UUID
) -> None:
    seller = await seller_of(house, login, tenant)
    manager = await login("leads", "sales_manager", team="cn/east")
    other = await seller_of(house, login, tenant)
    days = {"from_on": "2026-12-01", "until_on": "2026-12-05", "note": "wedding"}
    mine = await made(seller, "/v1/absences", days)
    theirs = await made(manager, "/v1/absences", days | {"owner_id": mine["owner_id"]})
    assert theirs["team"] == mine["team"] == "cn/east/ningbo"
    path = f"/v1/absences/{mine['id']}"
    assert (await other.get(path)).status_code == 404
    nobody = days | {"owner_id": str(await hire(house, tenant, "cn", "", active=False))}
    assert await refusal(manager, "/v1/absences", nobody) == (422, "owner.unknown")
    early = {"until_on": "2026-11-30"}
    headers = {"if-match": '"1"'}
    backwards = await seller.patch(path, json=early, headers=headers)
    assert (backwards.status_code, backwards.json()["code"]) == (422, "absence.backwards")
    longer = await seller.patch(path, json={"until_on": "2026-12-09"}, headers=headers)
    assert longer.json()["until_on"] == "2026-12-09"
    assert (await seller.delete(path)).status_code == 204
    assert [each["id"] for each in (await seller.get("/v1/absences")).json()["items"]] == [
        theirs["id"]
    ]
    assert (await seller.emitted(mine["id"]))[-1] == "absence.deleted.v1"


async def test_who_was_away_yesterday_or_will_be_tomorrow_is_there_today(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    (only,) = await crew(house, login, tenant, 1)
    pool_id = await new_pool(director, only)
    await new_rule(director, pool_id, "least_loaded")
    for days in (-2, 1):
        span = {
            "from_on": str(TODAY + timedelta(days=days)),
            "until_on": str(TODAY + timedelta(days=days + (days < 0))),
        }
        await made(only, "/v1/absences", span)
    assert (await assigned(director))["owner_id"] == named(only)[0]


async def test_who_has_a_lead_is_not_protected_for_longer_by_asking_again(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    (seller,) = await crew(house, login, tenant, 1)
    pool_id = await new_pool(director)
    place = await seat(director, pool_id, seller)
    rule_id = await new_rule(director, pool_id, "least_loaded")
    lead_id = (await assigned(director))["id"]
    before = (await seller.get(f"/v1/leads/{lead_id}")).json()
    again = await made(seller, f"/v1/leads/{lead_id}/assign", {})
    clocks = ("owner_id", "claimed_at", "recycle_at")
    assert [again[name] for name in clocks] == [before[name] for name in clocks]
    assert (again["rule_id"], again["version"]) == (rule_id, before["version"])
    seats = (await director.get(f"/v1/pool-members?pool_id={pool_id}")).json()["items"]
    assert [each["version"] for each in seats] == [place["version"] + 1]
