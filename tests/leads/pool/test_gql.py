from uuid import UUID

from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from tests.leads.pool_samples import seller_of

OPEN = """
mutation ($input: PoolCreateInput!) {
  createPool(input: $input) { ... on Pool { id name active } ... on Problem { code } }
}
"""
FILL = """
mutation ($pool: UUID!, $member: UUID!) {
  joined: createPoolMember(input: {poolId: $pool, memberId: $member, role: ADMIN}) {
    ... on PoolMember { id version role active member { id } }
  }
  ruled: createPoolRule(input: {poolId: $pool, holdingCap: 3}) { ... on PoolRule { id version } }
  again: createPoolMember(input: {poolId: $pool, memberId: $member}) { ... on Problem { code } }
}
"""
CHANGE = """
mutation ($pool: UUID!, $rule: UUID!, $seat: UUID!) {
  updatePool(id: $pool, expectedVersion: 1, input: {name: "North"}) { ... on Pool { name } }
  updatePoolRule(id: $rule, expectedVersion: 1, input: {holdingCap: 4}) {
    ... on PoolRule { holdingCap claimCapPerDay }
  }
  updatePoolMember(id: $seat, expectedVersion: 1, input: {active: false}) {
    ... on PoolMember { active role }
  }
}
"""
SHOW = """
query ($pool: UUID!, $rule: UUID!, $seat: UUID!) {
  pool(id: $pool) {
    name
    rules(first: 1) { nodes { holdingCap warnDays } }
    members(first: 5) { nodes { memberId } }
  }
  pools(filter: {active: [true]}) { nodes { id } }
  poolRule(id: $rule) { holdingCap }
  poolRules(filter: {poolId: [$pool]}, sort: "effective_on") { nodes { id } }
  poolMember(id: $seat) { active }
  poolMembers(filter: {role: [ADMIN]}) { nodes { id } }
}
"""


async def test_pools_are_kept_by_graphql_as_by_rest(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    seller = await seller_of(house, login, tenant)
    made = await director.graphql("leads", OPEN, input={"name": "East"})
    pool = made["data"]["createPool"]["id"]
    member = str(seller.actor.member_id)
    filled = (await director.graphql("leads", FILL, pool=pool, member=member))["data"]
    assert filled["joined"]["member"] == {"id": member}
    assert (filled["joined"]["role"], filled["again"]) == ("ADMIN", {"code": "pool_member.exists"})
    names = {"pool": pool, "rule": filled["ruled"]["id"], "seat": filled["joined"]["id"]}
    changed = (await director.graphql("leads", CHANGE, **names))["data"]
    assert changed == {
        "updatePool": {"name": "North"},
        "updatePoolRule": {"holdingCap": 4, "claimCapPerDay": None},
        "updatePoolMember": {"active": False, "role": "ADMIN"},
    }
    shown = (await seller.graphql("leads", SHOW, **names))["data"]
    assert shown["pool"] == {
        "name": "North",
        "rules": {"nodes": [{"holdingCap": 4, "warnDays": [3, 1]}]},
        "members": {"nodes": [{"memberId": member}]},
    }
    assert len(shown["poolRules"]["nodes"]) == 2
    assert shown["poolRules"]["nodes"][1]["id"] == names["rule"]
    assert (shown["pools"], shown["poolMembers"]) == (
        {"nodes": [{"id": pool}]},
        {"nodes": [{"id": names["seat"]}]},
    )
    assert (shown["poolRule"], shown["poolMember"]) == ({"holdingCap": 4}, {"active": False})


async def test_a_seller_opens_no_pool(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    answer = await seller.graphql("leads", OPEN, input={"name": "Mine"})
    assert answer["data"]["createPool"] == {"code": "forbidden"}
