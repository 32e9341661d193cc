from datetime import timedelta
from uuid import UUID

from crmkit.kernel import clock, ids
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from tests.leads.pool_samples import join, new_pool, refusal, seller_of
from tests.leads.samples import hire, made


async def test_a_pool_begins_with_rules_that_hold_today(login: Login) -> None:
    director = await login("leads", "sales_director")
    pool_id = await new_pool(director, holding_cap=5, warn_days=[7])
    (rule,) = (await director.get(f"/v1/pool-rules?pool_id={pool_id}")).json()["items"]
    today = clock.now().date().isoformat()
    assert (rule["effective_on"], rule["holding_cap"], rule["warn_days"]) == (today, 5, [7])
    assert (rule["claim_cap_per_day"], rule["mask_contact_until_claimed"]) == (None, True)
    assert await director.emitted(pool_id) == ["pool.created.v1"]


async def test_other_rules_hold_from_tomorrow_and_may_be_changed_until_then(login: Login) -> None:
    director = await login("leads", "sales_director")
    pool_id = await new_pool(director)
    rule = await made(director, "/v1/pool-rules", {"pool_id": pool_id, "max_protect_days": 30})
    tomorrow = (clock.now() + timedelta(days=1)).date().isoformat()
    assert rule["effective_on"] == tomorrow
    path = f"/v1/pool-rules/{rule['id']}"
    changed = await director.patch(
        path, json={"holding_cap": 9, "warn_days": [2]}, headers={"if-match": '"1"'}
    )
    assert (changed.json()["holding_cap"], changed.json()["max_protect_days"]) == (9, 30)
    broken = await director.patch(
        path, json={"default_protect_days": 31}, headers={"if-match": '"2"'}
    )
    assert (broken.status_code, broken.json()["code"]) == (422, "pool_rule.protection")
    twice = {"pool_id": pool_id, "effective_on": tomorrow}
    assert await refusal(director, "/v1/pool-rules", twice) == (409, "pool_rule.exists")
    assert await director.emitted(rule["id"]) == ["pool_rule.created.v1", "pool_rule.updated.v1"]


async def test_rules_that_hold_are_not_changed_and_none_are_written_for_days_gone(
    login: Login,
) -> None:
    director = await login("leads", "sales_director")
    pool_id = await new_pool(director)
    (rule,) = (await director.get("/v1/pool-rules")).json()["items"]
    changed = await director.patch(
        f"/v1/pool-rules/{rule['id']}", json={"holding_cap": 9}, headers={"if-match": '"1"'}
    )
    assert (changed.status_code, changed.json()["code"]) == (409, "pool_rule.in_force")
    gone = {"pool_id": pool_id, "effective_on": "2026-01-01"}
    assert await refusal(director, "/v1/pool-rules", gone) == (422, "pool_rule.past")


async def test_a_pool_is_named_anew_and_closed(login: Login) -> None:
    director = await login("leads", "sales_director")
    pool_id = await new_pool(director)
    patch = {"name": "East and north", "active": False}
    path = f"/v1/pools/{pool_id}"
    changed = (await director.patch(path, json=patch, headers={"if-match": '"1"'})).json()
    assert (changed["name"], changed["active"]) == ("East and north", False)
    assert [p["id"] for p in (await director.get("/v1/pools?active=false")).json()["items"]] == [
        pool_id
    ]
    told = (await director.get(f"{path}/history")).json()["items"]
    assert [entry["type"] for entry in told] == ["pool.updated.v1", "pool.created.v1"]


async def test_somebody_joins_a_pool_once_and_only_who_works_here(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    seller = await seller_of(house, login, tenant)
    pool_id = await new_pool(director)
    seat = await join(director, pool_id, seller, "admin")
    known = {"pool_id": pool_id, "member_id": str(seller.actor.member_id)}
    nobody = known | {"member_id": str(ids.new())}
    gone = known | {"member_id": str(await hire(house, tenant, "cn", "", active=False))}
    nowhere = known | {"pool_id": str(ids.new())}
    assert await refusal(director, "/v1/pool-members", known) == (409, "pool_member.exists")
    for body in (nobody, gone):
        assert await refusal(director, "/v1/pool-members", body) == (422, "owner.unknown")
    assert await refusal(director, "/v1/pool-members", nowhere) == (422, "pool.unknown")
    assert await refusal(director, "/v1/pool-rules", {"pool_id": str(ids.new())}) == (
        422,
        "pool.unknown",
    )
    changed = await director.patch(
        f"/v1/pool-members/{seat}",
        json={"role": "member", "active": False},
        headers={"if-match": '"1"'},
    )
    assert (changed.json()["role"], changed.json()["active"]) == ("member", False)
    assert await director.emitted(seat) == ["pool_member.joined.v1", "pool_member.updated.v1"]


async def test_codes_of_pools_have_names(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    codes = (await seller.get("/v1/pools/enums")).json()
    assert codes["return_reason"][0] == {
        "code": "unreachable",
        "zh": "联系不上",
        "en": "Cannot be reached",
    }
    assert {code["code"] for code in codes["role"]} == {"member", "admin"}
