from uuid import UUID

from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from tests.leads.pool_samples import new_pool, pooled_lead, seller_of
from tests.leads.samples import new_lead

ROUND = """
mutation ($id: UUID!, $pool: UUID!, $to: UUID!) {
  put: putLeadIntoPool(id: $id, input: {poolId: $pool}) { ... on LeadCustody { ownerId } }
  allocate: allocateLead(id: $id, input: {memberId: $to}) {
    ... on LeadCustody { owner { id } claimedAt }
  }
  protect: protectLead(id: $id) { ... on LeadCustody { protected recycleAt } }
  unprotect: unprotectLead(id: $id) { ... on LeadCustody { protected } }
  take: takeLeadBack(id: $id, input: {}) { ... on LeadCustody { releasedReason releasedBy } }
  again: takeLeadBack(id: $id, input: {}) { ... on Problem { code status: httpStatus } }
}
"""
CLAIM = """
mutation ($id: UUID!, $pool: UUID!) {
  claimLead(id: $id) { ... on Lead { phone poolId } ... on Problem { code } }
  claimNext(poolId: $pool) { ... on Lead { id } ... on Problem { code } }
  giveLeadBack(id: $id, input: {reason: NO_TIME}) { ... on LeadCustody { releasedReason } }
}
"""
LYING = """
query ($pool: UUID!, $after: String) {
  poolLeads(poolId: $pool, first: 1, after: $after, sort: "received_at") {
    nodes { id phone releasedReason }
    pageInfo { endCursor hasNextPage }
  }
}
"""


async def test_a_lead_goes_round_by_mutations(login: Login, house: House, tenant: UUID) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant)
    pool_id = await new_pool(director, member)
    lead = await new_lead(director, phone="+86 138 0000 0000")
    to = str(member.actor.member_id)
    done = (await director.graphql("leads", ROUND, id=lead["id"], pool=pool_id, to=to))["data"]
    assert done.pop("allocate").pop("owner") == {"id": to}
    assert done == {
        "put": {"ownerId": pool_id},
        "protect": {"protected": True, "recycleAt": None},
        "unprotect": {"protected": False},
        "take": {"releasedReason": "taken_back", "releasedBy": to},
        "again": {"code": "pool.not_claimed", "status": 409},
    }


async def test_a_member_claims_and_gives_back_by_mutations(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant)
    pool_id = await new_pool(director, member)
    lead_id = await pooled_lead(director, pool_id, phone="+86 138 0000 0000")
    other_id = await pooled_lead(director, pool_id)
    done = (await member.graphql("leads", CLAIM, id=lead_id, pool=pool_id))["data"]
    assert done == {
        "claimLead": {"phone": "+86 138 0000 0000", "poolId": pool_id},
        "claimNext": {"id": other_id},
        "giveLeadBack": {"releasedReason": "no_time"},
    }


async def test_what_lies_in_a_pool_is_paged_without_whom_to_call(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    member, stranger = [await seller_of(house, login, tenant) for _ in "12"]
    pool_id = await new_pool(director, member)
    ids = [await pooled_lead(director, pool_id, phone="+86 138 0000 0000") for _ in "12"]
    first = (await member.graphql("leads", LYING, pool=pool_id))["data"]["poolLeads"]
    after = first["pageInfo"]["endCursor"]
    second = (await member.graphql("leads", LYING, pool=pool_id, after=after))["data"]["poolLeads"]
    assert [*first["nodes"], *second["nodes"]] == [
        {"id": lead_id, "phone": None, "releasedReason": "pooled"} for lead_id in ids
    ]
    assert second["pageInfo"]["hasNextPage"] is False
    refused = await stranger.graphql("leads", LYING, pool=pool_id)
    assert refused["errors"][0]["extensions"]["code"] == "pool.not_member"
